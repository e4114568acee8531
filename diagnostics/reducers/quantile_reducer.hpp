#pragma once
/// \file
/// Quantiles of an ensemble at every grid point.

#include <cstdint>
#include <memory>
#include <vector>

#include "diagnostics/reducers/statistics_axes.hpp"

namespace myriad::diag {

/// Sample quantiles as numbered by Hyndman and Fan (1996). With x_(1) <= ... <= x_(N), the quantile
/// of p is x at the real rank h, linear between neighbours, h kept in [1, N].
enum class QuantileDefinition : std::uint8_t {
  hyndman_fan_6,  ///< h = (N + 1) p: a new draw lies below with probability p
  hyndman_fan_7,  ///< h = (N - 1) p + 1: the default of NumPy, R and xarray
  hyndman_fan_8,  ///< h = (N + 1/3) p + 1/3: nearly unbiased for the median of the distribution
};

/// The definition in words, for files.
const char* describe(QuantileDefinition definition);

struct QuantileOptions {
  std::vector<double> probabilities;  ///< 0..1, each once
  QuantileDefinition definition = QuantileDefinition::hyndman_fan_7;
};

/// Maps <channel>_p<percent> for each probability ("z500_p10", "z500_p2p5"), in the order given.
///
/// Exact: every point is sorted; fp64 between neighbours.
/// Errors: ErrorKind::config_invalid E2531 (a probability outside 0..1 or given twice); E2530.
/// Determinism: bitwise, whatever the tiles.
std::unique_ptr<Reducer> make_quantile_reducer(const StatisticsAxes& axes,
                                                     const QuantileOptions& options);

namespace detail {

/// Rank h - 1 in 0..N-1 of the quantile of \p probability among \p members.
double quantile_rank(double probability, std::int64_t members, QuantileDefinition definition);

}  // namespace detail
}  // namespace myriad::diag
