#pragma once
/// \file
/// GELU on the device, in the precision of the argument. Private to the *_cuda.cu files.

#include <cmath>

#include "kernels/device_cuda.hpp"

namespace myriad::kernels::cuda {

/// x (1 + erf(x / sqrt 2)) / 2, by erfc so that large negative arguments keep their digits.
__device__ inline float gelu_of(float x) { return 0.5f * x * erfcf(-x * 0.70710678118654752440f); }
__device__ inline double gelu_of(double x) { return 0.5 * x * erfc(-x * 0.70710678118654752440); }

/// Derivative of gelu_of.
__device__ inline float gelu_slope_of(float x) {
  return 0.5f * erfcf(-x * 0.70710678118654752440f) + x * 0.39894228040143267794f * expf(-0.5f * x * x);
}
__device__ inline double gelu_slope_of(double x) {
  return 0.5 * erfc(-x * 0.70710678118654752440) + x * 0.39894228040143267794 * exp(-0.5 * x * x);
}

}  // namespace myriad::kernels::cuda
