#pragma once
/// \file
/// Purposes of random numbers. The number is part of the Philox counter: never change or reuse one,
/// or results change.

#include <cstdint>

namespace myriad {

/// Stream of kernels::RandomStream. What `member`, `step` and `index` mean in a stream stands
/// beside it.
enum class StreamId : std::uint32_t {
  initial_noise = 1,  ///< perturbation of initial states: member; step = field group; index =
                      ///< spectral coefficient
  weight_init =
      2,  ///< first weights of a network: member 0; step = parameter number; index = element
  data_shuffle = 3,  ///< order of training samples: member 0; step = epoch; index = position
  loss_members =
      4,  ///< input noise of the members of an ensemble loss: member; step = optimiser step
  model_noise = 5,        ///< noise inside a stochastic model: member; step = forecast step
  checkpoint_choice = 6,  ///< which checkpoint a member uses, when drawn
  bootstrap = 7,          ///< resampling in verification: member = replicate
  breeding = 8,           ///< first perturbation of bred vectors
  dropout = 9,            ///< training-time masks: step = optimiser step
  compression = 10,  ///< stochastic rounding and sketches of exchanged gradients: member = rank
  gossip = 11,       ///< partner choice of decentralised training: step = round
  rank_ties = 12,    ///< splitting ties in rank histograms: member = case; index = grid point
  ar1_noise = 13,     ///< perturbation of initial states correlated in time: member; step = time * 65536 + field
  weight_noise = 14,  ///< perturbation of spectral weights: member; step = period * 1024 + block;
                      ///< index = (degree * width + input) * width + output channel
  test = 1000,       ///< tests and benchmarks only
};

constexpr std::uint32_t stream_number(StreamId id) {
  return static_cast<std::uint32_t>(id);
}

}  // namespace myriad
