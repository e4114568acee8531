#pragma once
/// \file
/// Bred vectors: perturbations that the model itself has grown (sfno.md 7.3-7.6).

#include <cstdint>
#include <memory>
#include <vector>

#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/perturbation.hpp"

namespace myriad {

/// Which published form of breeding.
enum class BreedingTiming : std::uint8_t {
  consistent,  ///< analyses t0 - n dt .. t0 - dt, so that the last difference is valid at t0;
               ///< forcing at their own time
  /// As the 2023 HENS production: analyses t0 - (n-1) dt .. t0, the difference valid at t0 + dt is
  /// used at t0, the forcing is that of t0 in every cycle, and norms are weighted by
  /// HemisphericWeights::hens (amplitudes 1.088 times too large).
  hens,
};

struct BredVectorConfig {
  std::uint64_t seed = 0;
  SphericalNoiseConfig noise;  ///< of the first perturbation
  std::vector<double>
      seed_amplitude;  ///< [channel], physical units: standard deviation of the first perturbation
  std::vector<double> amplitude;  ///< [channel], physical units: hemispheric RMS after every cycle;
                                  ///< 0: not perturbed
  std::int64_t cycles = 3;
  BreedingTiming timing = BreedingTiming::consistent;
};

/// Valid times of the analyses that breeding starts its cycles from, oldest first; each needs its
/// whole history of input times. \p start is the start of the forecast.
std::vector<Instant> breeding_times(const Instant& start, Duration time_step, std::int64_t cycles,
                                    BreedingTiming timing);

/// Breed one perturbation per draw and add it (or subtract it, by the member's sign).
///
/// The first perturbation is noise on the seeded channels. Each cycle steps analysis and perturbed
/// analysis, takes the difference and rescales it per channel and hemisphere to the configured
/// amplitude. Models with several input times get the difference at each of them, all rescaled by
/// the factors of the newest one, so that tendencies stay consistent. Humidity is not clipped
/// during breeding.
///
/// \param analyses one per breeding_times(), physical units; not used after construction
/// \param start of the forecast: the clock of the forcing with BreedingTiming::hens
///
/// *Cost* per call of apply() `cycles` forwards per distinct draw: 1.5 per member for pairs and
/// three cycles. The unperturbed forwards depend on checkpoint and date only: they run once, at the
/// first call. Memory: input times + 1 states per cycle, and during a call 2 (input times) + 2
/// states per draw.
///
/// *Determinism* the perturbation depends on (seed, draw, analyses, weights) only, bit for bit.
///
/// *Errors* none of its own: a bred vector that becomes NaN or infinite is reported (warning E2331)
/// and handed on, so that its members fail by themselves.
///
/// *Source* Mahesh et al. 2024 (HENS), Toth and Kalnay 1993.
std::unique_ptr<InitialPerturbation> make_bred_vectors(Model& model, const BredVectorConfig& config,
                                                       const Instant& start,
                                                       const std::vector<EnsembleStart>& analyses);

}  // namespace myriad
