#pragma once
/// \file
/// Do the checkpoints of an ensemble agree, and how much should each count? Results on the records of a CheckpointFamily.

#include <memory>

#include "diagnostics/families/checkpoints.hpp"
#include "diagnostics/inference.hpp"

namespace myriad::diag {

/// `checkpoint_agreement` by checkpoint, the weights of checkpoint_consistency(), sum 1; `checkpoints_inconsistent`, how many of them
/// are at its lower bound.
///
/// Starts are its points: the means over a region of each checkpoint's members, compared with the median of the checkpoints; the typical
/// difference is the mean one over starts and checkpoints. None for fewer than 3 checkpoints, absent for fewer than
/// k_least_clusters starts.
std::shared_ptr<const Inference> make_agreement(std::shared_ptr<const CheckpointFamily> family);

struct WeightOptions {
  PairEstimator estimator = PairEstimator::standard;
  /// Of stack(), in units of the CRPS of the members as they are.
  double regularisation = 0.01;
};

/// Weights of the checkpoints that make the CRPS of their mixture smallest, and what they are worth.
///
/// `crps_weights` by checkpoint (sum 1), `crps_weighted` with them, `crps_pooled` of the members as they are (weights M_j / N),
/// `crps_weighted_left_out` of blocks of starts (VerificationShape::block) whose weights were fitted to the other blocks, and
/// `crps_weights_gain` = 1 - that / crps_pooled with its p-value over blocks (compare_means()); `crps_components` and `crps_diversity`,
/// whose difference is crps_pooled (decompose_crps()), `checkpoint_value` by checkpoint (component_values() of the members as they are).
/// What is left out needs k_least_clusters blocks. Where the fair estimates are not of negative type nothing is fitted.
/// Preconditions: the family keeps distances; the fair estimator needs two members of each checkpoint.
std::shared_ptr<const Inference> make_weights(std::shared_ptr<const CheckpointFamily> family, const WeightOptions& options);

}  // namespace myriad::diag
