#pragma once
/// \file
/// What a device can do at most: measured on it, or known of it.

#include <array>
#include <cstdint>
#include <string>

#include "kernels/backend.hpp"
#include "src/backend/counting_backend.hpp"

namespace myriad::pipelines {

/// Rates that no computation passes.
struct Roofs {
  std::string name;
  std::array<double, 8> flops{};  ///< operations per second of matrix products, by DType; 0: unknown
  double bandwidth = 0.0;         ///< bytes per second, read and written

  /// Least seconds for \p work: its products one after the other, or its bytes, whichever takes longer.
  /// Precondition: the rate of every product in it is known.
  double floor_seconds(const Work& work) const;
};

/// Rates of the fastest products that can be called (OpenBLAS or ours on a host, ours on a GPU) and of copying, each measured for
/// \p seconds.
Roofs measured_roofs(kernels::Backend& backend, double seconds);

/// Dense rates without sparsity of an H200: those of the vendor in fp32 and fp64, and measured ones with tensor cores and of its
/// memory (sfno.md 3.10).
Roofs h200_roofs();

/// Extent of the square products whose rate is a GPU's roof: 8192, or less on a device (an emulated one) that would take long.
std::int64_t roof_extent(kernels::Backend& backend);

/// Rate of OpenBLAS on this core, flop/s; our own products when OpenBLAS is not built in.
double openblas_rate(kernels::Backend& backend);
/// Best rate of either provider: the practical roof of matrix work on this core.
double gemm_roof(kernels::Backend& backend);

}  // namespace myriad::pipelines
