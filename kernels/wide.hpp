#pragma once
/// \file
/// Vectors of 64 bytes on every host, for loops whose sums must not depend on the register width:
/// the number of lanes is part of the result's definition. Private to kernels/.

#include <cstdint>
#include <cstring>

namespace myriad::kernels::detail {

template <class T>
struct WideTypes;
template <>
struct WideTypes<float> {
  using Type [[gnu::vector_size(64)]] = float;
  using Unaligned [[gnu::vector_size(64), gnu::aligned(4), gnu::may_alias]] = float;
  using Mask [[gnu::vector_size(64)]] = std::int32_t;
};
template <>
struct WideTypes<double> {
  using Type [[gnu::vector_size(64)]] = double;
  using Unaligned [[gnu::vector_size(64), gnu::aligned(8), gnu::may_alias]] = double;
  using Mask [[gnu::vector_size(64)]] = std::int64_t;
};

template <class T>
using Wide = typename WideTypes<T>::Type;

/// Lanes of a Wide: 16 floats or 8 doubles.
template <class T>
inline constexpr int k_wide = static_cast<int>(64 / sizeof(T));

#define MYRIAD_INLINE [[gnu::always_inline]] inline

template <class T>
MYRIAD_INLINE Wide<T> wide_load(const T* from) {
  return *reinterpret_cast<const typename WideTypes<T>::Unaligned*>(from);
}
template <class T>
MYRIAD_INLINE void wide_store(T* to, Wide<T> v) {
  *reinterpret_cast<typename WideTypes<T>::Unaligned*>(to) = v;
}
/// The first \p count lanes; the others are \p rest.
template <class T>
MYRIAD_INLINE Wide<T> wide_load_part(const T* from, std::int64_t count, T rest = T{0}) {
  alignas(64) T lanes[k_wide<T>];
  for (int j = 0; j < k_wide<T>; ++j) lanes[j] = j < count ? from[j] : rest;
  return wide_load<T>(lanes);
}
template <class T>
MYRIAD_INLINE void wide_store_part(T* to, Wide<T> v, std::int64_t count) {
  alignas(64) T lanes[k_wide<T>];
  wide_store<T>(lanes, v);
  for (int j = 0; j < k_wide<T>; ++j) {
    if (j < count) to[j] = lanes[j];
  }
}
template <class T>
MYRIAD_INLINE Wide<T> wide_fill(T value) {
  return value - Wide<T>{};  // x - 0 is x for every x, also for -0
}

/// Largest of each lane; NaN in \p a is lost, NaN in \p b is kept.
template <class V>
MYRIAD_INLINE V wide_max(V a, V b) {
  return a > b ? a : b;
}
template <class V>
MYRIAD_INLINE V wide_min(V a, V b) {
  return a < b ? a : b;
}

/// Sum of all lanes, pairwise: halves are added until one lane is left.
template <class T>
MYRIAD_INLINE T wide_sum(Wide<T> v) {
  alignas(64) T lanes[k_wide<T>];
  wide_store<T>(lanes, v);
  for (int width = k_wide<T> / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; ++j) lanes[j] += lanes[j + width];
  }
  return lanes[0];
}

}  // namespace myriad::kernels::detail
