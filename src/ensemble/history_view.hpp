#pragma once
/// \file
/// Parts of a history [batch, input_times, channel, lat, lon].

#include <cstdint>

#include "kernels/tensor.hpp"

namespace myriad::detail {

/// Batch element \p b of any view, as a batch of one.
template <class View>
View batch_element(const View& view, std::int64_t b) {
  return view.slice(0, b, 1);
}

/// State [1, channel, lat, lon] of batch element \p b at input time \p t.
inline kernels::TensorView state_of(const kernels::TensorView& history, std::int64_t b,
                                    std::int64_t t) {
  const kernels::TensorView at = history.slice(0, b, 1).slice(1, t, 1);
  return {at.data, at.dtype, {1, at.dim(2), at.dim(3), at.dim(4)}};
}

}  // namespace myriad::detail
