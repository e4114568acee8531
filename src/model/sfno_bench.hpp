#pragma once
/// \file
/// Measuring core of `myriad bench sfno`.

#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "src/model/sfno.hpp"

namespace myriad {

/// One measured pass of a network.
struct SfnoTiming {
  std::string what;  ///< "forward 32x64 embed 64 layers 4 batch 4 f32"
  double median_seconds = 0.0;  ///< per call
  double min_seconds = 0.0;
  int samples = 0;
  double flops = 0.0;  ///< per call: matrix products, transforms and FFTs; pointwise work not counted
};

/// Floating-point operations of one forward pass per batch element (multiply and add are two; complex multiply-add eight;
/// triangular, north-south parity used in the Legendre stage; FFT 2.5 n log2 n per row).
double forward_flops(const SfnoConfig& config);

/// Which passes are measured.
enum class SfnoPasses : std::uint8_t { forward, forward_and_backward };

/// Forward, and forward plus backward (counted as three forwards), fp32.
std::vector<SfnoTiming> bench_sfno(kernels::Backend& backend, const SfnoConfig& config, std::int64_t batch, double seconds,
                                   SfnoPasses passes = SfnoPasses::forward_and_backward);

/// Rate of a square matrix product through conv1x1 with the backend's present GEMM provider, flop/s (median).
double measure_gemm_rate(kernels::Backend& backend, std::int64_t size, double seconds);

/// Bytes per second of copying a tensor much larger than the caches, reads and writes counted (median).
double measure_copy_rate(kernels::Backend& backend, double seconds);

}  // namespace myriad
