#include "src/ensemble/hemispheric_norm.hpp"

#include <cmath>

namespace myriad {

namespace {

/// Differences below this are no perturbation, and dividing by them would overflow fp32.
constexpr double k_least_norm = 1e-30;

}  // namespace

std::vector<double> HemisphericRows::profile(double norm_north, double norm_south) const {
  std::vector<double> rho;
  for (double share : northern_share)
    rho.push_back(share * norm_north + (1.0 - share) * norm_south);
  return rho;
}

HemisphericRows hemispheric_rows(const Grid& grid, HemisphericWeights weights) {
  const std::vector<double> latitudes = grid.latitudes_deg(), area = grid.row_weights();
  const std::size_t rows = latitudes.size();
  constexpr double k_rounding = 1e-6;  // of latitudes computed from radians
  HemisphericRows result{std::vector<double>(rows), std::vector<double>(rows),
                         std::vector<double>(rows)};

  double mean_sine = 0.0;
  for (double theta : grid.quadrature().theta)
    mean_sine += std::sin(theta) / static_cast<double>(rows);
  double north_sum = 0.0, south_sum = 0.0, first_tropical = 0.0, last_tropical = 0.0;
  bool tropics = false;
  for (std::size_t k = 0; k < rows; ++k) {
    const double weight = weights == HemisphericWeights::area
                              ? area[k]
                              : std::sin(grid.quadrature().theta[k]) / mean_sine;
    const double share = weights == HemisphericWeights::area ? area[k] : 1.0;
    if (latitudes[k] >= k_extratropics_deg - k_rounding) {
      result.north[k] = weight;
      result.northern_share[k] = 1.0;
      north_sum += share;
    } else if (latitudes[k] <= -k_extratropics_deg + k_rounding) {
      result.south[k] = weight;
      south_sum += share;
    } else {
      if (!tropics) first_tropical = latitudes[k];
      last_tropical = latitudes[k];
      tropics = true;
    }
  }
  for (std::size_t k = 0; k < rows; ++k) {
    result.north[k] /= north_sum;
    result.south[k] /= south_sum;
    if (std::abs(latitudes[k]) >= k_extratropics_deg - k_rounding) continue;
    const double width = first_tropical - last_tropical;
    result.northern_share[k] = width > 0.0 ? (latitudes[k] - last_tropical) / width : 0.5;
  }
  return result;
}

std::vector<double> rescaling_profile(const HemisphericRows& rows, double norm_north,
                                      double norm_south, double amplitude) {
  if (norm_north < k_least_norm) norm_north = norm_south;
  if (norm_south < k_least_norm) norm_south = norm_north;
  if (norm_north < k_least_norm || amplitude == 0.0)
    return std::vector<double>(rows.northern_share.size());
  std::vector<double> factor = rows.profile(norm_north, norm_south);
  for (double& f : factor) f = amplitude / f;
  return factor;
}

}  // namespace myriad
