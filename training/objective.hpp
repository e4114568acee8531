#pragma once
/// \file
/// Training objectives over autoregressive roll-outs.

#include <cstdint>
#include <memory>
#include <vector>

#include "src/backend/slot.hpp"
#include "src/ensemble/spherical_noise.hpp"
#include "src/model/model.hpp"
#include "training/adjusted_mse.hpp"

namespace myriad::train {

enum class LossKind : std::uint8_t {
  squared,  ///< sum_c w_c sum q (p - t)^2
  amse,     ///< sum_c w_c adjusted mean squared error (adjusted_mse.hpp): no reward for blurring
  crps,     ///< almost-fair CRPS over members that start from perturbed states (generative.md 4.1)
};

/// Which scale an error is measured in (the std / tendency factor of sfno.md 6.1).
struct LossConfig {
  LossKind kind = LossKind::squared;
  PhaseWeight phase_weight = PhaseWeight::larger;  ///< amse
  /// [channel]: multiplies the squared (or absolute) error in normalised units; already contains
  /// the tendency factor.
  std::vector<double> channel_weights;
  /// Divide each channel's error by sum q t^2 (the relative form of HENS).
  bool relative = false;
  std::int64_t members = 1;       ///< crps: members per sample
  double crps_alpha = 0.95;       ///< 1 fair, 0 standard
  double noise_amplitude = 0.0;   ///< crps: initial noise in units of the change per step
  SphericalNoiseConfig noise;
};

/// w_c = raw_c (std_c / tendency_std_c)^power, normalised so that sum_c raw_c = 1; power 2 for squared, 1 for crps.
std::vector<double> temporal_difference_weights(const Normalisation& n, const std::vector<double>& raw, double power);

/// One leaf of the sum over samples: a fixed number of samples that always travel together.
struct Leaf {
  ConstTensorView history;              ///< [batch, input_times, channel, lat, lon] normalised, oldest first
  std::vector<ConstTensorView> targets; ///< [roll-out step]: [batch, channel, lat, lon]
  std::vector<Instant> times;           ///< [batch]: valid time of the newest history state
  std::vector<std::uint32_t> samples;   ///< [batch]: position in the global batch, keys the noise
};

/// Loss of K autoregressive steps and its gradient with respect to the parameters.
///
/// loss = (1/K) sum_k sum_batch sum_c w_c E_{b,c}(k). Gradients flow through all K steps.
/// With `recompute`, only the states of the roll-out are kept and each step is run again before its backward pass:
/// memory of one step instead of K for a third more work.
class RolloutObjective {
 public:
  RolloutObjective(Model& model, LossConfig config, bool recompute);
  ~RolloutObjective();

  /// Adds scale * d(loss)/d(parameters) to the model's gradients and returns the unscaled loss (sum over the leaf).
  double accumulate(const Leaf& leaf, double scale, std::uint64_t seed, std::uint32_t optimiser_step);

  /// The loss alone.
  double evaluate(const Leaf& leaf, std::uint64_t seed, std::uint32_t optimiser_step);

  const LossConfig& config() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train
