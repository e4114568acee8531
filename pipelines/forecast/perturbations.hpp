#pragma once
/// \file
/// Perturbations as configured.

#include <cstdint>
#include <memory>
#include <vector>

#include "src/base/config.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/perturbation.hpp"

namespace myriad::pipelines {

void add_perturbation_keys(Schema& schema);

/// Whether neighbouring members get the same perturbation with opposite signs.
bool pairs_are_centred(const Config& config);

/// Valid times of the analyses besides the one at \p start that the configured perturbations need, oldest first.
std::vector<Instant> perturbation_times(const Config& config, const Instant& start, Duration time_step);

/// The configured perturbations of members that start from \p start.
/// \param earlier one analysis per perturbation_times()
/// Errors: config_invalid naming the key.
std::unique_ptr<InitialPerturbation> make_configured_perturbation(const Config& config, Model& model, std::uint64_t seed,
                                                                  const Instant& start,
                                                                  const std::vector<EnsembleStart>& earlier);

}  // namespace myriad::pipelines
