#pragma once
/// \file
/// Latitude-longitude grids of the sphere and their quadrature (sfno.md section 1).

#include <cstdint>
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
class Grid {
 public:
  Grid(GridType type, std::int64_t nlat, std::int64_t nlon);

  GridType type() const { return type_; }
  std::int64_t nlat() const { return nlat_; }
  std::int64_t nlon() const { return nlon_; }
  std::int64_t points() const { return nlat_ * nlon_; }
  const Quadrature& quadrature() const { return quadrature_; }
  std::vector<double> latitudes_deg() const;
  std::vector<double> longitudes_deg() const;
  /// Area weight of each row, normalised so that sum_k w_k = 1 (a row mean over longitude times w_k
  /// sums to the global mean).
  std::vector<double> row_weights() const;
  std::string describe() const;  ///< e.g. "legendre-gauss 32x64"
  bool operator==(const Grid& other) const {
    return type_ == other.type_ && nlat_ == other.nlat_ && nlon_ == other.nlon_;
  }

 private:
  GridType type_;
  std::int64_t nlat_;
  std::int64_t nlon_;
  Quadrature quadrature_;
};

/// The grid whose latitudes agree with \p latitudes_deg to 1e-3 degrees, north to south.
/// Errors: ErrorKind::input_corrupt naming the first row that fits no known grid.
Grid detect_grid(const std::vector<double>& latitudes_deg, std::int64_t nlon);

}  // namespace myriad
