#include "diagnostics/derived.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "src/base/config.hpp"
#include "src/base/error.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

constexpr double k_freezing = 273.15;

/// out = function(inputs at the point).
template <class Function>
void at_every_point(DerivedInputs inputs, std::span<float> out, const Function& function) {
  for (const auto& input : inputs) MYRIAD_EXPECT(input.size() == out.size());
  for (std::size_t p = 0; p < out.size(); ++p) {
    out[p] = static_cast<float>(
        function([&](std::size_t k) { return static_cast<double>(inputs[k][p]); }));
  }
}

io::Channel result(std::string name, std::string standard_name, std::string long_name,
                   std::string units, io::Level level = {}) {
  io::Channel channel;
  channel.variable = name;
  channel.name = std::move(name);
  channel.standard_name = std::move(standard_name);
  channel.long_name = std::move(long_name);
  channel.units = std::move(units);
  channel.level = level;
  channel.cell_methods = "time: point";
  return channel;
}

/// Channels by name; nullopt when one does not exist.
std::optional<std::vector<io::Channel>> channels_of(std::initializer_list<std::string> names) {
  std::vector<io::Channel> channels;
  for (const std::string& name : names) {
    const auto channel = io::find_channel(name);
    if (!channel) return std::nullopt;
    channels.push_back(*channel);
  }
  return channels;
}

std::optional<DerivedVariable> find_wind(std::string_view name) {
  if (!name.starts_with("wind")) return std::nullopt;
  const std::string level(name.substr(4));
  const auto inputs = channels_of({"u" + level, "v" + level});
  if (!inputs) return std::nullopt;
  const std::string& wording = (*inputs)[0].long_name;  // "eastward wind at 850 hPa"
  const std::size_t at = wording.find(" at ");
  return DerivedVariable{
      result(std::string(name), "wind_speed",
             "wind speed at " + (at == std::string::npos ? level : wording.substr(at + 4)), "m s-1",
             (*inputs)[0].level),
      *inputs, "sqrt(u^2 + v^2)", [](DerivedInputs in, std::span<float> out) {
        at_every_point(in, out, [](auto&& x) { return wind_speed(x(0), x(1)); });
      }};
}

std::optional<DerivedVariable> find_thickness(std::string_view name) {
  constexpr std::string_view k_prefix = "thickness_";
  const std::size_t middle = name.rfind('_');
  if (!name.starts_with(k_prefix) || middle < k_prefix.size()) return std::nullopt;
  const std::string lower(name.substr(k_prefix.size(), middle - k_prefix.size()));
  const std::string upper(name.substr(middle + 1));
  const auto inputs = channels_of({"z" + lower, "z" + upper});
  if (!inputs || (*inputs)[0].level.value <= (*inputs)[1].level.value) return std::nullopt;
  return DerivedVariable{
      result(std::string(name),
             "atmosphere_layer_thickness_expressed_as_geopotential_height_difference",
             fmt::format("thickness between {} and {} hPa", lower, upper), "m"),
      *inputs, "(z_upper - z_lower)/g0, g0 = 9.80665 m s-2",
      [](DerivedInputs in, std::span<float> out) {
        at_every_point(in, out, [](auto&& x) { return thickness(x(0), x(1)); });
      }};
}

std::optional<DerivedVariable> find_heat(std::string_view name) {
  const io::Level level{io::LevelKind::height, 2.0};
  if (name == "relative_humidity_2m") {
    return DerivedVariable{
        result("relative_humidity_2m", "relative_humidity", "relative humidity at 2 m", "1", level),
        *channels_of({"t2m", "d2m"}), "e(d2m)/e(t2m), e of Bolton 1980, at most 1",
        [](DerivedInputs in, std::span<float> out) {
          at_every_point(in, out, [](auto&& x) { return relative_humidity(x(0), x(1)); });
        }};
  }
  if (name == "heat_index") {
    return DerivedVariable{
        result("heat_index", "heat_index_of_air_temperature", "heat index", "K", level),
        *channels_of({"t2m", "d2m"}), "National Weather Service, regression of Rothfusz 1990",
        [](DerivedInputs in, std::span<float> out) {
          at_every_point(in, out,
                         [](auto&& x) { return heat_index(x(0), relative_humidity(x(0), x(1))); });
        }};
  }
  if (name == "apparent_temperature") {
    return DerivedVariable{result("apparent_temperature", "apparent_air_temperature",
                                  "apparent temperature", "K", level),
                           *channels_of({"t2m", "d2m", "u10m", "v10m"}),
                           "T + 0.33 e - 0.70 w - 4 (degC, hPa, m s-1), Steadman 1994",
                           [](DerivedInputs in, std::span<float> out) {
                             at_every_point(in, out, [](auto&& x) {
                               return apparent_temperature(x(0), x(1), wind_speed(x(2), x(3)));
                             });
                           }};
  }
  return std::nullopt;
}

}  // namespace

DerivedVariable make_derived(std::string_view name) {
  for (const auto find : {find_wind, find_thickness, find_heat}) {
    if (const auto found = find(name)) return *found;
  }
  const std::vector<std::string> known{"wind10m",
                                       "wind100m",
                                       "wind850",
                                       "thickness_1000_500",
                                       "relative_humidity_2m",
                                       "heat_index",
                                       "apparent_temperature"};
  const std::string nearest = nearest_name(name, known);
  throw Error(
      ErrorKind::config_invalid, "E2558",
      fmt::format("no derived variable '{}' (there are wind<level>, "
                  "thickness_<lower>_<upper>, relative_humidity_2m, heat_index and "
                  "apparent_temperature, of channels that exist){}",
                  name, nearest.empty() ? "" : fmt::format(" did you mean '{}'?", nearest)));
}

double wind_speed(double u, double v) {
  return std::sqrt(u * u + v * v);
}

double thickness(double lower, double upper) {
  return (upper - lower) / io::k_standard_gravity;
}

double saturation_pressure(double temperature) {
  return 6.112 * std::exp(17.67 * (temperature - k_freezing) / (temperature - 29.65));
}

double relative_humidity(double temperature, double dew_point) {
  // Analyses hold dew points that are above the temperature by rounding.
  return std::min(1.0, saturation_pressure(dew_point) / saturation_pressure(temperature));
}

double heat_index(double temperature, double humidity) {
  const double t = (temperature - k_freezing) * 1.8 + 32.0, r = 100.0 * humidity;  // degF, percent
  const auto kelvin = [](double f) { return (f - 32.0) / 1.8 + k_freezing; };
  if (t <= 40.0) return temperature;
  const double simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + r * 0.094);
  if (simple < 80.0) return kelvin(simple);
  double index = -42.379 + 2.04901523 * t + 10.14333127 * r - 0.22475541 * t * r -
                 0.00683783 * t * t - 0.05481717 * r * r + 0.00122874 * t * t * r +
                 0.00085282 * t * r * r - 0.00000199 * t * t * r * r;
  if (r < 13.0 && t >= 80.0 && t <= 112.0)
    index -= (13.0 - r) / 4.0 * std::sqrt((17.0 - std::abs(t - 95.0)) / 17.0);
  if (r > 85.0 && t >= 80.0 && t <= 87.0) index += (r - 85.0) / 10.0 * ((87.0 - t) / 5.0);
  return kelvin(index);
}

double apparent_temperature(double temperature, double dew_point, double wind) {
  return temperature + 0.33 * saturation_pressure(dew_point) - 0.70 * wind - 4.0;
}

}  // namespace myriad::diag
