#pragma once
/// \file
/// How much a large ensemble gains over smaller ones, at every grid point.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/reducers/statistics_axes.hpp"

namespace myriad::diag {

struct EnsembleSizeOptions {
  std::vector<std::int64_t> sizes;  ///< n, at least 1, each once
  /// Verifying fields [lat, lon] as in VerifyingFields::truth; may be empty.
  std::function<bool(std::size_t channel, std::size_t lead, std::span<float> out)> truth;
};

/// For each size n the maps <channel>_expected_min_<n> and <channel>_expected_max_<n>, the expected
/// extremes of n members drawn from the ensemble with replacement; with verifying fields also
/// <channel>_inside_<n>, the probability that the truth lies strictly inside their envelope, and
/// <channel>_best_error_<n>, the expected error of the nearest of them (NaN where nothing
/// verifies).
///
/// Closed forms (ensemble_size.hpp): no resampling, no sampling error.
/// Errors: ErrorKind::config_invalid E2533 (a size below 1 or given twice); E2510 (the verifying
/// field is not finite); E2530.
/// Determinism: bitwise, whatever the tiles.
/// Cost: one pass over the sorted members per size; with verifying fields two.
std::unique_ptr<Reducer> make_ensemble_size_reducer(const StatisticsAxes& axes,
                                                          const EnsembleSizeOptions& options);

}  // namespace myriad::diag
