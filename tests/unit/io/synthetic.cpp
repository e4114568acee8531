#include "tests/unit/io/synthetic.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>

namespace myriad::io::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "myriad-io-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Field distinct(double low, double high) {
  return [low, high](double hours, double level, double latitude, double longitude) {
    const double wrapped = std::fmod(longitude + 360.0, 360.0);
    const double share = 0.5 + 0.2 * std::sin(0.03 * latitude + 0.002 * hours) +
                         0.15 * std::cos(0.011 * wrapped) + 0.1 * std::sin(0.004 * level);
    return low + (high - low) * share;
  };
}

namespace {

std::vector<double> latitudes_of(const SyntheticFile& file) {
  std::vector<double> latitudes = Grid(file.grid, file.nlat, file.nlon).latitudes_deg();
  if (file.south_first) std::reverse(latitudes.begin(), latitudes.end());
  return latitudes;
}

std::vector<double> longitudes_of(const SyntheticFile& file) {
  std::vector<double> longitudes;
  for (std::int64_t j = 0; j < file.nlon; ++j) {
    longitudes.push_back(file.first_longitude +
                         360.0 * static_cast<double>(j) / static_cast<double>(file.nlon));
  }
  return longitudes;
}

}  // namespace

void write_synthetic(const std::filesystem::path& path, const SyntheticFile& file) {
  struct Axis {
    std::string name;
    std::vector<double> values;
    int dimension = -1;
  };
  Axis time{"time", file.hours};
  Axis level{"level", file.levels};
  Axis extra{"number", {}};
  for (std::int64_t i = 0; i < file.extra_length; ++i)
    extra.values.push_back(static_cast<double>(i));
  Axis lat{"lat", latitudes_of(file)};
  Axis lon{"lon", longitudes_of(file)};
  NetcdfFile out = NetcdfFile::create(path.string());
  const auto define = [&](Axis& axis, const NcAttributes& attributes) {
    if (axis.values.empty()) return;
    axis.dimension = out.define_dimension(axis.name, static_cast<std::int64_t>(axis.values.size()));
    const int id = out.define_variable(axis.name, NcType::f64, {axis.dimension});
    for (const auto& [name, value] : attributes) out.put_attribute(id, name, value);
  };
  define(time,
         {{"units", file.time_units}, {"calendar", file.calendar}, {"standard_name", "time"}});
  if (file.level_units.empty()) {
    define(level, {});
  } else {
    define(level, {{"units", file.level_units}});
  }
  define(extra, {{"units", "1"}});
  define(lat, {{"units", "degrees_north"}});
  define(lon, {{"units", "degrees_east"}});
  std::vector<std::vector<const Axis*>> used;
  for (const SyntheticVariable& variable : file.variables) {
    std::vector<const Axis*> axes;
    for (const std::string& name : file.order) {
      if (name == "time" && variable.time && time.dimension >= 0) axes.push_back(&time);
      if (name == "level" && variable.levels) axes.push_back(&level);
      if (name == "extra" && file.extra_length > 0) axes.push_back(&extra);
      if (name == "lat") axes.push_back(&lat);
      if (name == "lon") axes.push_back(&lon);
    }
    std::vector<int> dimensions;
    for (const Axis* axis : axes) dimensions.push_back(axis->dimension);
    const int id = out.define_variable(variable.name, variable.type, dimensions);
    if (!variable.units.empty()) out.put_attribute(id, "units", variable.units);
    if (!variable.standard_name.empty())
      out.put_attribute(id, "standard_name", variable.standard_name);
    if (variable.type == NcType::int16) {
      out.put_attribute(id, "_FillValue", static_cast<std::int16_t>(-32768));
      out.put_attribute(id, "scale_factor", variable.scale);
      out.put_attribute(id, "add_offset", variable.offset);
    }
    for (const auto& [name, value] : variable.extra) out.put_attribute(id, name, value);
    used.push_back(axes);
  }
  out.end_definitions();
  for (const Axis* axis : {&time, &level, &extra, &lat, &lon}) {
    if (axis->values.empty()) continue;
    const std::int64_t start = 0;
    const std::int64_t count = static_cast<std::int64_t>(axis->values.size());
    out.write(out.find(axis->name)->id, {&start, 1}, {&count, 1},
              std::span<const double>(axis->values));
  }
  for (std::size_t v = 0; v < file.variables.size(); ++v) {
    const SyntheticVariable& variable = file.variables[v];
    std::vector<std::int64_t> start(used[v].size(), 0);
    std::vector<std::int64_t> count;
    std::size_t size = 1;
    for (const Axis* axis : used[v]) {
      count.push_back(static_cast<std::int64_t>(axis->values.size()));
      size *= axis->values.size();
    }
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i) {
      double coordinates[4] = {file.hours.empty() ? 0.0 : file.hours.front(), 0.0, 0.0, 0.0};
      double number = 0.0;
      std::size_t rest = i;
      for (std::size_t a = used[v].size(); a-- > 0;) {
        const Axis* axis = used[v][a];
        const double value = axis->values[rest % axis->values.size()];
        rest /= axis->values.size();
        if (axis == &time) coordinates[0] = value;
        if (axis == &level) coordinates[1] = value;
        if (axis == &lat) coordinates[2] = value;
        if (axis == &lon) coordinates[3] = value;
        if (axis == &extra) number = value;
      }
      const double physical =
          variable.field(coordinates[0], coordinates[1], coordinates[2], coordinates[3]) + number;
      if (variable.type == NcType::int16) {
        values[i] = std::isnan(physical)
                        ? -32768.0
                        : std::round((physical - variable.offset) / variable.scale);
      } else {
        values[i] = physical;
      }
    }
    const int id = out.find(variable.name)->id;
    if (variable.type == NcType::f32) {
      // Converted here: the library refuses infinities when it converts.
      const std::vector<float> single(values.begin(), values.end());
      out.write(id, start, count, std::span<const float>(single));
    } else {
      out.write(id, start, count, std::span<const double>(values));
    }
  }
  out.close();
}

SyntheticFile two_channels() {
  SyntheticFile file;
  file.variables.push_back({"t850", "K", "air_temperature", distinct(240.0, 300.0)});
  file.variables.push_back({"u850", "m s-1", "eastward_wind", distinct(-40.0, 50.0)});
  return file;
}

std::vector<float> read_one(FieldSeries& series, std::int64_t time_index,
                            const std::string& channel) {
  std::vector<float> field(static_cast<std::size_t>(series.grid().points()));
  const std::int64_t index = series.channel_index(channel);
  series.read(time_index, {&index, 1}, field);
  return field;
}

std::vector<float> expected(const SyntheticFile& file, const Field& field, double hours,
                            double level) {
  const Grid grid(file.grid, file.nlat, file.nlon);
  std::vector<float> values;
  for (const double latitude : grid.latitudes_deg()) {
    for (const double longitude : grid.longitudes_deg()) {
      values.push_back(static_cast<float>(field(hours, level, latitude, longitude)));
    }
  }
  return values;
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error(ErrorKind::internal, "none", "no error was thrown");
}

}  // namespace myriad::io::test
