#pragma once
/// \file
/// Models in checkpoints.

#include <filesystem>
#include <memory>

#include "src/model/sfno_model.hpp"
#include "src/state/checkpoint.hpp"
#include "src/state/checkpoint_writer.hpp"

namespace myriad {

/// Add everything that defines \p model: architecture, channels, grid, normalisation, static maps, and its weights as
/// they are in \p weights (an arena of the model's parameter set: the trained values, or their moving average).
void add_model(CheckpointWriter& writer, SfnoModel& model, ConstTensorView weights);

/// The model configuration stored in a checkpoint.
/// Errors: ErrorKind::input_corrupt (E2320) naming what is missing or inconsistent.
SfnoModelConfig read_model_config(const Checkpoint& checkpoint);

/// Compare the stored weights with what the architecture needs, allocating nothing of its size.
/// Errors: input_corrupt E2321 (their number) and E2112 (the first that is absent or of another shape).
void check_weights(const Checkpoint& checkpoint, const SfnoModelConfig& config);

/// Copy stored weights into a model of the same configuration. Errors: input_corrupt naming the first tensor that is
/// absent, of another shape or not finite; weights of the file that the model does not know are refused as well.
void read_weights(const Checkpoint& checkpoint, SfnoModel& model);

/// A ready model.
std::unique_ptr<SfnoModel> load_model(Backend& backend, const Checkpoint& checkpoint, Precision precision);

}  // namespace myriad
