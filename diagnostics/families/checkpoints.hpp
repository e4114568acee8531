#pragma once
/// \file
/// What the members of each checkpoint (or model) say by themselves: the sums behind their agreement and their weights.

#include <memory>
#include <span>
#include <vector>

#include "diagnostics/mixture.hpp"
#include "diagnostics/score_family.hpp"

namespace myriad::diag {

struct CheckpointOptions {
  std::vector<int> groups;     ///< [member] of which checkpoint, numbers from 0 without gaps; at least 2 checkpoints
  bool distances = false;      ///< keep the terms of the CRPS of their mixture
};

/// A family without scores of its own, for inferences on its records. Estimates are those of area means of pointwise values.
class CheckpointFamily : public ScoreFamily {
 public:
  virtual std::size_t checkpoints() const = 0;
  /// M_j.
  virtual const std::vector<int>& members() const = 0;
  /// [J] area mean of the mean of the members of each checkpoint.
  virtual std::vector<double> means(std::span<const double> record) const = 0;
  /// [J] area mean of the variance of its members, divisor M_j - 1; 0 for a single one.
  virtual std::vector<double> variances(std::span<const double> record) const = 0;
  /// Terms of the CRPS of the mixture. Preconditions: CheckpointOptions::distances; the fair estimator needs two members of each.
  virtual MixtureTerms terms(std::span<const double> record, PairEstimator estimator) const = 0;
};

/// Cost: O(J N) per point with distances (beside sorting), O(N) without. Memory: 2 J numbers per start, channel, lead and region, and
/// J + J (J + 1)/2 with distances. Preconditions: as stated for the options.
std::shared_ptr<const CheckpointFamily> make_checkpoint_family(const CheckpointOptions& options);

}  // namespace myriad::diag
