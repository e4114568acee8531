#pragma once
/// \file
/// Scores of the probabilities of events.

#include <cstdint>
#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/threshold.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

struct EventOptions {
  std::vector<VerifiedChannel> channels;  ///< those of the verification
  std::vector<Threshold> events;
  std::int64_t members = 1;  ///< that are scored
  std::int64_t bins = 10;    ///< of probability; with members <= bins every value k/N has its own
  double log_floor = 1e-9;   ///< smallest probability of what happened in the log score
  std::vector<double> cost_loss{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  std::vector<double> member_errors{0.1, 0.05, 0.02};  ///< of a probability, for which members are counted
};

/// Family "events": for each event, with p the share of the members strictly beyond the value and o
/// whether the truth is:
///
/// brier, brier_fair, brier_reliability, brier_resolution, brier_uncertainty, brier_within_bins
/// (brier = reliability - resolution + uncertainty + within_bins), brier_skill against the
/// frequency of the sample, log_score, roc_area, ets (warning at p >= 1/2); along the probability:
/// reliability (observed frequency), mean_probability (of the forecasts in the bin),
/// forecast_share; along the threshold of the warning: roc_hit_rate, roc_false_alarm_rate, edi;
/// along the cost/loss ratio: economic_value; event_frequency and event_probability (means of o and p) and, along the error +-x,
/// members_needed (members_for_error() of the mean probability at the level 0.9: what sampling of members takes, not the model's errors). Names end in the event: "brier_fair_above_273p15".
/// Equations: event_table.hpp.
///
/// The value of an event in units of `sigma` (threshold.hpp) is the climatological mean plus so many
/// standard deviations of the climate, point by point; without a climate its scores are absent.
/// Results that need more values of p than there are bins (roc_area, economic_value) see the bins;
/// brier, brier_fair, log_score and ets are exact whatever the bins.
/// *Errors* ErrorKind::config_invalid E2532 (threshold.hpp), E2550 (no member, fewer than 2 bins, a
/// floor or cost/loss ratio that is not between 0 and 1, or a ratio given twice; the same of
/// errors of probabilities).
std::shared_ptr<const ScoreFamily> make_event_family(const EventOptions& options);

}  // namespace myriad::diag
