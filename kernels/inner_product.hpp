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

// 24 of 32 registers hold sums, or 12 of 16.
#if defined(__AVX512F__)
inline constexpr int k_inner_rows = 6;
inline constexpr int k_inner_columns = 4;
#else
inline constexpr int k_inner_rows = 4;
inline constexpr int k_inner_columns = 3;
#endif

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
        if (j < width) level[j] = wide_add_neighbours(level[2 * j], level[2 * j + 1]);
      }
    }
    wide_store<T>(out + first, level[0]);
  }
}

/// \p v, loaded once: GCC holds an operand in memory for as cheap as one in a register and reads it
/// for every product.
template <class V>
MYRIAD_INLINE V in_register(V v) {
#if defined(__AVX__)
  asm("" : "+v"(v));
#endif
  return v;
}

/// The first \p count elements from \p from on, then zeros.
template <class T>
MYRIAD_INLINE Vector<T> load_part(const T* from, std::int64_t count) {
  alignas(64) T part[k_lanes<T>];
  for (int j = 0; j < k_lanes<T>; ++j) part[j] = j < count ? from[j] : T{0};
  return load(part);
}

/// sums[r * k_inner_columns + c] = a[r] . b[c] over \p depth elements.
///
/// Registers shorter than a Wide take its lanes in turn, pass by pass: a block that holds sums of
/// whole Wides would be too small to feed the multiply-add units.
template <class T>
inline void inner_products(const T* const (&a)[k_inner_rows], const T* const (&b)[k_inner_columns],
                           std::int64_t depth, T* sums) {
  constexpr int count = k_inner_rows * k_inner_columns;
  alignas(64) T lanes[count * k_wide<T>];
  const std::int64_t whole = depth / k_wide<T> * k_wide<T>;
#pragma GCC unroll 1
  for (int lane = 0; lane < k_wide<T>; lane += k_lanes<T>) {
    Vector<T> acc[count] = {};
    const auto step = [&](const auto& read) __attribute__((always_inline)) {
      Vector<T> y[k_inner_columns];
#pragma GCC unroll 4
      for (int c = 0; c < k_inner_columns; ++c) y[c] = in_register(read(b[c]));
#pragma GCC unroll 6
      for (int r = 0; r < k_inner_rows; ++r) {
        const Vector<T> x = in_register(read(a[r]));
#pragma GCC unroll 4
        for (int c = 0; c < k_inner_columns; ++c) acc[r * k_inner_columns + c] += x * y[c];
      }
    };
    for (std::int64_t k = lane; k < whole; k += k_wide<T>) {
      step([=](const T* row) __attribute__((always_inline)) { return load(row + k); });
    }
    if (whole < depth) {
      const std::int64_t from = whole + lane;
      step([=](const T* row)
               __attribute__((always_inline)) { return load_part(row + from, depth - from); });
    }
#pragma GCC unroll 24
    for (int j = 0; j < count; ++j) store(lanes + j * k_wide<T> + lane, acc[j]);
  }
  Wide<T> whole_sums[count];
#pragma GCC unroll 24
  for (int j = 0; j < count; ++j) whole_sums[j] = wide_load(lanes + j * k_wide<T>);
  lane_sums<T>(whole_sums, sums);
}

}  // namespace myriad::kernels::detail
