#pragma once
/// \file
/// Mean, spread and extremes of an ensemble at every grid point.

#include <memory>

#include "diagnostics/reducers/statistics_axes.hpp"

namespace myriad::diag {

/// Maps <channel>_mean, _stddev, _min, _min_member, _max, _max_member.
///
/// Mean and standard deviation (divisor N - 1; 0 for one member) are those of mean_and_spread(), so
/// that they equal, bit for bit, the ones `myriad verify` scores. The member of an extreme is the
/// lowest number among those that attain it.
/// Errors: E2530 (statistics_axes.hpp).
/// Determinism: bitwise, whatever the tiles; members are summed in fp64 in their order.
/// Cost: four passes over the tile; no scratch that grows with the members.
std::unique_ptr<Reducer> make_moment_reducer(const StatisticsAxes& axes);

}  // namespace myriad::diag
