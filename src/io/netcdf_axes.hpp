#pragma once
/// \file
/// What the dimensions of a NetCDF file mean, and how its latitude-longitude order maps onto ours.
/// Internal to src/io.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io::detail {

enum class AxisRole : std::uint8_t { time, level, latitude, longitude, other };

/// Row-major source order of a grid: source row of each of our rows, source column of each of our
/// columns.
struct Orientation {
  Grid grid;
  std::vector<std::int32_t> rows;
  std::vector<std::int32_t> columns;
};

/// Find the grid of latitudes in any direction and longitudes starting anywhere (-180, 0, ...).
/// Errors: ErrorKind::input_corrupt E2035 (not a global grid we know, cyclic point, longitude 0 not
/// a node).
Orientation orient(const std::vector<double>& latitudes, const std::vector<double>& longitudes,
                   const std::string& file);

/// The same for part of the sphere: a window of a regular latitude-longitude grid.
/// Errors: ErrorKind::input_corrupt E2035.
Orientation orient_window(const std::vector<double>& latitudes,
                          const std::vector<double>& longitudes, const std::string& file);
/// The same for the coordinates of a map projection: points of equal weight, y downwards and x
/// upwards.
Orientation orient_projection(const std::vector<double>& y, const std::vector<double>& x);

/// Which grids a reader takes.
enum class Extent : std::uint8_t { global, any };

/// A level axis in pascal.
struct LevelAxis {
  std::vector<double> pressure;
};

/// Roles of the dimensions of one file.
class NetcdfAxes {
 public:
  /// Reads the time and level coordinates. Errors: E2031 (time), E2035 (level).
  explicit NetcdfAxes(const NetcdfFile& file);

  AxisRole role(int dimension) const { return roles_[static_cast<std::size_t>(dimension)]; }
  /// Pressure of the levels of a level dimension; null for a vertical axis that is not pressure.
  const LevelAxis* levels(int dimension) const;
  /// Grid of a pair of latitude and longitude dimensions (or y and x of a projection). Errors:
  /// E2035.
  const Orientation& orientation(const NetcdfFile& file, int latitude, int longitude,
                                 Extent extent = Extent::global) const;
  /// Times along a time dimension.
  const std::vector<Instant>& times(int dimension) const;
  /// Scalar time coordinate of the file, if there is one.
  const std::optional<Instant>& scalar_time() const { return scalar_time_; }
  std::optional<Instant> forecast_reference_time() const { return reference_time_; }
  std::optional<std::int64_t> realization() const { return realization_; }

  /// The level a variable without level axis says it lies on: a scalar coordinate, an attribute
  /// pressure_hPa, or "2 metre" in its long name; nullopt when it says nothing.
  std::optional<Level> declared_level(const NetcdfFile& file, const NcVariable& variable) const;

 private:
  std::vector<AxisRole> roles_;
  std::map<int, LevelAxis> levels_;
  std::map<int, std::vector<Instant>> times_;
  mutable std::map<std::pair<int, int>, Orientation> orientations_;
  std::optional<Instant> scalar_time_;
  std::optional<Instant> reference_time_;
  std::optional<std::int64_t> realization_;
};

}  // namespace myriad::io::detail
