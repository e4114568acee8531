#include "src/io/grib_match.hpp"

#include <algorithm>

#include "src/base/error.hpp"
#include "src/io/channel_table.hpp"

namespace myriad::io::detail {
namespace {

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Parameter numbers that stand for the quantity of a channel, ours first.
std::vector<int> parameters_of(const Channel& channel) {
  std::vector<int> numbers = {channel.grib_param_id};
  // Geopotential and its height; precipitation as thickness and as mass (total precipitation of WMO
  // tables).
  if (channel.standard_name == "geopotential" || channel.standard_name == "geopotential_height")
    numbers = {channel.grib_param_id, 129, 156};
  if (channel.sum_hours > 0) numbers.push_back(228228);
  // Mean sea level pressure by the reduction of NCEP; water vapour column under its name there.
  if (channel.name == "msl") numbers.push_back(260074);
  if (channel.name == "tcwv") numbers.push_back(3054);
  return numbers;
}

/// Grids that are written alike share their order of points.
std::string key_of(const GribGrid& g) {
  return fmt::format("{} {} {} {} {} {} {}", g.type, g.columns, g.rows, g.first_latitude,
                     g.last_latitude, g.first_longitude, g.last_longitude);
}

}  // namespace

bool is_quantity(const GribMessage& m, const Channel& channel) {
  const std::vector<int> numbers = parameters_of(channel);
  if (m.param_id != 0)
    return std::find(numbers.begin(), numbers.end(), m.param_id) != numbers.end();
  return m.short_name == channel.variable || listed(channel.variable_aliases, m.short_name) ||
         listed(channel.aliases, m.short_name);
}

bool is_level(const GribMessage& m, const Channel& channel) {
  if (!m.level) return false;
  if (*m.level == channel.level) return true;
  // Edition 1 of ECMWF has 2-metre and 10-metre fields at the surface; their parameter tells the
  // height.
  if (channel.level.kind == LevelKind::height) return m.level->kind == LevelKind::surface;
  // Mean sea level and the whole column are of height 0 in some files.
  return channel.level.kind == LevelKind::surface && m.level->kind == LevelKind::height &&
         m.level->value == 0.0;
}

/// The channel table's name of a message; empty when it has none.
std::string channel_name(const GribMessage& m) {
  if (!m.level || m.sum_hours < 0) return {};
  if (m.sum_hours > 0) {
    const std::string name = fmt::format("tp{:02}", m.sum_hours);
    const auto channel = find_channel(name);
    return channel && is_quantity(m, *channel) ? channel->name : std::string();
  }
  if (m.level->kind == LevelKind::pressure) {
    const auto hpa = static_cast<std::int64_t>(m.level->value / 100.0);
    if (static_cast<double>(hpa) * 100.0 != m.level->value) return {};
    for (const UpperAir& quantity : upper_air()) {
      const auto channel = find_channel(fmt::format("{}{}", quantity.prefix, hpa));
      if (channel && is_quantity(m, *channel) && m.param_id == channel->grib_param_id)
        return channel->name;
    }
    return {};
  }
  for (const Single& quantity : singles()) {
    const Channel channel = make_channel(quantity.name);
    if (is_quantity(m, channel) && is_level(m, channel)) return channel.name;
  }
  return {};
}

GribMatch settle_units(const GribMessage& message, const ChannelRequest& request,
                       const Channel* chosen, const std::string& path) {
  MYRIAD_VALIDATE(!message.units.empty() && message.units != "unknown" && message.units != "~",
                  ErrorKind::input_corrupt, "E2040",
                  "'{}' of '{}' has no unit (its parameter is unknown to ecCodes); give a file "
                  "with standard parameters",
                  message.short_name, path);
  GribMatch match;
  match.channel = chosen == nullptr ? make_channel(request.name, request.units) : *chosen;
  if (chosen == nullptr && request.units.empty()) {
    if (match.channel.standard_name == "geopotential" && message.param_id == 156)
      match.channel = make_channel(request.name, "m");
    if (match.channel.sum_hours > 0 && message.units == "kg m**-2")
      match.channel = make_channel(request.name, "kg m-2");
  }
  const auto conversion =
      unit_conversion(message.units, match.channel.units, match.channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2041",
                  "'{}' of '{}' is in '{}' ('{}' wanted for channel '{}', and there is no exact "
                  "conversion); convert the file",
                  message.short_name, path, message.units, match.channel.units, match.channel.name);
  match.conversion = *conversion;
  return match;
}

const Grid& GribGrids::adopt(const GribMessage& message, const std::string& file,
                             const std::optional<Grid>& expected) {
  MYRIAD_VALIDATE(message.grid.has_value(), ErrorKind::input_corrupt, "E2035",
                  "'{}' holds {} on a grid of kind {} (regular latitude-longitude and regular "
                  "Gaussian grids are read, rows "
                  "scanned one way); interpolate it, e.g. with cdo -R or cdo remapbil",
                  file, message.short_name, message.grid_type);
  auto known = orientations_.find(key_of(*message.grid));
  if (known == orientations_.end()) {
    const GribGrid& g = *message.grid;
    known =
        orientations_.emplace(key_of(g), orient(g.latitudes(file), g.longitudes(file), file)).first;
  }
  const Grid& grid = known->second.grid;
  MYRIAD_VALIDATE(!expected || *expected == grid, ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {} (expected {}); regrid it, e.g. with cdo remapbil", file,
                  grid.describe(), expected->describe());
  if (!grid_) {
    grid_ = grid;
    first_file_ = file;
  }
  MYRIAD_VALIDATE(*grid_ == grid, ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {}, but '{}' on {} (all fields of a series need one grid)",
                  file, grid.describe(), first_file_, grid_->describe());
  return *grid_;
}

void GribGrids::read(const std::string& path, const GribMessage& message,
                     const UnitConversion& conversion, std::span<float> out) {
  read_grib_values(path, message, stored_);
  const GribGrid& g = *message.grid;
  const Orientation& order = orientations_.at(key_of(g));
  const auto nlat = static_cast<std::size_t>(g.rows);
  const auto nlon = static_cast<std::size_t>(g.columns);
  for (std::size_t k = 0; k < nlat; ++k) {
    const auto row = static_cast<std::size_t>(order.rows[k]);
    for (std::size_t j = 0; j < nlon; ++j) {
      const auto column = static_cast<std::size_t>(order.columns[j]);
      const double value = stored_[g.column_first ? column * nlat + row : row * nlon + column];
      out[k * nlon + j] = static_cast<float>(value * conversion.scale + conversion.offset);
    }
  }
}

}  // namespace myriad::io::detail
