#pragma once
/// \file
/// Is a rank histogram flat, and if not, in which way?

#include <span>

namespace myriad::diag {

/// Pearson's test of flatness, split into parts that have a meaning.
///
/// With n cases in K bins and x_k = (n_k - n/K) / sqrt(n/K), the statistic sum x_k^2 is the sum of
/// squares along any orthonormal contrasts. Two are named; for a flat histogram each is a standard
/// normal number.
struct RankFlatness {
  double chi_square = 0.0;
  double p_value = 1.0;  ///< chi-square with K - 1 degrees of freedom
  /// Contrast linear in the rank: positive when the truth is often among the largest, so that the
  /// ensemble is too low.
  double slope = 0.0;
  double slope_p_value = 1.0;  ///< two-sided
  /// Contrast quadratic in the rank: positive for a bowl (too little spread), negative for a dome.
  double convexity = 0.0;
  double convexity_p_value = 1.0;  ///< two-sided
  double rest = 0.0;               ///< chi_square - slope^2 - convexity^2
  double rest_p_value = 1.0;       ///< chi-square with K - 3 degrees of freedom; 1 for K = 3
};

/// Test a histogram of counts or shares.
///
/// \param cases independent cases behind it. Neighbouring points and days are not independent, so
/// this is fewer than were counted.
/// Preconditions: at least 3 bins, sum and cases positive; at least some 5 cases per bin for the
/// p-values to hold. Source: Jolliffe and Primo 2008, section 3.
RankFlatness rank_flatness(std::span<const double> histogram, double cases);

}  // namespace myriad::diag
