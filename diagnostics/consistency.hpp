#pragma once
/// \file
/// Which checkpoints of an ensemble agree with the others? A monitor for damaged weights, a wrong
/// normalisation, a failing node: agreement is not skill (checkpoints share biases).

#include <span>
#include <vector>

namespace myriad::diag {

/// Agreement of checkpoints.
struct Consistency {
  /// s [checkpoint, point]: 1 next to the median of the checkpoints, 0 three scales away or more,
  /// scaled to mean 1 over the checkpoints at each point. For derived fields only: weighting
  /// members point by point would tear physical fields apart.
  std::vector<double> agreement;
  /// w [checkpoint], sum 1, each within 1/(2 J) and 2/J: for numbers of members.
  std::vector<double> weights;
  /// Checkpoints whose weight is at the lower bound; one that is there cycle after cycle is
  /// suspect.
  std::vector<int> inconsistent;
};

/// Compare the mean of each checkpoint with the median of all.
///
///   delta = min(|m_j - median| / (3 scale), 1),  s = (exp(-2 delta) - exp(-2)) / (1 - exp(-2))
///   w_j proportional to (area mean of s_j) / spread_ratio_j, clipped
/// \param means [checkpoint, point] mean of the members of each
/// \param scale [point] typical difference between checkpoints at this lead (from hindcasts),
/// positive
/// \param area [point] weights, sum 1
/// \param spread_ratio [checkpoint] geometric mean of its spread over that of all: a checkpoint
/// that spreads more says less Preconditions: at least 3 checkpoints, shapes as stated. Errors:
/// ErrorKind::quality for a mean that is not finite (E2545). Determinism: bitwise. Cost: O(J log J)
/// per point. Source: adapted from arXiv 2510.13855 (agreement score with beta 2; median as
/// reference).
Consistency checkpoint_consistency(std::span<const double> means, std::span<const double> scale,
                                   std::span<const double> area,
                                   std::span<const double> spread_ratio);

/// Mean over checkpoints weighted by weights times agreement at each point, [point].
/// Source: arXiv 2510.13855, the combination of models.
std::vector<double> consistent_mean(std::span<const double> means, const Consistency& consistency);

}  // namespace myriad::diag
