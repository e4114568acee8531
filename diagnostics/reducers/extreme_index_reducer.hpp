#pragma once
/// \file
/// Extreme forecast index and shift of tails against a climate.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/climate_quantiles.hpp"
#include "diagnostics/reducers/quantile_reducer.hpp"

namespace myriad::diag {

/// What F_f(q) is where several climate quantiles have the same value, as those of precipitation in
/// dry places do.
enum class ClimateTies : std::uint8_t {
  /// Share of the members at or below the quantile: the published definition. Dry members in a dry
  /// climate then pull the index down.
  at_or_below,
  /// The members at the common value are spread evenly over the probabilities it stands for, so
  /// that
  /// a forecast equal to the climate has index 0 there too.
  spread,
};

/// How the EFI is integrated over the probabilities q of the climate.
enum class EfiQuadrature : std::uint8_t {
  arcsine,             ///< trapezoids of F_f in u = arcsin sqrt(q): reaches +-1
  trapezoid_of_ratio,  ///< trapezoids of (q - F_f)/sqrt(q (1 - q)) in q, without q = 0 and 1: the
                       ///< HENS code, +-0.875 at most for percentiles 1 to 99
};

struct ExtremeIndexOptions {
  EfiQuadrature quadrature = EfiQuadrature::arcsine;
  ClimateTies ties = ClimateTies::at_or_below;
  QuantileDefinition quantiles = QuantileDefinition::hyndman_fan_7;  ///< of the ensemble in the SOT
};

/// Maps <channel>_efi, <channel>_sot90 and <channel>_sot10 of the channels that \p climate has; the
/// quantiles of the calendar month of the valid time count.
///
///   EFI = (4/pi) int_0^{pi/2} [sin^2 u - F_f(sin^2 u)] du, F_f(q) share of the members <= c_q
///   SOT(90) = (Q90_f - Q99_c) / (Q99_c - Q90_c),  SOT(10) = (Q10_f - Q01_c) / (Q01_c - Q10_c)
/// with u = arcsin sqrt(q), where the integrand is regular: sin^2 exactly, F_f by the trapezoidal
/// rule over the probabilities of the climate, constant beyond the outermost. So the EFI is +1 (-1)
/// when all members lie above (below) every quantile. SOT > 0: more than a tenth of the members lie
/// beyond the climate's percentile 99 (1); NaN where the two climate quantiles are equal.
/// Errors: ErrorKind::input_corrupt E2524 (climate without percentiles 1, 10, 90, 99), E2525
/// (climate with none of the channels); E2530. Determinism: bitwise, whatever the tiles. Source:
/// Lalaurette 2003; Zsoter 2006; sfno.md 9.7.
std::unique_ptr<Reducer> make_extreme_index_reducer(
    const StatisticsAxes& axes, std::shared_ptr<const ClimateQuantiles> climate,
    const ExtremeIndexOptions& options = {});

namespace detail {

/// An integral that is linear in F_f: EFI = constant - sum_k weights[k] F_f(q_k).
struct EfiRule {
  double constant = 0.0;
  std::vector<double> weights;
};
EfiRule efi_rule(std::span<const double> probabilities, EfiQuadrature quadrature);

}  // namespace detail
}  // namespace myriad::diag
