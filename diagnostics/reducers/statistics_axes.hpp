#pragma once
/// \file
/// What the indices of an ensemble tile mean, and the checks that every reducer makes.

#include <vector>

#include "diagnostics/moments.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"
#include "src/statistics/reducer.hpp"

namespace myriad::diag {

/// Channels and leads of the statistics of one forecast.
struct StatisticsAxes {
  Grid grid;
  std::vector<io::Channel> channels;
  Instant start;
  std::vector<Duration> leads;
};

namespace detail {

/// Refuse a tile that cannot be reduced.
///
/// Errors: ErrorKind::quality E2530 for the first value that is not finite (lowest member, then
/// row, then column), named with its channel, lead, member and place. A tile that contradicts \p
/// axes or its own extents is a programmer's mistake.
void check_tile(const EnsembleTile& tile, const StatisticsAxes& axes);

/// The extents of \p tile as a case without fields.
CaseFields fields_of(const EnsembleTile& tile);

/// standard_name, long_name "<channel>, ensemble <what>", units and cell_methods of a map in the
/// channel's unit.
io::NcAttributes map_attributes(const io::Channel& channel, const std::string& what,
                                const std::string& cell_method);

}  // namespace detail
}  // namespace myriad::diag
