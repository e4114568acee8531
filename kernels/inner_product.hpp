#pragma once
/// \file
/// Register-blocked inner products of rows: C[m, n] = sum_k A[m, k] B[n, k], k contiguous. Private
/// to kernels/.
///
/// k runs through the lanes of a Wide; lanes are added pairwise (neighbours first). A rest of k is
/// padded with zeros. The order of all additions is a function of the length alone.

#include <cstdint>

#include "kernels/wide.hpp"

namespace myriad::kernels::detail {

// 24 of 32 registers of 512 bits hold sums, or 12 of 16 of 256 bits.
#if defined(__AVX512F__)
inline constexpr int k_inner_rows = 6;
inline constexpr int k_inner_columns = 4;
#else
inline constexpr int k_inner_rows = 2;
inline constexpr int k_inner_columns = 3;
#endif

MYRIAD_INLINE Wide<float> add_neighbours(Wide<float> a, Wide<float> b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
MYRIAD_INLINE Wide<double> add_neighbours(Wide<double> a, Wide<double> b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

/// Sums of the lanes of Count vectors, in the first Count elements of \p out (room for a multiple
/// of the lanes).
template <class T, int Count>
MYRIAD_INLINE void lane_sums(const Wide<T> (&v)[Count], T* out) {
  constexpr int lanes = k_wide<T>;
#pragma GCC unroll 3
  for (int first = 0; first < Count; first += lanes) {
    Wide<T> level[lanes];
#pragma GCC unroll 16
    for (int j = 0; j < lanes; ++j)
      level[j] = first + j < Count ? v[first + j < Count ? first + j : 0] : Wide<T>{};
#pragma GCC unroll 4
    for (int width = lanes / 2; width > 0; width /= 2) {
#pragma GCC unroll 8
      for (int j = 0; j < lanes / 2; ++j) {
        if (j < width) level[j] = add_neighbours(level[2 * j], level[2 * j + 1]);
      }
    }
    wide_store<T>(out + first, level[0]);
  }
}

/// sums[r * k_inner_columns + c] = a[r] . b[c] over \p depth elements.
template <class T>
inline void inner_products(const T* const (&a)[k_inner_rows], const T* const (&b)[k_inner_columns],
                           std::int64_t depth, T* sums) {
  Wide<T> acc[k_inner_rows * k_inner_columns] = {};
  const std::int64_t whole = depth / k_wide<T> * k_wide<T>;
  const auto step = [&](const auto& read) __attribute__((always_inline)) {
    Wide<T> y[k_inner_columns];
#pragma GCC unroll 4
    for (int c = 0; c < k_inner_columns; ++c) y[c] = read(b[c]);
#pragma GCC unroll 6
    for (int r = 0; r < k_inner_rows; ++r) {
      const Wide<T> x = read(a[r]);
#pragma GCC unroll 4
      for (int c = 0; c < k_inner_columns; ++c) acc[r * k_inner_columns + c] += x * y[c];
    }
  };
  for (std::int64_t k = 0; k < whole; k += k_wide<T>) {
    step([=](const T* row) __attribute__((always_inline)) { return wide_load(row + k); });
  }
  if (whole < depth) {
    step([=](const T* row)
             __attribute__((always_inline)) { return wide_load_part(row + whole, depth - whole); });
  }
  lane_sums<T>(acc, sums);
}

}  // namespace myriad::kernels::detail
