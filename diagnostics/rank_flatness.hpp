#pragma once
/// \file
/// Is a rank histogram flat, and if not, in which way?

#include <cstddef>
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

/// The same test where starts, not grid points, are the independent units. NaN in all numbers but \a clusters when these are fewer
/// than k_least_clusters.
struct ClusteredFlatness {
  std::size_t clusters = 0;
  double statistic = 0.0;        ///< sum of squared mean deviations from 1/K over its expectation for a flat histogram
  double p_value = 1.0;          ///< of F(freedom, freedom (clusters - 1))
  double freedom = 0.0;          ///< effective number of independent directions of the deviations, at most K - 1
  double effective_cases = 0.0;  ///< independent cases whose histogram would scatter as much
  double slope = 0.0;            ///< linear contrast over its standard error; sign as in RankFlatness
  double slope_p_value = 1.0;    ///< two-sided, Student's t with clusters - 1 degrees of freedom
  double convexity = 0.0;
  double convexity_p_value = 1.0;
};

inline constexpr std::size_t k_least_clusters = 5;

/// Test the mean of the histograms of starts, from their own scatter.
///
/// Neighbouring grid points share their error, so that a histogram of a million of them may hold some dozens of independent cases.
/// Their number is not assumed: with V the covariance of the mean histogram estimated between clusters, Pearson's statistic is divided
/// by its expectation trace(V), and referred to F with Satterthwaite's degrees of freedom trace(V)^2 / |V|^2, of
/// which both parts are estimated without bias.
/// Shapes: histograms [start, bin], each with the same sum. \param block starts that follow each other and share their weather: one
/// cluster (starts_per_block()); starts left over join the last.
/// Histograms without any scatter give p = 1 when flat and p = 0 otherwise.
/// Preconditions: at least 3 bins, sums positive. Cost: O(clusters bins^2). Determinism: bitwise.
/// Source: Rao and Scott 1984, second-order correction; F reference: Thomas and Rao 1987; freedom: Srivastava 2005, lemma 2.1; contrasts: Jolliffe and Primo 2008.
ClusteredFlatness clustered_flatness(std::span<const double> histograms, std::size_t bins, int block = 1);

}  // namespace myriad::diag
