#pragma once
/// \file
/// L-moments: location, scale and shape from linear combinations of ordered values, which extremes
/// do not upset the way they upset powers.

#include <cstdint>
#include <span>
#include <vector>

namespace myriad::diag {

/// Weights w [moments, sample] with l_r = sum_i w[r - 1, i] x_(i), x ascending: unbiased sample
/// L-moments l_1, l_2, ... of \p sample values. They fit MemberColumns::combine_sorted().
///
/// Preconditions: 1 <= moments <= sample, at most 16 moments.
/// Source: Hosking 1990, eq. 3.1, by unbiased probability-weighted moments (Landwehr et al. 1979).
std::vector<double> l_moment_weights(std::int64_t sample, int moments);

struct LMoments {
  double mean = 0.0;      ///< l_1
  double scale = 0.0;     ///< l_2: half the expected difference of two draws
  double skewness = 0.0;  ///< l_3 / l_2, in (-1, 1); NaN without scale or with fewer than 3 values
  double kurtosis = 0.0;  ///< l_4 / l_2; NaN without scale or with fewer than 4 values
};

/// L-moments of \p ascending values. Preconditions: at least 2 values, sorted.
/// Units: mean and scale those of the values, ratios 1.
LMoments l_moments(std::span<const double> ascending);

}  // namespace myriad::diag
