#pragma once
/// \file
/// What smaller ensembles, drawn from a large one, would have shown: closed forms in place of
/// resampling.
///
/// A draw is n of the N members with replacement. Source: sfno.md 8.4 (derived there).

#include <cstdint>
#include <vector>

#include "diagnostics/scores.hpp"

namespace myriad::diag {

/// Weights w with E[largest of n draws] = sum_i w[i] x_(i), x ascending; they add up to 1.
/// Reversed, they give the expected smallest.
///   w[i] = ((i + 1)/N)^n - (i/N)^n,  i = 0..N-1
/// Preconditions: members and size at least 1.
std::vector<double> largest_of_draws(std::int64_t members, std::int64_t size);

/// Probability that a value lies strictly inside the envelope of n draws, with the shares of the
/// members strictly below and strictly above it:
///   1 - (1 - below)^n - (1 - above)^n + (1 - below - above)^n
double inside_envelope(double below, double above, std::int64_t size);

/// Central interval of the share of n draws in which an event of probability \p share happens, from
/// quantiles of the binomial distribution.
/// Preconditions: share in 0..1, level in (0, 1).
/// Cost: O(n).
Interval share_interval(double share, std::int64_t size, double level);

}  // namespace myriad::diag
