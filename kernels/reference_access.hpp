#pragma once
/// \file
/// Element access of the reference backend: any dtype read as, and rounded from, fp64.

#include <cstdint>

#include "kernels/half.hpp"
#include "kernels/tensor.hpp"

namespace myriad::kernels::reference::detail {

/// Element at \p offset (in elements from the first one).
inline double get(const ConstTensorView& v, std::int64_t offset) {
  switch (v.dtype) {
    case DType::f64:
      return v.as<double>()[offset];
    case DType::bf16:
      return static_cast<double>(float_from_bf16(v.as<std::uint16_t>()[offset]));
    case DType::f16:
      return static_cast<double>(float_from_f16(v.as<std::uint16_t>()[offset]));
    case DType::f32:
    case DType::tf32:
      break;
  }
  return static_cast<double>(v.as<float>()[offset]);
}

inline void put(const TensorView& v, std::int64_t offset, double value) {
  switch (v.dtype) {
    case DType::f64:
      v.as<double>()[offset] = value;
      return;
    case DType::bf16:
      v.as<std::uint16_t>()[offset] = bf16_from_float(static_cast<float>(value));
      return;
    case DType::f16:
      v.as<std::uint16_t>()[offset] = f16_from_float(static_cast<float>(value));
      return;
    case DType::f32:
    case DType::tf32:
      v.as<float>()[offset] = static_cast<float>(value);
  }
}

inline void add(const TensorView& v, std::int64_t offset, double value) {
  put(v, offset, get(v, offset) + value);
}

}  // namespace myriad::kernels::reference::detail
