#pragma once
/// \file
/// Stepping one block of members.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/base/time.hpp"
#include "src/ensemble/perturbation.hpp"
#include "src/model/model.hpp"

namespace myriad {

/// Initial state in physical units.
struct EnsembleStart {
  Instant time;                ///< valid time of the newest state
  std::vector<float> history;  ///< [input_times, channel, lat, lon], oldest first
};

/// Takes the states of a block at one lead: states [batch, channel, lat, lon], physical units.
using StateSink =
    std::function<void(std::int64_t lead_step, std::span<const std::uint32_t> members, std::span<const float> states)>;

/// Asked before every step; true ends the block early (its members are then incomplete and must not be published).
using BlockStop = std::function<bool()>;

/// Perturb, step and hand out one block. Humidities and precipitation are cut at zero after every step.
/// The sink is called for lead step 0 (the perturbed analysis) and then for every
/// \p output_every-th step. Returns false when stopped early.
///
/// Errors: ErrorKind::quality (E2330) as soon as a state holds a NaN or infinity, naming member, lead, channel and place;
/// the sink never sees such a state.
bool forecast_block(Model& model, const EnsembleStart& start, InitialPerturbation& perturbation,
                    std::span<const std::uint32_t> members, std::uint64_t seed, std::int64_t steps,
                    std::int64_t output_every, const StateSink& sink, const BlockStop& stop);

}  // namespace myriad
