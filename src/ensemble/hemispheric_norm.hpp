#pragma once
/// \file
/// Size of a perturbation in the two extratropics, and the amplitude profile that rescales it
/// (sfno.md 7.4).

#include <cstdint>
#include <vector>

#include "src/grid/grid.hpp"

namespace myriad {

/// How rows are weighted inside a hemisphere.
enum class HemisphericWeights : std::uint8_t {
  area,  ///< quadrature weights that sum to one over the rows of the hemisphere: the true area mean
  /// sin(colatitude) over its mean over all rows of the grid, averaged over the rows of the
  /// hemisphere. These weights average 0.8445 there (721 rows), so that a field of ones measures
  /// 0.919 and rescaled fields come out 1.088 times too large.
  hens,
};

/// Rows of the two extratropics and what lies between them.
struct HemisphericRows {
  std::vector<double>
      north;  ///< [lat]: weight of the row's mean square; 0 outside the northern extratropics
  std::vector<double> south;
  std::vector<double> northern_share;  ///< [lat]: 1 in the north, 0 in the south, linear in
                                       ///< latitude from 1 to 0 between

  /// rho [lat]: \p north and \p south in the extratropics, interpolated in the tropics (both ends
  /// included).
  std::vector<double> profile(double norm_north, double norm_south) const;
};

/// Rows at or poleward of this latitude are extratropical: 280 of 721 rows on each side.
inline constexpr double k_extratropics_deg = 20.25;

HemisphericRows hemispheric_rows(const Grid& grid, HemisphericWeights weights);

/// [lat]: amplitude / rho(lat), the factor that gives a perturbation of these hemispheric norms the
/// wanted amplitude.
///
/// A hemisphere without any perturbation takes the norm of the other one. Without perturbation in
/// both (a channel that does not respond, or an amplitude of 0) the factor is 0 everywhere, never
/// infinite.
std::vector<double> rescaling_profile(const HemisphericRows& rows, double norm_north,
                                      double norm_south, double amplitude);

}  // namespace myriad
