#pragma once
/// \file
/// Perturbations as configured: key `perturbation`, one section or a list of them.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/config.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/perturbation.hpp"
#include "src/ensemble/weight_perturbation.hpp"

namespace myriad::pipelines {

void add_perturbation_keys(Schema& schema);

/// Whether neighbouring members get the same perturbation with opposite signs.
bool pairs_are_centred(const Config& config);

/// "bred_vectors + spherical_gaussian", for plans and file attributes.
std::string describe_perturbations(const Config& config);

/// Judge everything that can be judged without running: channels, error tables, degrees.
///
/// Returns all numbers that come from files (amplitudes), for the identity of the forecast, which
/// the hash of the configuration does not cover. Errors: config_invalid naming the key, those of
/// read_error_table.
std::vector<double> check_perturbations(const Config& config, const ModelDescription& description,
                                        std::int64_t filter_degrees);

/// Valid times of the analyses, each with its history, that the perturbations of members starting
/// at \p start need, oldest first; the one at \p start itself among them with `compat: hens`.
std::vector<Instant> perturbation_times(const Config& config, const Instant& start,
                                        Duration time_step);

/// What perturbing adds to a forecast.
struct PerturbationCost {
  double steps_per_member = 0.0;  ///< model steps before the first one, unperturbed ones shared out
  std::uint64_t bytes = 0;        ///< on a rank
};

/// \param block members stepped together
/// \param starts analyses that members start from
/// \param members_per_control members of one checkpoint and analysis
PerturbationCost perturbation_cost(const Config& config, const ModelDescription& description,
                                   DType dtype, std::int64_t block, std::int64_t starts,
                                   double members_per_control);

/// The configured perturbations of members that start from \p start.
///
/// The random numbers of each depend on \p seed and its place in the list, so that equal kinds are
/// independent.
/// \param seed of this analysis: other dates need other seeds
/// \param earlier one analysis per perturbation_times()
/// Errors: as check_perturbations.
std::unique_ptr<InitialPerturbation> make_configured_perturbation(
    const Config& config, Model& model, std::uint64_t seed, const Instant& start,
    const std::vector<EnsembleStart>& earlier);

/// Perturbed weights for BlockForecast::perturb_weights; nothing when none are configured.
/// \param seed_of_start the seed of each analysis, as for make_configured_perturbation
/// Errors: as check_perturbations.
std::optional<WeightPerturbation> make_weight_perturbation(
    const Config& config, Duration time_step,
    std::function<std::uint64_t(std::size_t start)> seed_of_start);

}  // namespace myriad::pipelines
