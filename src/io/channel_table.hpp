#pragma once
/// \file
/// The quantities behind channel names. Internal to src/io.

#include <string>
#include <string_view>
#include <vector>

#include "src/io/channel.hpp"

namespace myriad::io::detail {

/// A quantity on pressure levels; the channel name is `prefix` + hPa.
struct UpperAir {
  std::string_view prefix;
  std::string_view standard_name;
  std::string_view long_name;
  std::string_view units;
  int grib_param_id;
  double minimum;  // not used for z, gh, whose bounds depend on the level
  double maximum;
  double rounding_tolerance;
  std::vector<std::string> variable_aliases;
};

/// A quantity without a level in its name.
struct Single {
  std::string_view name;
  std::string_view variable;
  std::string_view standard_name;
  std::string_view long_name;
  std::string_view units;
  Level level;
  int grib_param_id;
  double minimum;
  double maximum;
  double rounding_tolerance;
  std::vector<std::string> aliases;
};

const std::vector<UpperAir>& upper_air();
const std::vector<Single>& singles();

}  // namespace myriad::io::detail
