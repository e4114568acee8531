#pragma once
/// \file
/// Synthetic cases for the tests of the scores.

#include <cstdint>
#include <memory>
#include <vector>

#include "diagnostics/moments.hpp"
#include "diagnostics/ranks.hpp"
#include "kernels/backend.hpp"

namespace myriad::diag::test {

/// The backend that the tests use.
kernels::Backend& backend();

/// Owned fields of a case.
struct Case {
  std::int64_t nlat = 1;
  std::int64_t nlon = 1;
  std::int64_t members = 1;
  std::vector<float> ensemble, truth, control, persistence, climate_mean, climate_std;

  CaseFields view() const;
};

/// Truth and members drawn from one Gaussian (reliable), or members with spread times \p
/// spread_factor and mean plus \p shift.
Case gaussian_case(std::int64_t nlat, std::int64_t nlon, std::int64_t members, std::uint64_t seed,
                   double spread_factor = 1.0, double shift = 0.0);

/// row_moments() and count_ranks() of a case in host memory.
void row_moments(kernels::Backend& backend, const CaseFields& fields, std::span<Moments> rows);
void count_ranks(const CaseFields& fields, const RankKey& key, std::int64_t bins,
                 std::span<double> counts, std::span<double> outliers);

/// Standard normal numbers from a 64-bit Mersenne twister.
std::vector<double> normals(std::size_t count, std::uint64_t seed);

}  // namespace myriad::diag::test
