#pragma once
/// \file
/// Matrix products of the vendor's library (cuBLASLt) on tensor cores, in TF32, bf16 or fp16 with fp32 sums. Private to the *_cuda.cu files.

#include <cstdint>
#include <memory>

#include "kernels/tensor.hpp"

namespace myriad::kernels::cuda {

/// d [n, m] = op(b) [n, k] op(a) [k, m] (+ d) in row-major order, for a batch. Rows of the stored matrices are `*_row` elements
/// apart, batch elements `*_batch`.
struct LibraryProduct {
  const void* a = nullptr;
  const void* b = nullptr;
  void* d = nullptr;
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  std::int64_t a_row = 0, b_row = 0, d_row = 0;
  std::int64_t a_batch = 0, b_batch = 0, d_batch = 0;
  bool a_transposed = false;  ///< stored as [m, k]
  bool b_transposed = false;  ///< stored as [k, n]
  DType operands = DType::tf32;  ///< tf32 (fp32 in memory), bf16 or f16
  DType result = DType::f32;     ///< f32, bf16 or f16
  bool accumulate = false;
};

/// The library with its work space; what it chooses for a shape is chosen once, without regard to the batch, so that the bits
/// of a batch element do not depend on the others.
class ProductLibrary {
 public:
  virtual ~ProductLibrary() = default;
  virtual void multiply(const LibraryProduct& product) = 0;
};

/// Bytes of work space.
inline constexpr std::int64_t k_product_workspace = std::int64_t{32} << 20;

}  // namespace myriad::kernels::cuda
