#pragma once
/// \file
/// Model uncertainty by perturbed weights: every member forecasts with weights of its own.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/ensemble/plan.hpp"
#include "src/model/weight_noise.hpp"

namespace myriad {

/// Noise on the spectral filters of low degrees (generative.md 6.9; published: 10 degrees, 0.25).
struct WeightPerturbation {
  double stddev = 0.25;       ///< relative to the weight
  std::int64_t degrees = 10;  ///< degrees 0 .. degrees - 1
  std::int64_t refresh_steps =
      0;  ///< new numbers every so many steps; 0: the same for the whole forecast
  std::function<std::uint64_t(std::size_t start)> seed_of;  ///< of analysis BlockElement::start
};

/// The noise of the members of one block, from the identities of the members alone: the control has
/// none, the two of a centred pair get opposite signs.
class BlockWeightNoise {
 public:
  BlockWeightNoise() = default;  ///< none
  BlockWeightNoise(const WeightPerturbation& perturbation, std::span<const BlockElement> elements);

  /// For StepContext at step \p step of the forecast; null when there is none. Valid until the next
  /// call.
  const WeightNoise* at(std::int64_t step);

 private:
  std::vector<WeightNoiseElement> elements_;
  std::int64_t refresh_steps_ = 0;
  WeightNoise noise_;
};

}  // namespace myriad
