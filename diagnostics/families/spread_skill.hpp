#pragma once
/// \file
/// Errors of the ensemble mean by the spread that was predicted for them.

#include <string>
#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// Bins of spread in the unit of a channel.
struct SpreadEdges {
  std::string channel;
  std::vector<double> edges;
};

struct SpreadSkillOptions {
  std::vector<VerifiedChannel> channels;  ///< those of the verification
  /// Edges between the bins of s over the climate's standard deviation.
  std::vector<double> relative_edges{0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0};
  std::vector<SpreadEdges> absolute_edges;  ///< instead of those, for the channels named
};

/// Family "spread_skill". Points are sorted into bins by the standard deviation s of their members
/// (N - 1), relative to the climate's or as it is: below the first edge, between the edges (an edge
/// belongs to the bin above it), from the last edge. Along the lower edge of the bin:
///
/// binned_share: share of the points; binned_spread: sqrt(mean s^2); binned_error: sqrt(mean (m -
/// y)^2); binned_spread_skill_ratio: sqrt((N+1)/N) spread / error, 1 where errors are as large as
/// the spread says. One value: spread_reliability: sum_b w_b |error_b - sqrt((N+1)/N) spread_b|.
/// The s of few members is uncertain, and bins select what came out small or large, so that the
/// ratio of a calibrated ensemble rises from below 1 to above 1; 20 members and more keep that
/// small. Relative bins need cases with a climate: without one the scores are absent. *Errors*
/// ErrorKind::config_invalid E2557 (edges that are not positive and increasing, none at all, a
/// channel that is not verified or named twice). *Source* spread_reliability: Haynes et al. 2023,
/// AIES 2, 220061.
std::shared_ptr<const ScoreFamily> make_spread_skill_family(const SpreadSkillOptions& options);

}  // namespace myriad::diag
