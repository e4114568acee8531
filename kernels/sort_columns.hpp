#pragma once
/// \file
/// Order statistics of many points at once, on the host.

#include <cstdint>

namespace myriad::kernels {

/// Columns that sort_columns() takes side by side.
inline constexpr int k_sort_columns = 64;

/// Sort each column of \p values ascending, in place.
///
/// Shapes: values [count][k_sort_columns]. Preconditions: no NaN.
/// Determinism: bitwise; columns do not influence each other. -0 and +0 compare equal and keep an
/// order that depends on their places only.
/// Cost: count log2(count)^2 / 4 min-max pairs of four 64-byte vectors.
/// Source: Knuth, TAOCP 3, algorithm 5.2.2M (Batcher's merge exchange).
void sort_columns(float* values, std::int64_t count);

}  // namespace myriad::kernels
