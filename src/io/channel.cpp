#include "src/io/channel.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "src/base/error.hpp"
#include "src/io/channel_table.hpp"
#include "src/io/units.hpp"

namespace myriad::io {

namespace {

using detail::Single;
using detail::singles;
using detail::upper_air;
using detail::UpperAir;

/// Height of a pressure level in the ICAO standard atmosphere (layers up to 47 km), m.
double standard_height(double pressure) {
  struct Layer {
    double base_height;
    double base_temperature;
    double lapse;
    double base_pressure;
  };
  constexpr std::array<Layer, 5> layers{{{0.0, 288.15, -0.0065, 101325.0},
                                         {11000.0, 216.65, 0.0, 22632.06},
                                         {20000.0, 216.65, 0.001, 5474.889},
                                         {32000.0, 228.65, 0.0028, 868.0187},
                                         {47000.0, 270.65, 0.0, 110.9063}}};
  constexpr double gas_constant = 287.05287;  // dry air, J kg-1 K-1
  Layer layer = layers.front();
  for (const Layer& candidate : layers) {
    if (pressure <= candidate.base_pressure) layer = candidate;
  }
  const double ratio = std::log(pressure / layer.base_pressure);
  if (layer.lapse == 0.0) {
    return layer.base_height - gas_constant * layer.base_temperature / k_standard_gravity * ratio;
  }
  return layer.base_height +
         layer.base_temperature / layer.lapse *
             (std::exp(-gas_constant * layer.lapse / k_standard_gravity * ratio) - 1.0);
}

Channel make_upper_air(const UpperAir& quantity, std::string_view name, int pressure_hpa) {
  Channel channel;
  channel.name = std::string(name);
  channel.variable = std::string(quantity.prefix);
  channel.standard_name = std::string(quantity.standard_name);
  channel.standard_names = {channel.standard_name};
  channel.long_name = fmt::format("{} at {} hPa", quantity.long_name, pressure_hpa);
  channel.units = std::string(quantity.units);
  channel.level = {LevelKind::pressure, 100.0 * pressure_hpa};
  channel.cell_methods = "time: point";
  channel.grib_param_id = quantity.grib_param_id;
  channel.variable_aliases = quantity.variable_aliases;
  channel.minimum = quantity.minimum;
  channel.maximum = quantity.maximum;
  channel.rounding_tolerance = quantity.rounding_tolerance;
  if (quantity.prefix == "z" || quantity.prefix == "gh") {
    // Polar lows and vortices reach 1 km plus a tenth of the standard height below it; a swap of
    // height and geopotential (a factor 9.8) is outside for every level above about 900 hPa.
    const double height = standard_height(channel.level.value);
    const double half_width = 1000.0 + 0.1 * height;
    const double factor = quantity.prefix == "z" ? k_standard_gravity : 1.0;
    channel.minimum = factor * (height - half_width);
    channel.maximum = factor * (height + half_width);
    channel.standard_names = quantity.prefix == "z"
                                 ? std::vector<std::string>{"geopotential", "geopotential_height"}
                                 : std::vector<std::string>{"geopotential_height", "geopotential"};
  }
  if ((quantity.prefix == "u" || quantity.prefix == "v") && pressure_hpa < 50) {
    channel.minimum = -400.0;  // stratospheric jets
    channel.maximum = 400.0;
  }
  return channel;
}

/// zNNN given in metres: the same name, the quantity geopotential height.
Channel as_height(const Channel& geopotential) {
  const int hpa = static_cast<int>(std::lround(geopotential.level.value / 100.0));
  for (const UpperAir& quantity : upper_air()) {
    if (quantity.prefix == "gh") {
      Channel channel = make_upper_air(quantity, geopotential.name, hpa);
      channel.variable_aliases.insert(channel.variable_aliases.end(), {"z", "Z", "geopotential"});
      return channel;
    }
  }
  return geopotential;
}

Channel make_single(const Single& quantity) {
  Channel channel;
  channel.name = std::string(quantity.name);
  channel.variable = std::string(quantity.variable);
  channel.standard_name = std::string(quantity.standard_name);
  channel.standard_names = {channel.standard_name};
  if (quantity.name == "lsm") channel.standard_names.emplace_back("land_area_fraction");
  if (quantity.name == "orography") {
    channel.standard_names.insert(channel.standard_names.end(),
                                  {"geopotential", "surface_altitude"});
  }
  channel.long_name = std::string(quantity.long_name);
  channel.units = std::string(quantity.units);
  channel.level = quantity.level;
  channel.cell_methods = "time: point";
  channel.grib_param_id = quantity.grib_param_id;
  channel.aliases = quantity.aliases;
  channel.minimum = quantity.minimum;
  channel.maximum = quantity.maximum;
  channel.rounding_tolerance = quantity.rounding_tolerance;
  return channel;
}

Channel make_precipitation(std::string_view name, std::int64_t hours) {
  Channel channel;
  channel.name = std::string(name);
  channel.variable = channel.name;
  channel.standard_name = "lwe_thickness_of_precipitation_amount";
  channel.standard_names = {channel.standard_name, "precipitation_amount"};
  channel.long_name = fmt::format("precipitation of the preceding {} hours", hours);
  channel.units = std::string("m");
  channel.cell_methods = fmt::format("time: sum (interval: {} hours)", hours);
  channel.grib_param_id = 228;
  channel.sum_hours = hours;
  channel.minimum = -0.01;
  channel.maximum = 0.08 * static_cast<double>(hours);
  return channel;
}

/// The number after \p prefix when \p name is exactly prefix + 1..4 digits.
std::optional<int> number_after(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size());
  if (digits.empty() || digits.size() > 4) return std::nullopt;
  int number = 0;
  for (char c : digits) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number > 0 ? std::optional<int>(number) : std::nullopt;
}

std::optional<Channel> with_default_units(std::string_view name) {
  for (const Single& quantity : singles()) {
    if (quantity.name == name) return make_single(quantity);
  }
  if (const std::optional<int> hours = number_after(name, "tp"); hours && *hours <= 240) {
    return make_precipitation(name, *hours);
  }
  for (const UpperAir& quantity : upper_air()) {
    const std::optional<int> hpa = number_after(name, quantity.prefix);
    if (hpa && *hpa <= 1100) return make_upper_air(quantity, name, *hpa);
  }
  for (const Single& quantity : singles()) {
    if (std::find(quantity.aliases.begin(), quantity.aliases.end(), name) !=
        quantity.aliases.end()) {
      return make_single(quantity);
    }
  }
  return std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string nearest_name(std::string_view name) {
  std::string best;
  std::size_t distance = 1000;
  const auto offer = [&](std::string_view candidate) {
    const std::size_t d = edit_distance(name, candidate);
    if (d < distance) {
      distance = d;
      best = std::string(candidate);
    }
  };
  for (const Channel& channel : channel_set("hens74")) offer(channel.name);
  for (const Single& quantity : singles()) offer(quantity.name);
  offer("tp06");
  return best;
}

}  // namespace

std::optional<Channel> find_channel(std::string_view name, std::string_view units) {
  std::optional<Channel> channel = with_default_units(name);
  if (!channel || units.empty()) return channel;
  const std::optional<Unit> asked = parse_unit(units);
  const auto equals = [&](std::string_view other) {
    const Unit unit = parse_unit(other).value_or(Unit{});
    return asked && asked->same_dimension(unit) && asked->scale == unit.scale &&
           asked->offset == unit.offset;
  };
  if (channel->standard_name == "geopotential" && equals("m")) return as_height(*channel);
  if (channel->sum_hours > 0 && equals("kg m-2")) {
    channel->units = "kg m-2";
    channel->standard_name = "precipitation_amount";
    channel->standard_names = {"precipitation_amount", "lwe_thickness_of_precipitation_amount"};
    channel->minimum *= k_liquid_water_density;
    channel->maximum *= k_liquid_water_density;
    return channel;
  }
  MYRIAD_VALIDATE(
      equals(channel->units), ErrorKind::config_invalid, "E2021",
      "channel '{}' cannot have the unit '{}' (its unit is '{}'); give that one or leave it out",
      name, units, channel->units);
  return channel;
}

Channel make_channel(std::string_view name, std::string_view units) {
  std::optional<Channel> channel = find_channel(name, units);
  MYRIAD_VALIDATE(channel.has_value(), ErrorKind::config_invalid, "E2020",
                  "unknown channel '{}' (not in the channel table); did you mean '{}'?", name,
                  nearest_name(name));
  return *std::move(channel);
}

std::vector<Channel> channel_set(std::string_view set_name) {
  std::vector<Channel> channels;
  if (set_name == "hens74" || set_name == "sfno73") {
    for (const char* name : {"u10m", "v10m", "u100m", "v100m", "t2m", "sp", "msl", "tcwv"}) {
      channels.push_back(make_channel(name));
    }
    if (set_name == "hens74") channels.push_back(make_channel("d2m"));
    for (const char* prefix : {"u", "v", "z", "t", "q"}) {
      for (int hpa : {50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 850, 925, 1000}) {
        channels.push_back(make_channel(fmt::format("{}{}", prefix, hpa)));
      }
    }
    return channels;
  }
  if (set_name == "speedy12" || set_name == "speedy11") {
    for (const char* name : {"u850", "v850", "t850", "q850", "u500", "v500", "t500"}) {
      channels.push_back(make_channel(name));
    }
    channels.push_back(make_channel("z500", "m"));
    for (const char* name : {"u250", "v250", "sp"}) channels.push_back(make_channel(name));
    if (set_name == "speedy12") channels.push_back(make_channel("tp06", "kg m-2"));
    return channels;
  }
  throw Error(ErrorKind::config_invalid, "E2022",
              fmt::format("unknown channel set '{}' (known: hens74, sfno73, speedy12, speedy11)",
                          set_name));
}

int significant_bits(const Channel& channel, double tolerance) {
  const double allowed = tolerance > 0.0 ? tolerance : channel.rounding_tolerance;
  constexpr int k_relative_bits = 10;
  if (allowed <= 0.0) return k_relative_bits;
  const double largest = std::max(std::abs(channel.minimum), std::abs(channel.maximum));
  const double exponent = std::floor(std::log2(largest));
  return std::clamp(static_cast<int>(std::ceil(exponent - 1.0 - std::log2(allowed))), 1, 23);
}

}  // namespace myriad::io
