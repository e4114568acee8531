#pragma once
/// \file
/// Fields that are computed from channels of the state: wind speed, thickness, heat.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/io/channel.hpp"

namespace myriad::diag {

/// The fields that a variable is made of, one per input, all of one size.
using DerivedInputs = std::span<const std::span<const float>>;

/// A variable that is a function of the channels at the same point and time. It is not linear:
/// apply it to each member and to the truth, not to an ensemble mean.
struct DerivedVariable {
  io::Channel channel;              ///< name, unit and CF names of the result
  std::vector<io::Channel> inputs;  ///< in this order and in these units
  std::string definition;           ///< equation in plain text, with its source
  /// *Shapes* inputs [input][point], out [point]; out may be one of the inputs.
  void (*compute)(DerivedInputs inputs, std::span<float> out) = nullptr;
};

/// The variable \p name:
///
/// wind<level> (wind10m, wind100m, wind850; m s-1): sqrt(u^2 + v^2); thickness_<lower>_<upper>
/// (thickness_1000_500, levels in hPa; m): (z_upper - z_lower)/g0; relative_humidity_2m (1),
/// heat_index (K) and apparent_temperature (K) of t2m and d2m, the last also of the wind at 10 m.
/// *Errors* ErrorKind::config_invalid E2558 (no such variable, or of channels that do not exist).
DerivedVariable make_derived(std::string_view name);

/// Speed of the wind, m s-1.
double wind_speed(double u, double v);
/// Thickness of a layer, m, between geopotentials in m2 s-2.
double thickness(double lower, double upper);
/// Pressure of water vapour, hPa, that saturates it over water at \p temperature in K.
/// *Source* Bolton 1980, MWR 108, 1046, eq. 10 (0.1 % between -30 and 35 degC).
double saturation_pressure(double temperature);
/// e(dew point)/e(temperature), at most 1; K.
double relative_humidity(double temperature, double dew_point);
/// Heat index of the National Weather Service, K: Rothfusz's regression with both adjustments
/// (below 13 and above 85 % of humidity) where the simple formula gives 80 degF (299.8 K) or more,
/// the simple formula below, the temperature itself at 40 degF (277.6 K) or less. The regression
/// fits Steadman's table to 1.3 degF within 80 to 112 degF and is not valid beyond it. \param
/// temperature K \param humidity 0..1 *Source* Rothfusz 1990, NWS Technical Attachment SR 90-23;
/// wpc.ncep.noaa.gov, heat index equation.
double heat_index(double temperature, double humidity);
/// Apparent temperature of an adult in the shade, K: T + 0.33 e - 0.70 w - 4, T in degC, e in hPa,
/// w wind at 10 m in m s-1. \p temperature and \p dew_point in K. *Source* Steadman 1994,
/// Australian Meteorological Magazine 43, 1 (the form without radiation).
double apparent_temperature(double temperature, double dew_point, double wind);

}  // namespace myriad::diag
