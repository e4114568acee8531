#pragma once
/// \file
/// Rank histograms and the outlier rate.

#include <cstdint>
#include <span>
#include <vector>

#include "diagnostics/moments.hpp"

namespace myriad::diag {

/// Names a case, so that ties are split by the same draws whatever rank or order computes it.
struct RankKey {
  std::uint64_t seed = 0;
  std::uint32_t case_number = 0;  ///< unique per (start, channel, lead)
  std::int64_t first_point = 0;   ///< index on the full grid of the first point of the band
};

/// Rank histogram of one case in one region.
///
/// Adds to histogram [bins] the weight of each point in the bin of the rank of the truth among the
/// N members: r = #{x_i < y} plus a uniform draw from 0..#{x_i = y}; r = 0..N. With fewer than
/// N + 1 bins ranks are pooled into bins of equal expected weight, a rank that straddles two bins
/// being split at random, so that a calibrated ensemble stays flat.
/// \param weights [lat] weights of the rows of the band: area weights (area.hpp), or equal ones
/// for unweighted counts
/// Units: share of the region; the bins of one case add up to the sum of the weights (1 over all
/// bands).
/// Preconditions: 2 <= bins <= members + 1.
/// Determinism: bitwise; the draw of a point depends on (seed, case, point) only.
void add_ranks(const CaseFields& fields, std::span<const double> weights, const RankKey& key,
               std::span<double> histogram);

/// Share of cases outside the ensemble: the two end bins of a histogram with N + 1 bins, divided by
/// its sum. A calibrated ensemble has 2 / (N + 1).
double outlier_rate(std::span<const double> histogram);
double expected_outlier_rate(int members);

/// Reliability index delta (Candille and Talagrand 2005): sum_k (s_k - n/(K))^2 over its
/// expectation n (K - 1)/K for n independent cases in K bins; 1 is reliable. Neighbouring points
/// are not independent: \p cases is the effective number.
double rank_reliability_index(std::span<const double> histogram, double cases);

}  // namespace myriad::diag
