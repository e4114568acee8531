#pragma once
/// \file
/// From the configuration of `myriad train` to states in memory and a model description.

#include <memory>

#include "src/base/config.hpp"
#include "src/base/json.hpp"
#include "src/model/sfno_model.hpp"
#include "src/state/checkpoint.hpp"
#include "training/state_store.hpp"

namespace myriad::pipelines {

struct TrainingData {
  std::unique_ptr<train::StateStore> training;    ///< normalised
  std::unique_ptr<train::StateStore> validation;  ///< normalised; null without validation files
  SfnoModelConfig model;                          ///< complete: channels, grid, normalisation, static maps
  std::unique_ptr<Checkpoint> initial;            ///< weights to start from; null for random ones
  Json provenance;                                ///< files, period, channels
};

/// Reads archives and computes statistics. With an initial checkpoint its normalisation and static maps are kept.
/// Errors: those of the readers, of the checkpoint, and config_invalid for combinations that make no sense.
TrainingData load_training_data(const Config& config, bool log_it);

}  // namespace myriad::pipelines
