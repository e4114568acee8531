#pragma once
/// \file
/// The part of a grid that a file holds: all of it, or a box.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/grid/grid.hpp"

namespace myriad::io {

/// A box in degrees; west may be negative or larger than east (a box across Greenwich or the date line).
struct MapBox {
  double south = -90.0;
  double north = 90.0;
  double west = 0.0;
  double east = 360.0;
};

/// Rows and columns of a grid. Longitudes of a box increase from its first column, without a jump (they may be negative).
class MapWindow {
 public:
  MapWindow(const Grid& grid);  // NOLINT(google-explicit-constructor): a grid is the window of all its points
  /// Errors: ErrorKind::config_invalid (E2073) when no grid point lies in the box.
  MapWindow(const Grid& grid, const MapBox& box);

  const Grid& grid() const { return grid_; }
  bool whole() const { return points() == grid_.points(); }
  GridType type() const { return grid_.type(); }
  std::int64_t nlat() const { return rows_; }
  std::int64_t nlon() const { return static_cast<std::int64_t>(columns_.size()); }
  std::int64_t points() const { return nlat() * nlon(); }
  std::vector<double> latitudes_deg() const;
  const std::vector<double>& longitudes_deg() const { return longitudes_; }
  /// Edges of the rows, nlat + 1 values, southwards (see row_edges_deg of cf_output.hpp).
  std::vector<double> row_edges_deg() const;
  std::string describe() const;

  /// Position of each point in a field of the grid, [nlat, nlon].
  std::vector<std::size_t> indices() const;
  /// The window of a field: field [grid lat, grid lon], out [nlat, nlon].
  void cut(std::span<const float> field, std::span<float> out) const;

 private:
  Grid grid_;
  std::int64_t first_row_ = 0;
  std::int64_t rows_ = 0;
  std::vector<std::int64_t> columns_;
  std::vector<double> longitudes_;
};

}  // namespace myriad::io
