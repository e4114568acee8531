#pragma once
/// \file
/// Regions of the verification and the area weights of grid rows in them.

#include <span>
#include <string>
#include <vector>

namespace myriad::diag {

/// A band of latitudes; a grid row belongs to it when its latitude lies in [south, north].
struct Region {
  std::string name;   ///< as in files: "global", "n_extratropics", ...
  std::string title;  ///< for people
  double south_deg = -90.0;
  double north_deg = 90.0;
};

/// The globe, both extratropics (20 to 90 degrees) and the tropics, in this order.
const std::vector<Region>& standard_regions();

/// Area weights of the rows of a region, zero outside it, normalised to sum 1.
///
/// \param latitudes_deg [lat]
/// \param row_weights [lat] weight of a row mean in the global mean (Grid::row_weights)
/// Errors: ErrorKind::config_invalid (E2501) when no row lies in the region.
std::vector<double> region_weights(std::span<const double> latitudes_deg,
                                   std::span<const double> row_weights, const Region& region);

}  // namespace myriad::diag
