#pragma once
/// \file
/// Latitude-longitude grids of the sphere and their quadrature (sfno.md section 1).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace myriad {

enum class GridType : std::uint8_t { equiangular, legendre_gauss, lobatto };

std::string_view to_string(GridType type);
/// Errors: ErrorKind::config_invalid for an unknown name.
GridType grid_type_from_string(std::string_view name);

/// Nodes and weights for the integral over x = cos(theta) in [-1, 1], from north to south.
struct Quadrature {
  std::vector<double> theta;      ///< colatitude, radians, increasing
  std::vector<double> cos_theta;  ///< x = cos(theta)
  std::vector<double> weights;    ///< sum to 2
};

/// Gauss-Legendre, Clenshaw-Curtiss or Gauss-Lobatto rule with \p n nodes; accurate to 1e-14
/// relative (long-double Newton). n >= 2 (3 for Lobatto).
Quadrature make_quadrature(GridType type, std::int64_t n);

/// A global grid: nlat rows from north to south, nlon columns eastwards from longitude 0.
///
/// Verification also knows parts of the sphere (window(), points()). They have no quadrature and no transform: whoever
/// needs those must be given a global grid.
class Grid {
 public:
  Grid(GridType type, std::int64_t nlat, std::int64_t nlon);

  /// Part of a regular latitude-longitude grid; rows count with cos(latitude).
  ///
  /// \param latitudes_deg [lat] equally spaced from north to south, within 90 degrees
  /// \param longitudes_deg [lon] equally spaced eastwards, at most once round
  /// Errors: input_corrupt E2205 for anything else.
  static Grid window(std::vector<double> latitudes_deg, std::vector<double> longitudes_deg);
  /// Points of equal weight: an equal-area projection, one station (1 x 1).
  ///
  /// \param rows, columns coordinates in any unit, which only tell grids apart; latitudes_deg() and longitudes_deg() are NaN
  static Grid points(std::vector<double> rows, std::vector<double> columns);

  bool is_global() const { return part_ == nullptr; }
  /// Of a global grid (precondition).
  GridType type() const;
  std::int64_t nlat() const { return nlat_; }
  std::int64_t nlon() const { return nlon_; }
  std::int64_t points() const { return nlat_ * nlon_; }
  /// Of a global grid (precondition).
  const Quadrature& quadrature() const;
  std::vector<double> latitudes_deg() const;
  std::vector<double> longitudes_deg() const;
  /// What tells a part of the sphere apart: degrees of a window, the coordinates given to points(). Not of a global grid
  /// (precondition).
  const std::vector<double>& part_rows() const;
  const std::vector<double>& part_columns() const;
  /// Whether it is a window(): rows are parallels, columns meridians.
  bool is_window() const { return part_ != nullptr && part_->rows.empty(); }
  /// Area weight of each row, normalised so that sum_k w_k = 1 (a row mean over longitude times w_k
  /// sums to the global mean).
  std::vector<double> row_weights() const;
  std::string describe() const;  ///< e.g. "legendre-gauss 32x64"
  /// Windows are alike when their coordinates agree to 1e-3 degrees, points when theirs agree to a thousandth of a step.
  bool operator==(const Grid& other) const;

 private:
  struct Part {
    std::vector<double> latitudes, longitudes, weights;  ///< degrees, degrees, sum 1
    std::vector<double> rows, columns;                   ///< of points()
    std::string name;
  };
  explicit Grid(Part part);

  std::shared_ptr<const Part> part_;  ///< null: global
  GridType type_;
  std::int64_t nlat_;
  std::int64_t nlon_;
  Quadrature quadrature_;
};

/// The grid whose latitudes agree with \p latitudes_deg to 1e-3 degrees, north to south.
/// Errors: ErrorKind::input_corrupt naming the first row that fits no known grid.
Grid detect_grid(const std::vector<double>& latitudes_deg, std::int64_t nlon);

}  // namespace myriad
