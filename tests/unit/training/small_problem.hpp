#pragma once
/// \file
/// A small training problem: smooth fields that drift eastwards on an 8x16 grid.

#include <cstdint>

#include "src/model/sfno_model.hpp"
#include "training/state_store.hpp"
#include "training/trainer.hpp"

namespace myriad::test {

/// Two channels, \p times states 6 h apart, physical units.
train::StateStore drifting_waves(std::int64_t times);

/// Model configuration with the statistics of \p physical.
SfnoModelConfig small_config(const train::StateStore& physical, std::int64_t input_times);

/// Two short stages (one step; two-step roll-out), leaves of one sample.
train::TrainerConfig short_training(const Normalisation& normalisation);

}  // namespace myriad::test
