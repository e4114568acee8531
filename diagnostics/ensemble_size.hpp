#pragma once
/// \file
/// What smaller ensembles, drawn from a large one, would have shown: closed forms in place of
/// resampling.
///
/// A draw is n of the N members with replacement. Source: sfno.md 8.4 (derived there).

#include <cstdint>
#include <span>
#include <vector>

#include "diagnostics/scores.hpp"

namespace myriad::diag {

/// Weights w with E[largest of n draws] = sum_i w[i] x_(i), x ascending; they add up to 1.
/// Reversed, they give the expected smallest.
///   w[i] = ((i + 1)/N)^n - (i/N)^n,  i = 0..N-1
/// Preconditions: members and size at least 1.
std::vector<double> largest_of_draws(std::int64_t members, std::int64_t size);

/// Weights of the members in ascending order that give the expected extremes of each size's draws.
struct SizeWeights {
  std::vector<double> smallest;  ///< [size, member]
  std::vector<double> both;      ///< [size, smallest or largest, member]
};
SizeWeights weights_of_sizes(std::int64_t members, std::span<const std::int64_t> sizes);

/// Errors: config_invalid E2533 for a size below 1 or one given twice.
void check_sizes(std::span<const std::int64_t> sizes);

/// Probability that a value lies strictly inside the envelope of n draws, with the shares of the
/// members strictly below and strictly above it:
///   1 - (1 - below)^n - (1 - above)^n + (1 - below - above)^n
double inside_envelope(double below, double above, std::int64_t size);

/// Central interval of the share of n draws in which an event of probability \p share happens, from
/// quantiles of the binomial distribution.
/// Preconditions: share in 0..1, level in (0, 1).
/// Cost: O(n).
Interval share_interval(double share, std::int64_t size, double level);

/// Smallest number of draws n, up to \p largest, whose envelope holds the value with probability \p
/// level or more (inside_envelope()); 0 when not even \p largest draws do.
/// Preconditions: shares not negative with a sum of at most 1, level in (0, 1), largest at least 1.
std::int64_t sufficient_size(double below, double above, double level, std::int64_t largest);

/// How many standard deviations from the mean the most extreme of \p size draws is expected, the
/// larger one of both sides: max((E[largest] - mean) / std, (mean - E[smallest]) / std) with mean
/// and std (divisor N - 1) of all members. With size 0 the extremes of the members themselves.
///
/// Preconditions: \p ascending sorted, at least 2 members that are not all equal.
double information_gain(std::span<const double> ascending, std::int64_t size = 0);

/// Mean of the largest |z| of \p size standard normal numbers: what information_gain() of Gaussian
/// members grows like (3.95 for 7,424). Cost: some thousand evaluations; accurate to 1e-9.
double expected_largest_deviation(std::int64_t size);

/// Probability that at least one of \p size draws shows an event of probability \p share: 1 - (1 -
/// share)^n, without cancellation for rare events.
double chance_of_any(double share, std::int64_t size);

/// Error of the best of \p size draws, expected: sum_i w_i e_(i) over the errors of the members in
/// ascending order. Its fall with the size is the gain of a larger ensemble.
/// Preconditions: \p ascending_errors sorted, not empty.
double best_of_draws(std::span<const double> ascending_errors, std::int64_t size);

}  // namespace myriad::diag
