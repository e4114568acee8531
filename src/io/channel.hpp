#pragma once
/// \file
/// The channel table: what a name such as "u850" or "t2m" means, in which unit, and how it is
/// called in files.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace myriad::io {

enum class LevelKind : std::uint8_t {
  surface,   ///< the surface, mean sea level or the whole column: no vertical coordinate
  height,    ///< metres above the surface
  pressure,  ///< pascal
};

struct Level {
  LevelKind kind = LevelKind::surface;
  double value = 0.0;  ///< m or Pa
  bool operator==(const Level&) const = default;
};

/// One field of the state: the quantity, its level and its unit.
struct Channel {
  std::string name;           ///< "u850", "t2m"; unique within a list
  std::string variable;       ///< name in files with a level axis and of surface fields: "u", "t2m"
  std::string standard_name;  ///< CF
  std::string long_name;
  std::string units;
  Level level;
  std::string cell_methods;  ///< CF; "time: point" for instantaneous fields
  int grib_param_id = 0;     ///< ECMWF parameter number; 0 unknown
  std::int64_t sum_hours =
      0;  ///< length of the accumulation that ends at the valid time; 0 instantaneous
  std::vector<std::string> aliases;           ///< other spellings of `name` in lists and files
  std::vector<std::string> variable_aliases;  ///< other spellings of `variable`
  std::vector<std::string>
      standard_names;  ///< standard names a file may use for this quantity, ours first
  double minimum =
      0.0;  ///< smallest value believed, in `units` (generous: meant to catch wrong units)
  double maximum = 0.0;
  double rounding_tolerance =
      0.0;  ///< allowed error of storage, in `units`; 0: relative, see significant_bits

  bool operator==(const Channel&) const = default;
};

/// The channel of that name.
///
/// Names: u, v, z, gh, t, q, r, w followed by a pressure in hPa ("z500"; "u100" is 100 hPa); t2m,
/// d2m ("2d"), u10m, v10m, u100m, v100m, sp, msl, tcwv, tpNN (precipitation of the preceding NN
/// hours), sst, lsm, orography; and their aliases. \param units empty for the default (zNNN m2 s-2,
/// tpNN m). "m" makes zNNN a geopotential height, "kg m-2" makes tpNN a
///   mass per area; any other unit must equal the default.
/// *Errors*: ErrorKind::config_invalid E2020 (unknown name, with the nearest known one), E2021
/// (unit not of this channel).
Channel make_channel(std::string_view name, std::string_view units = {});
/// The same, nullopt for an unknown name.
std::optional<Channel> find_channel(std::string_view name, std::string_view units = {});

/// A named list: "hens74" (sfno.md 4.1, in that order), "sfno73" (the same without d2m), "speedy12"
/// (the channels of the SPEEDY archives, z500 in m, tp06 in kg m-2), "speedy11" (without tp06).
/// *Errors*: ErrorKind::config_invalid E2022.
std::vector<Channel> channel_set(std::string_view set_name);

/// Mantissa bits BitRound must keep so that no value of the channel changes by more than \p
/// tolerance (in its units).
///
/// A value below 2^(e+1) rounded to n bits moves by at most 2^(e-n-1); e is taken from the largest
/// believed value. With \p tolerance 0 the channel's own: a tenth of the error of analyses, or 10
/// bits (5e-4 relative) for quantities whose error is relative (humidity, precipitation). Result
/// in 1..23.
int significant_bits(const Channel& channel, double tolerance = 0.0);

}  // namespace myriad::io
