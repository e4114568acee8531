#include "tests/unit/diagnostics/fields.hpp"

#include <cmath>
#include <random>

#include "src/backend/registry.hpp"

namespace myriad::diag::test {

kernels::Backend& backend() {
  static const std::shared_ptr<kernels::Backend> instance = make_backend("reference");
  return *instance;
}

CaseFields Case::view() const {
  CaseFields f;
  f.nlat = nlat;
  f.nlon = nlon;
  f.members = members;
  f.ensemble = ensemble;
  f.truth = truth;
  f.control = control;
  f.persistence = persistence;
  f.climate_mean = climate_mean;
  f.climate_std = climate_std;
  return f;
}

void row_moments(kernels::Backend& backend, const CaseFields& fields, std::span<Moments> rows) {
  MemberColumns columns(backend);
  columns.load(fields.ensemble, fields.members, fields.points(), fields.points());
  diag::row_moments(columns, columns.errors(fields.truth), fields, rows);
}

void count_ranks(const CaseFields& fields, const RankKey& key, std::int64_t bins,
                 std::span<double> counts, std::span<double> outliers) {
  MemberColumns columns(backend());
  columns.load(fields.ensemble, fields.members, fields.points(), fields.points());
  diag::count_ranks(columns.errors(fields.truth), fields.members, fields.nlon, key, bins, counts,
                    outliers);
}

std::vector<double> normals(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(count);
  for (double& v : out) v = normal(engine);
  return out;
}

Case gaussian_case(std::int64_t nlat, std::int64_t nlon, std::int64_t members, std::uint64_t seed,
                   double spread_factor, double shift) {
  const auto points = static_cast<std::size_t>(nlat * nlon);
  const auto draws = normals(points * static_cast<std::size_t>(members + 2), seed);
  Case c{nlat, nlon, members, {}, {}, {}, {}, {}, {}};
  for (std::size_t p = 0; p < points; ++p) {
    c.truth.push_back(static_cast<float>(3.0 * draws[p] + draws[points + p]));
    c.persistence.push_back(static_cast<float>(draws[p]));
    c.control.push_back(static_cast<float>(3.0 * draws[p]));
    c.climate_mean.push_back(0.25F);
    c.climate_std.push_back(static_cast<float>(std::sqrt(10.0)));
  }
  for (std::size_t i = 2; i < static_cast<std::size_t>(members + 2); ++i) {
    for (std::size_t p = 0; p < points; ++p) {
      c.ensemble.push_back(
          static_cast<float>(3.0 * draws[p] + shift + spread_factor * draws[i * points + p]));
    }
  }
  return c;
}

}  // namespace myriad::diag::test
