#pragma once
/// \file
/// Sorts many short columns side by side. Private to kernels/; Backend::sort_members() is the
/// public face.

#include <cstdint>

#include "kernels/wide.hpp"

namespace myriad::kernels::detail {

/// Vectors sorted together: a few, so that a comparator's loop overhead is shared.
inline constexpr int k_sort_vectors = 4;
template <class T>
inline constexpr int k_sort_lanes = k_sort_vectors* k_wide<T>;

/// Put the smaller of each pair of lanes into a, the larger into b.
template <class T>
MYRIAD_INLINE void exchange(T* a, T* b) {
  const Wide<T> x = wide_load(a), y = wide_load(b);
  wide_store<T>(a, wide_min(x, y));
  wide_store<T>(b, wide_max(x, y));
}

/// Sort each column of values [count][k_sort_lanes], aligned to 64 bytes, by Batcher's merge
/// exchange (Knuth, TAOCP 3, algorithm 5.2.2M).
///
/// The network is the same for every column, so that a comparator is one min and one max of whole
/// vectors. That is O(M log^2 M) comparisons against O(M log M) of a serial sort, but 16 points at
/// a time without branches: 10 times faster at M = 50 and still at M = 8192.
template <class T>
void sort_columns(T* values, std::int64_t count) {
  if (count < 2) return;
  std::int64_t top = 1;
  while (2 * top < count) top *= 2;
  for (std::int64_t p = top; p > 0; p /= 2) {
    std::int64_t q = top, r = 0, d = p;
    while (true) {
      for (std::int64_t i = 0; i < count - d; ++i) {
        if ((i & p) != r) continue;
        T* a = values + i * k_sort_lanes<T>;
        T* b = values + (i + d) * k_sort_lanes<T>;
#pragma GCC unroll 4
        for (int v = 0; v < k_sort_vectors; ++v) {
          exchange(a + v * k_wide<T>, b + v * k_wide<T>);
        }
      }
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

}  // namespace myriad::kernels::detail
