#pragma once
/// \file
/// Curves of the family of scores "events", as the report draws them.

#include <cstddef>
#include <span>
#include <vector>

#include "diagnostics/report.hpp"
#include "diagnostics/threshold.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// Reliability and relative operating characteristic of some events.
struct EventCurves {
  std::vector<ReliabilityCurve> reliability;
  std::vector<RocCurve> roc;
};

/// Curves of \p events at \p leads over region number \p region, in the order channel, event, lead.
///
/// Left out: cases that were not scored, and the ROC of events that always or never happened.
/// Shapes: events [channel][event], of the channels of \p results and those that its family
/// "events" was made with (a verification without that family has no curves); leads, indices.
/// Points of a ROC: (0, 0), then falling thresholds down to (1, 1).
/// Determinism: bitwise.
EventCurves event_curves(const Verification& results, std::span<const std::vector<Event>> events,
                         std::span<const std::size_t> leads, std::size_t region);

}  // namespace myriad::diag
