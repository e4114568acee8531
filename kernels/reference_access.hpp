#pragma once
/// \file
/// Element access of the reference backend: any dtype read as, and rounded from, fp64.

#include <cstdint>

#include "kernels/tensor.hpp"

namespace myriad::kernels::reference::detail {

/// Element at \p offset (in elements from the first one).
inline double get(const ConstTensorView& v, std::int64_t offset) {
  return v.dtype == DType::f32 ? static_cast<double>(v.as<float>()[offset]) : v.as<double>()[offset];
}

inline void put(const TensorView& v, std::int64_t offset, double value) {
  if (v.dtype == DType::f32) {
    v.as<float>()[offset] = static_cast<float>(value);
  } else {
    v.as<double>()[offset] = value;
  }
}

inline void add(const TensorView& v, std::int64_t offset, double value) {
  put(v, offset, get(v, offset) + value);
}

}  // namespace myriad::kernels::reference::detail
