#pragma once
/// \file
/// Adding noise to some channels of a state.

#include <cstdint>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/model/model.hpp"

namespace myriad::detail {

/// Channels whose amplitude is not 0.
struct PerturbedChannels {
  std::vector<std::uint32_t> index;  ///< into the model's channels
  std::vector<double> amplitude;     ///< of each, normalised units

  /// \param physical [channel], standard deviations in physical units
  PerturbedChannels(const ModelDescription& d, const std::vector<double>& physical) {
    MYRIAD_EXPECT(physical.size() == d.channels.size());
    for (std::size_t c = 0; c < physical.size(); ++c) {
      if (physical[c] == 0.0) continue;
      index.push_back(static_cast<std::uint32_t>(c));
      amplitude.push_back(physical[c] / d.normalisation.stddev[c]);
    }
  }

  std::int64_t count() const { return static_cast<std::int64_t>(index.size()); }

  /// state [1, channel, lat, lon] += sign * amplitude * field [1, count(), lat, lon].
  void add(Backend& backend, TensorView state, double sign, ConstTensorView field) const {
    for (std::size_t i = 0; i < index.size(); ++i) {
      const TensorView channel = state.slice(1, index[i], 1);
      backend.axpby(channel, 1.0, channel, sign * amplitude[i],
                    field.slice(1, static_cast<std::int64_t>(i), 1));
    }
  }
};

}  // namespace myriad::detail
