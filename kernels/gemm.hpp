#pragma once
/// \file
/// Matrix products of the kokkos backend. Private to kernels/ except for the provider's name and
/// choice.
///
/// Provider `blocked`, our own, keeps the whole epilogue in registers and defines its bits
/// independently of processor and library: in an outer product every element is one chain of fused
/// multiply-adds in increasing k, whatever the block it lies in; an inner product runs k through
/// 64-byte lanes in pieces of fixed length. Provider `openblas` serves conv1x1 only. It is not the
/// default: its bits depend on the kernel it picks for the processor, and 0.3.21 falls back to SSE3
/// on processors younger than itself (5 times slower, measured).

#include <cstdint>

#include "kernels/backend.hpp"

namespace myriad::kernels::kokkos {

enum class GemmProvider : std::uint8_t { blocked, openblas };

/// Name of the provider that backends use unless told otherwise.
const char* default_gemm_provider();

/// Whether this build contains OpenBLAS.
bool openblas_available();

/// Provider of conv1x1 in this process; for tests and benchmarks. Not thread-safe.
/// Precondition: openblas only when openblas_available().
void set_gemm_provider(GemmProvider provider);
GemmProvider gemm_provider();

}  // namespace myriad::kernels::kokkos
