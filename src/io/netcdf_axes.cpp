#include "src/io/netcdf_axes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "src/base/error.hpp"
#include "src/io/units.hpp"

namespace myriad::io::detail {

namespace {

constexpr std::int64_t k_max_rows = 10000;

using Names = std::vector<std::string_view>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_number(NcType type) {
  return type != NcType::text && type != NcType::string && type != NcType::other;
}

bool is_time_unit(std::string_view units) {
  return units.find(" since ") != std::string_view::npos;
}

bool is_pressure_unit(std::string_view units) {
  const std::optional<Unit> unit = parse_unit(units);
  return unit && unit->same_dimension(*parse_unit("Pa"));
}

/// What a coordinate variable says it is; names only decide where attributes are silent (old or
/// hand-made files).
AxisRole role_of(const NetcdfFile& file, const NcVariable* coordinate, std::string_view name) {
  if (coordinate != nullptr) {
    const std::string standard_name = file.text_attribute(coordinate, "standard_name").value_or("");
    const std::string units = file.text_attribute(coordinate, "units").value_or("");
    const std::string axis = file.text_attribute(coordinate, "axis").value_or("");
    if (standard_name == "latitude" || units == "degrees_north" || units == "degree_north" ||
        standard_name == "projection_y_coordinate" || axis == "Y") {
      return AxisRole::latitude;
    }
    if (standard_name == "longitude" || units == "degrees_east" || units == "degree_east" ||
        standard_name == "projection_x_coordinate" || axis == "X") {
      return AxisRole::longitude;
    }
    if (is_time_unit(units)) return AxisRole::time;
    if (standard_name == "air_pressure" || is_pressure_unit(units) || axis == "Z")
      return AxisRole::level;
  }
  static const Names latitude{"lat", "latitude", "Latitude", "nlat"};
  static const Names longitude{"lon", "longitude", "Longitude", "nlon"};
  static const Names level{"level",    "lev",           "plev",    "pressure_level",
                           "pressure", "isobaricInhPa", "isobaric"};
  if (contains(latitude, name)) return AxisRole::latitude;
  if (contains(longitude, name)) return AxisRole::longitude;
  if (contains(level, name)) return AxisRole::level;
  if (name == "time" || name == "valid_time") return AxisRole::time;
  return AxisRole::other;
}

std::vector<Instant> decode_times(const NetcdfFile& file, const NcVariable& variable) {
  const std::string units = file.text_attribute(&variable, "units").value_or("");
  MYRIAD_VALIDATE(is_time_unit(units), ErrorKind::input_corrupt, "E2031",
                  "time variable '{}' of '{}' has units '{}' (expected such as 'hours since "
                  "1970-01-01'); set them",
                  variable.name, file.path(), units);
  try {
    const std::string name = file.text_attribute(&variable, "calendar").value_or("standard");
    const CfTimeUnits decoder(units, calendar_from_string(name));
    std::vector<Instant> times;
    for (double value : file.read_values(variable)) {
      MYRIAD_VALIDATE(std::isfinite(value), ErrorKind::input_corrupt, "E2031",
                      "a value is missing (every field needs its time); repair the axis");
      times.push_back(decoder.decode(value));
    }
    return times;
  } catch (const Error& error) {
    throw Error(
        error.kind(), error.id(),
        fmt::format("time variable '{}' of '{}': {}", variable.name, file.path(), error.what()));
  }
}

/// Pressures in Pa of a level coordinate, or nullopt when it is something else (model levels,
/// heights).
std::optional<LevelAxis> decode_levels(const NetcdfFile& file, const NcVariable& variable,
                                       std::string_view dimension) {
  const std::optional<std::string> units = file.text_attribute(&variable, "units");
  const std::string standard_name = file.text_attribute(&variable, "standard_name").value_or("");
  std::vector<double> values = file.read_values(variable);
  double factor = 1.0;
  if (units && !units->empty() && *units != "1" && *units != "level") {
    if (!is_pressure_unit(*units)) return std::nullopt;
    factor = parse_unit(*units)->scale;
  } else {
    // No unit at all: pressure levels of an atmosphere in hPa never exceed 1100, in Pa they do.
    if (!standard_name.empty() && standard_name != "air_pressure") return std::nullopt;
    if (!contains(
            {"level", "lev", "plev", "pressure_level", "pressure", "isobaricInhPa", "isobaric"},
            dimension)) {
      return std::nullopt;
    }
    const double largest = values.empty() ? 0.0 : *std::max_element(values.begin(), values.end());
    factor = largest <= 1100.0 ? 100.0 : 1.0;
  }
  for (double& value : values) {
    MYRIAD_VALIDATE(std::isfinite(value) && value > 0.0, ErrorKind::input_corrupt, "E2035",
                    "level coordinate '{}' of '{}' holds the value {} (a pressure is positive); "
                    "repair the axis",
                    variable.name, file.path(), value);
    value *= factor;
  }
  return LevelAxis{std::move(values)};
}

std::vector<double> coordinate_values(const NetcdfFile& file, int dimension,
                                      std::string_view what) {
  const NcDimension& axis = file.dimensions()[static_cast<std::size_t>(dimension)];
  const NcVariable* variable = file.find(axis.name);
  MYRIAD_VALIDATE(variable != nullptr && variable->dimensions.size() == 1 &&
                      variable->dimensions[0] == dimension,
                  ErrorKind::input_corrupt, "E2035",
                  "'{}' has no {} coordinate variable '{}' (the grid cannot be recognised); add it",
                  file.path(), what, axis.name);
  return file.read_values(*variable);
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

}  // namespace

Orientation orient(const std::vector<double>& latitudes, const std::vector<double>& longitudes,
                   const std::string& file) {
  const std::int64_t nlat = static_cast<std::int64_t>(latitudes.size());
  const std::int64_t nlon = static_cast<std::int64_t>(longitudes.size());
  MYRIAD_VALIDATE(nlat >= 2 && nlon >= 2, ErrorKind::input_corrupt, "E2035",
                  "grid of '{}' has {} latitudes and {} longitudes (a global grid is needed)", file,
                  nlat, nlon);
  // Nodes of a Gaussian grid cost O(nlat^2): a lying header must not keep us busy.
  MYRIAD_VALIDATE(nlat <= k_max_rows && nlon <= 2 * k_max_rows, ErrorKind::input_corrupt, "E2035",
                  "grid of '{}' has {} latitudes and {} longitudes (limits {} and {})", file, nlat,
                  nlon, k_max_rows, 2 * k_max_rows);
  const bool south_first = latitudes.front() < latitudes.back();
  std::vector<double> north_first(latitudes);
  if (south_first) std::reverse(north_first.begin(), north_first.end());
  std::optional<Grid> grid;
  try {
    grid = detect_grid(north_first, nlon);
  } catch (const Error& error) {
    throw Error(ErrorKind::input_corrupt, "E2035",
                fmt::format("grid of '{}' is not usable: {}", file, error.what()));
  }
  Orientation orientation{*std::move(grid), {}, {}};
  for (std::int64_t k = 0; k < nlat; ++k) {
    orientation.rows.push_back(static_cast<std::int32_t>(south_first ? nlat - 1 - k : k));
  }
  // Every source longitude must sit on one of our nodes j * 360 / nlon, each exactly once.
  const double spacing = 360.0 / static_cast<double>(nlon);
  orientation.columns.assign(static_cast<std::size_t>(nlon), -1);
  for (std::int64_t j = 0; j < nlon; ++j) {
    const double longitude = longitudes[static_cast<std::size_t>(j)];
    // Also refuses NaN, and numbers too large to count columns with.
    MYRIAD_VALIDATE(std::abs(longitude) <= 720.0, ErrorKind::input_corrupt, "E2035",
                    "longitude {} of '{}' is {} (no longitude); the grid cannot be recognised", j,
                    file, longitude);
    const double node = longitude / spacing;
    const double nearest = std::round(node);
    MYRIAD_VALIDATE(std::abs(node - nearest) * spacing < 1e-3, ErrorKind::input_corrupt, "E2035",
                    "longitude {} of '{}' is not a multiple of {} degrees (the grid must be "
                    "global, regular and have a "
                    "column at longitude 0); regrid it, e.g. with cdo remapbil",
                    longitude, file, spacing);
    std::int64_t column = static_cast<std::int64_t>(nearest) % nlon;
    if (column < 0) column += nlon;
    std::int32_t& slot = orientation.columns[static_cast<std::size_t>(column)];
    MYRIAD_VALIDATE(slot < 0, ErrorKind::input_corrupt, "E2035",
                    "longitude {} of '{}' occurs twice modulo 360 (a cyclic column or a regional "
                    "grid); remove it",
                    longitude, file);
    slot = static_cast<std::int32_t>(j);
  }
  return orientation;
}

NetcdfAxes::NetcdfAxes(const NetcdfFile& file) {
  for (std::size_t d = 0; d < file.dimensions().size(); ++d) {
    const int index = static_cast<int>(d);
    const NcDimension& dimension = file.dimensions()[d];
    const NcVariable* coordinate = file.find(dimension.name);
    if (coordinate != nullptr &&
        (coordinate->dimensions != std::vector<int>{index} || !is_number(coordinate->type))) {
      coordinate = nullptr;
    }
    AxisRole role = role_of(file, coordinate, dimension.name);
    if (coordinate == nullptr && role != AxisRole::latitude && role != AxisRole::longitude) {
      role = AxisRole::other;
      // cfgrib writes the valid times of its step axis into another variable.
      for (const NcVariable& variable : file.variables()) {
        if (variable.dimensions == std::vector<int>{index} &&
            is_time_unit(file.text_attribute(&variable, "units").value_or("")) &&
            file.text_attribute(&variable, "standard_name").value_or("") == "time") {
          coordinate = &variable;
          role = AxisRole::time;
        }
      }
    }
    if (role == AxisRole::time) times_[index] = decode_times(file, *coordinate);
    if (role == AxisRole::level) {
      std::optional<LevelAxis> levels = decode_levels(file, *coordinate, dimension.name);
      if (levels) levels_[index] = *std::move(levels);
    }
    roles_.push_back(role);
  }
  for (const NcVariable& variable : file.variables()) {
    if (!variable.dimensions.empty() || !is_number(variable.type)) continue;
    const std::string units = file.text_attribute(&variable, "units").value_or("");
    const std::string standard_name = file.text_attribute(&variable, "standard_name").value_or("");
    if (is_time_unit(units)) {
      const std::vector<Instant> times = decode_times(file, variable);
      if (standard_name == "forecast_reference_time") {
        reference_time_ = times.front();
      } else if (standard_name == "time" || variable.name == "time" ||
                 variable.name == "valid_time") {
        scalar_time_ = times.front();
      }
    } else if (standard_name == "realization") {
      const double value = file.read_all(variable).front();
      if (std::abs(value) <= 1e9) realization_ = static_cast<std::int64_t>(value);
    }
  }
}

const Orientation& NetcdfAxes::orientation(const NetcdfFile& file, int latitude, int longitude,
                                           Extent extent) const {
  const std::pair<int, int> key{latitude, longitude};
  const auto known = orientations_.find(key);
  if (known != orientations_.end()) return known->second;
  const std::vector<double> rows = coordinate_values(file, latitude, "latitude");
  const std::vector<double> columns = coordinate_values(file, longitude, "longitude");
  const auto find = [&] {
    if (extent == Extent::global) return orient(rows, columns, file.path());
    const std::string& name = file.dimensions()[static_cast<std::size_t>(latitude)].name;
    const std::string standard_name =
        file.text_attribute(&file.require(name), "standard_name").value_or("");
    MYRIAD_VALIDATE(standard_name != "grid_latitude", ErrorKind::input_corrupt, "E2035",
                    "'{}' is on a rotated grid ({} is a grid_latitude); interpolate it, e.g. with "
                    "cdo remapbil",
                    file.path(), name);
    if (standard_name == "projection_y_coordinate") return orient_projection(rows, columns);
    try {
      return orient(rows, columns, file.path());
    } catch (const Error& error) {
      if (error.id() != "E2035") throw;
      return orient_window(rows, columns, file.path());
    }
  };
  return orientations_.emplace(key, find()).first->second;
}

const LevelAxis* NetcdfAxes::levels(int dimension) const {
  const auto found = levels_.find(dimension);
  return found == levels_.end() ? nullptr : &found->second;
}

const std::vector<Instant>& NetcdfAxes::times(int dimension) const {
  return times_.at(dimension);
}

std::optional<Level> NetcdfAxes::declared_level(const NetcdfFile& file,
                                                const NcVariable& variable) const {
  for (const std::string& name :
       words(file.text_attribute(&variable, "coordinates").value_or(""))) {
    const NcVariable* coordinate = file.find(name);
    if (coordinate == nullptr || !coordinate->dimensions.empty() || !is_number(coordinate->type))
      continue;
    const std::string standard_name = file.text_attribute(coordinate, "standard_name").value_or("");
    const std::optional<Unit> unit =
        parse_unit(file.text_attribute(coordinate, "units").value_or(""));
    if (!unit) continue;
    const double value = file.read_all(*coordinate).front() * unit->scale;
    if (standard_name == "air_pressure" || unit->same_dimension(*parse_unit("Pa"))) {
      return Level{LevelKind::pressure, value};
    }
    if (standard_name == "height") return Level{LevelKind::height, value};
  }
  const std::vector<double> pressure = file.number_attribute(&variable, "pressure_hPa");
  if (pressure.size() == 1) return Level{LevelKind::pressure, 100.0 * pressure.front()};
  const std::vector<std::string> text =
      words(file.text_attribute(&variable, "long_name").value_or(""));
  for (std::size_t w = 1; w < text.size(); ++w) {
    const bool height = text[w] == "metre" || text[w] == "meter" || text[w] == "m";
    const bool millibar = text[w] == "hPa";
    if (!height && !millibar) continue;
    double value = 0.0;
    const char* end = text[w - 1].data() + text[w - 1].size();
    if (std::from_chars(text[w - 1].data(), end, value).ptr != end) continue;
    return height ? Level{LevelKind::height, value} : Level{LevelKind::pressure, 100.0 * value};
  }
  return std::nullopt;
}

}  // namespace myriad::io::detail
