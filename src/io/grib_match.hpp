#pragma once
/// \file
/// Which channel a GRIB message holds, and its values in our order. Internal to src/io.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "src/io/channel.hpp"
#include "src/io/field_series.hpp"
#include "src/io/grib_file.hpp"
#include "src/io/netcdf_axes.hpp"
#include "src/io/units.hpp"

namespace myriad::io::detail {

/// Whether parameter number or short name are those of the channel's quantity.
bool is_quantity(const GribMessage& message, const Channel& channel);
bool is_level(const GribMessage& message, const Channel& channel);
/// The channel table's name of a message; empty when it has none.
std::string channel_name(const GribMessage& message);

/// A message as a channel: with the unit that is delivered, and how to get there.
struct GribMatch {
  Channel channel;
  UnitConversion conversion;
};

/// Settle the unit of a message that holds \p request. \p first whether this message decides where
/// there is a choice; otherwise \p chosen does. Errors: input_corrupt E2040, E2041.
GribMatch settle_units(const GribMessage& message, const ChannelRequest& request,
                       const Channel* chosen, const std::string& path);

/// The grids of the messages of a series, which must be one.
class GribGrids {
 public:
  /// \param expected refuse any other. Errors: input_corrupt E2035, E2036.
  const Grid& adopt(const GribMessage& message, const std::string& file,
                    const std::optional<Grid>& expected);
  /// Bring the values of a message into our order and unit; missing ones as NaN. *Shapes* out
  /// [nlat, nlon]. Errors: those of read_grib_values.
  void read(const std::string& path, const GribMessage& message, const UnitConversion& conversion,
            std::span<float> out);

 private:
  std::map<std::string, Orientation> orientations_;
  std::optional<Grid> grid_;
  std::string first_file_;
  std::vector<double> stored_;
};

}  // namespace myriad::io::detail
