#pragma once
/// \file
/// Scores of quantiles and of central intervals.

#include <vector>

#include "diagnostics/reducers/quantile_reducer.hpp"
#include "diagnostics/score_family.hpp"

namespace myriad::diag {

struct QuantileScoreOptions {
  std::vector<double> probabilities{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};
  std::vector<double> levels{0.5, 0.8, 0.9};  ///< probabilities of the central intervals
  /// Which sample quantile. With type 6 a truth that is one more draw lies below the quantile of p
  /// with probability p, as long as (N + 1) p lies in 1..N; types 7 and 8 give narrower intervals,
  /// so that a calibrated small ensemble seems overconfident.
  QuantileDefinition definition = QuantileDefinition::hyndman_fan_6;
};

/// Family "quantiles", of every channel. With q_p the sample quantile of p and [l, u] the interval
/// between those of (1 - c)/2 and (1 + c)/2:
///
/// quantile_score along the probability: (y - q_p)(p - [y < q_p]); along the level c:
/// interval_coverage: [l <= y <= u], interval_width: u - l, interval_score (Winkler): (u - l) +
/// 2/(1 - c) (max(l - y, 0) + max(y - u, 0)). Means over area and dates.
/// *Errors* ErrorKind::config_invalid E2551 (a probability or level that is not between 0 and 1,
/// one given twice, none at all). *Source* Gneiting and Raftery 2007, JASA 102, 359; Winkler 1972.
std::shared_ptr<const ScoreFamily> make_quantile_family(const QuantileScoreOptions& options);

}  // namespace myriad::diag
