#pragma once
/// \file
/// Which variable of a NetCDF file holds a channel. Internal to src/io.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/io/field_series.hpp"
#include "src/io/netcdf_axes.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::io::detail {

/// A channel found in a file.
struct ChannelMatch {
  const NcVariable* variable = nullptr;
  int level_position = -1;       ///< position of the level dimension in the variable, -1: none
  std::int64_t level_index = 0;  ///< index along it
  Channel channel;               ///< with the unit that will be delivered
  UnitConversion conversion;
};

/// Outcome of a search: a match, or why there is none.
struct MatchResult {
  std::optional<ChannelMatch> match;
  bool other_levels = false;  ///< the quantity is there, this level is not
  std::string explanation;    ///< what was seen instead, for the message
};

/// Find \p request in \p file by channel name, by quantity and level, by standard name, in this
/// order. \param variable_name explicit variable, empty to search Errors: ErrorKind::input_corrupt
/// E2039 (ambiguous), E2040 (no unit), E2041 (wrong unit), E2042 (contradicting standard name);
/// input_missing E2010 (explicit variable absent).
MatchResult match_channel(const NetcdfFile& file, const NetcdfAxes& axes,
                          const ChannelRequest& request, const std::string& variable_name);

/// Everything in \p file that the channel table knows, in file order.
std::vector<ChannelRequest> discover_channels(const NetcdfFile& file, const NetcdfAxes& axes);

}  // namespace myriad::io::detail
