#pragma once
/// \file
/// Probabilities of events at every grid point.

#include <memory>
#include <vector>

#include "diagnostics/reducers/statistics_axes.hpp"
#include "diagnostics/threshold.hpp"

namespace myriad::diag {

/// Maps <channel>_prob_<relation>_<value>: share of the members strictly above (below) the value,
/// in the order given ("t850_prob_below_273p15", "t850_prob_below_m10_degC"; units appear where
/// they were given and are not the channel's).
///
/// Attributes threshold, threshold_units (as given) and relation describe the event. The comparison
/// is made in fp64 in the channel's unit.
/// Errors: ErrorKind::config_invalid E2532 (channel not in the statistics, units that cannot be
/// converted, a value that is not finite, an event given twice); E2530.
/// Determinism: bitwise, whatever the tiles.
std::unique_ptr<Reducer> make_exceedance_reducer(const StatisticsAxes& axes,
                                                       const std::vector<Threshold>& thresholds);

}  // namespace myriad::diag
