#include "diagnostics/area.hpp"

#include "src/base/error.hpp"

namespace myriad::diag {

const std::vector<Region>& standard_regions() {
  static const std::vector<Region> regions{
      {"global", "Globe", -90.0, 90.0},
      {"n_extratropics", "Northern extratropics (20–90°N)", 20.0, 90.0},
      {"tropics", "Tropics (20°S–20°N)", -20.0, 20.0},
      {"s_extratropics", "Southern extratropics (20–90°S)", -90.0, -20.0},
  };
  return regions;
}

std::vector<double> region_weights(std::span<const double> latitudes_deg,
                                   std::span<const double> row_weights, const Region& region) {
  MYRIAD_EXPECT(latitudes_deg.size() == row_weights.size());
  MYRIAD_EXPECT(row_weights.empty() || region.weights.size() % row_weights.size() == 0);
  std::vector<double> weights(row_weights.size(), 0.0);
  const std::size_t nlon = region.weights.size() / row_weights.size();  // 0: no weights of points
  double total = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (latitudes_deg[k] < region.south_deg || latitudes_deg[k] > region.north_deg) continue;
    double share = nlon == 0 ? 1.0 : 0.0;
    for (std::size_t p = k * nlon; p < (k + 1) * nlon; ++p)
      share += static_cast<double>(region.weights[p]) / static_cast<double>(nlon);
    if (share == 0.0) continue;
    weights[k] = row_weights[k];
    total += share * row_weights[k];
  }
  MYRIAD_VALIDATE(total > 0.0, ErrorKind::config_invalid, "E2501",
                  "region {} is empty (no grid point between {} and {} degrees of latitude counts) "
                  "choose a wider one",
                  region.name, region.south_deg, region.north_deg);
  for (double& w : weights) w /= total;
  return weights;
}

}  // namespace myriad::diag
