#pragma once
/// \file
/// Regions of the verification and the area weights of grid rows in them.

#include <span>
#include <string>
#include <vector>

namespace myriad::diag {

/// A band of latitudes; a grid row belongs to it when its latitude lies in [south, north]. Its
/// points may count by weights of their own (boxes, land, catchments).
struct Region {
  std::string name;   ///< as in files: "global", "n_extratropics", ...
  std::string title;  ///< for people
  double south_deg = -90.0;
  double north_deg = 90.0;
  /// [lat, lon], 0 to 1, times the area of the point; empty: all points of the band count.
  std::vector<float> weights = {};
};

/// The globe, both extratropics (20 to 90 degrees) and the tropics, in this order.
const std::vector<Region>& standard_regions();

/// Area weights of the rows of a region, zero outside it.
///
/// They sum to 1 where points have no weights of their own. Otherwise the sum over points of row
/// weight times point weight is nlon, as numbers of a row are means of weight times value
/// (CaseFields::weights).
/// \param latitudes_deg [lat]
/// \param row_weights [lat] weight of a row mean in the global mean (Grid::row_weights)
/// Errors: ErrorKind::config_invalid (E2501) when no row, or no
/// weight, lies in the region.
std::vector<double> region_weights(std::span<const double> latitudes_deg,
                                   std::span<const double> row_weights, const Region& region);

}  // namespace myriad::diag
