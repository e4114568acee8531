#pragma once
/// \file
/// Contours of gridded values as closed rings.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/svg.hpp"

namespace myriad::diag {

/// Values at the nodes of a rectangular lattice; node (row k, column j) lies at (x[j], y[k]).
struct Lattice {
  std::vector<double> x;       ///< [column], increasing
  std::vector<double> y;       ///< [row], increasing (southwards)
  std::vector<double> values;  ///< [row, column]
};

/// Closed rings around {value >= level}, linear along lattice edges; on the border they follow the
/// border.
///
/// Filled with the even-odd rule the rings paint exactly that set. Saddles are decided by the mean
/// of the four corners.
/// Cost: O(nodes).
/// Determinism: bitwise.
/// Source: Lorensen and Cline 1987 in two dimensions (marching squares).
std::vector<std::vector<Point>> superlevel_rings(const Lattice& lattice, double level);

/// Vertices whose omission moves the ring by at most \p tolerance (Douglas and Peucker 1973);
/// closed rings stay closed.
std::vector<Point> simplified_ring(std::span<const Point> ring, double tolerance);

/// SVG path data of rings rounded to whole units, relative moves; rings with a bounding box below
/// \p smallest units are left out.
std::string rings_path(std::span<const std::vector<Point>> rings, double smallest);

/// SVG path data of the line {value = level} on a lattice of a map, rounded to whole units, without
/// the parts along the map's frame: superlevel_rings(), simplified by \p tolerance.
std::string contour_path(const Lattice& lattice, double level, double tolerance);

/// Values of a global latitude-longitude field on a lattice for maps from 180 W to 180 E (x
/// 0..3600, y 0..1800, tenths of a degree, as coastline_path()).
///
/// Coarse grids are refined by Catmull-Rom interpolation (exact at the grid points, continued over
/// the poles), fine ones are averaged over boxes first: about \p columns columns result.
/// Shapes: field [lat, lon], latitudes_deg [lat] north to south, longitudes 0, 360/nlon, ...
Lattice map_lattice(std::span<const float> field, std::span<const double> latitudes_deg,
                    std::int64_t nlon, std::int64_t columns = 192);

/// Which multiples of a power of ten count as round.
enum class RoundSteps {
  axis,  ///< 1, 2, 2.5, 5
  map,   ///< also 3, 4, 6, 8, as contour intervals of weather maps do
};

/// Multiples of a round step such that at most about \p count bands cover [low, high].
std::vector<double> round_levels(double low, double high, int count,
                                 RoundSteps steps = RoundSteps::axis);

}  // namespace myriad::diag
