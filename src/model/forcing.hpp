#pragma once
/// \file
/// Inputs of a model that it does not predict: season, sun, features of the grid, static maps.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"

namespace myriad {

/// Time-dependent inputs.
enum class ForcingKind : std::uint8_t {
  season,  ///< sin and cos of the phase of the year, two constant maps
  zenith,  ///< cosine of the solar zenith angle at the valid time (sfno.md 4.4)
};

std::string_view to_string(ForcingKind kind);
/// Errors: ErrorKind::config_invalid.
ForcingKind forcing_from_string(std::string_view name);
/// Number of channels a forcing adds.
std::int64_t channels_of(ForcingKind kind);

/// Functions of latitude and longitude: for f = 1..frequencies sin(f lat), sin(f lon) [, cos(f lat), cos(f lon)], with
/// latitude in radians from +pi/2 by row and longitude in radians by column.
///
/// HENS uses 16 frequencies of sines (sfno.md 4.2, interleaved lat, lon). Without cosines sin(f lon) alone cannot tell
/// lon from pi - lon; the cosines remove that.
struct GridFeatures {
  std::int64_t frequencies = 0;
  bool cosines = false;
  std::int64_t channels() const { return frequencies * (cosines ? 4 : 2); }
};

/// A named constant input map, already scaled; values [lat, lon].
struct StaticMap {
  std::string name;
  std::vector<float> values;
};

/// Values [channels_of(kind), lat, lon] at one time.
std::vector<float> evaluate_forcing(ForcingKind kind, const Grid& grid, const Instant& time);

/// Values [features.channels(), lat, lon].
std::vector<float> evaluate_grid_features(const GridFeatures& features, const Grid& grid);

}  // namespace myriad
