#pragma once
/// \file
/// Messages of a GRIB file (editions 1 and 2) through ecCodes. Internal to src/io.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/io/channel.hpp"

namespace myriad::io::detail {

/// A regular grid as a message states it.
struct GribGrid {
  std::string type;  ///< "regular_ll" or "regular_gg"
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  double first_latitude = 0;
  double last_latitude = 0;
  double first_longitude = 0;
  double last_longitude = 0;
  bool west = false;          ///< columns run from east to west
  bool north = false;         ///< rows run from south to north
  bool column_first = false;  ///< points of a column follow each other

  bool operator==(const GribGrid&) const = default;
  /// Latitudes and longitudes of rows and columns in the order of the message. \param file for
  /// messages Errors: input_corrupt E2035 (not global, not the Gaussian latitudes of its number of
  /// rows).
  std::vector<double> latitudes(const std::string& file) const;
  std::vector<double> longitudes(const std::string& file) const;
};

/// What a message is about, without its values.
struct GribMessage {
  std::int64_t offset = 0;
  int param_id = 0;
  std::string short_name;
  std::string units;
  std::optional<Level> level;  ///< nullopt: a kind of level that no channel has
  std::string level_text;      ///< "isobaricInhPa 500", for messages
  Instant valid;
  Instant reference;
  std::int64_t sum_hours = 0;  ///< length of an accumulation; 0 instantaneous, -1 another statistic
  std::optional<std::int64_t> number;  ///< ensemble member
  std::string grid_type;
  std::optional<GribGrid> grid;  ///< nullopt: a kind of grid that is not read
};

/// Headers of all messages, in file order.
///
/// Errors: input_missing, permission E2001; input_corrupt E2054 (no message, a damaged one, or one
/// with several fields).
std::vector<GribMessage> scan_grib(const std::string& path);

/// Values of the message at \p offset, in its own order and unit; missing ones as NaN.
/// Errors: input_corrupt E2054 (damaged, or not the number of points that its grid has).
void read_grib_values(const std::string& path, const GribMessage& message,
                      std::vector<double>& values);

}  // namespace myriad::io::detail
