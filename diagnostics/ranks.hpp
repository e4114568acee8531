#pragma once
/// \file
/// Rank histograms and the outlier rate.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "diagnostics/moments.hpp"
#include "src/base/time.hpp"

namespace myriad::diag {

/// Names a case, so that ties are split by the same draws whatever rank or order computes it.
struct RankKey {
  std::uint64_t seed = 0;
  std::uint32_t case_number = 0;  ///< of (start, channel, lead), see case_number()
  std::int64_t first_point = 0;   ///< index on the full grid of the first point of the band
};

/// A number for RankKey that depends on what the case is, not on which others are looked at.
std::uint32_t case_number(const Instant& start, std::string_view channel, Duration lead);

/// Points of each row by the rank of the truth among the N members.
///
/// r = #{x_i < y} plus a uniform draw from 0..#{x_i = y}; r = 0..N. With fewer than N + 1 bins
/// ranks are pooled into bins of equal expected weight, a rank that straddles two bins being split
/// at random, so that a calibrated ensemble stays flat. \p errors are those of N members on whole
/// rows of nlon points. Shapes: counts [lat, bins]; outliers [lat]: points of rank 0 or N.
/// \param weights [lat, lon] what a point counts, or empty: 1
/// Preconditions: 2 <= bins <= members + 1. Determinism: rows may be counted in any order and
/// bands; the draw of a point depends on (seed, case, point) only.
void count_ranks(const MemberErrors& errors, std::int64_t members, std::int64_t nlon,
                 const RankKey& key, std::int64_t bins, std::span<double> counts,
                 std::span<double> outliers, std::span<const float> weights = {});

/// Rank histogram of one case in one region: sum over rows of weights[row] counts[row] / nlon,
/// southwards.
///
/// \param counts [lat, bins] over the whole grid
/// \param weights [lat] area weights (area.hpp), or equal ones for unweighted counts
/// Units: share of the region; the bins add up to the sum of the weights.
std::vector<double> rank_histogram(std::span<const double> counts, std::span<const double> weights,
                                   std::int64_t nlon);

/// Share of cases outside the ensemble: the two end bins of a histogram with N + 1 bins, divided by
/// its sum. A calibrated ensemble has 2 / (N + 1).
double outlier_rate(std::span<const double> histogram);
double expected_outlier_rate(int members);

/// Reliability index delta (Candille and Talagrand 2005): sum_k (s_k - n/(K))^2 over its
/// expectation n (K - 1)/K for n independent cases in K bins; 1 is reliable. Neighbouring points
/// are not independent: \p cases is the effective number.
double rank_reliability_index(std::span<const double> histogram, double cases);

}  // namespace myriad::diag
