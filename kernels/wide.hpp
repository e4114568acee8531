#pragma once
/// \file
/// Vectors of 64 bytes on every host, for loops whose sums must not depend on the register width:
/// the number of lanes is part of the result's definition. Private to kernels/.

#include <cstdint>
#include <cstring>
#include <type_traits>
#if defined(__AVX__) && !defined(__AVX512F__)
#include <immintrin.h>
#endif

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

#if defined(__AVX__) && !defined(__AVX512F__)
// GCC 12 takes minima and choices between lanes of a vector that is longer than the machine's apart
// lane by lane, with branches, 10 to 50 times slower. Halves that fit the registers go through
// memory instead, which is cheap.
MYRIAD_INLINE __m256 half_min(__m256 a, __m256 b) {
  return _mm256_min_ps(a, b);
}
MYRIAD_INLINE __m256d half_min(__m256d a, __m256d b) {
  return _mm256_min_pd(a, b);
}
MYRIAD_INLINE __m256 half_max(__m256 a, __m256 b) {
  return _mm256_max_ps(a, b);
}
MYRIAD_INLINE __m256d half_max(__m256d a, __m256d b) {
  return _mm256_max_pd(a, b);
}
MYRIAD_INLINE __m256 half_if_less(__m256 a, __m256 b, __m256 x, __m256 y) {
  return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
MYRIAD_INLINE __m256d half_if_less(__m256d a, __m256d b, __m256d x, __m256d y) {
  return _mm256_blendv_pd(y, x, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
}

template <class T>
struct HalfTypes;
template <>
struct HalfTypes<float> {
  using Type = __m256;
};
template <>
struct HalfTypes<double> {
  using Type = __m256d;
};

/// A Wide as two vectors of the machine.
template <class T>
struct Halves {
  using Half = typename HalfTypes<T>::Type;
  Half part[2];
  MYRIAD_INLINE explicit Halves(Wide<T> v) {
    alignas(64) T lanes[k_wide<T>];
    wide_store<T>(lanes, v);
    std::memcpy(part, lanes, sizeof(part));
  }
  MYRIAD_INLINE Wide<T> whole() const {
    alignas(64) T lanes[k_wide<T>];
    std::memcpy(lanes, part, sizeof(part));
    return wide_load<T>(lanes);
  }
};
#endif

/// \p x in the lanes where a < b, else \p y.
template <class T>
MYRIAD_INLINE Wide<T> wide_if_less(Wide<T> a, Wide<T> b, Wide<T> x, Wide<T> y) {
#if defined(__AVX__) && !defined(__AVX512F__)
  const Halves<T> p(a), q(b), v(y);
  Halves<T> u(x);
  for (int h = 0; h < 2; ++h) u.part[h] = half_if_less(p.part[h], q.part[h], u.part[h], v.part[h]);
  return u.whole();
#else
  return a < b ? x : y;
#endif
}

/// Largest of each lane; NaN in \p a is lost, NaN in \p b is kept.
template <class V>
MYRIAD_INLINE V wide_max(V a, V b) {
#if defined(__AVX__) && !defined(__AVX512F__)
  using T = std::remove_cvref_t<decltype(a[0])>;
  Halves<T> p(a);
  const Halves<T> q(b);
  for (int h = 0; h < 2; ++h) p.part[h] = half_max(p.part[h], q.part[h]);
  return p.whole();
#else
  return a > b ? a : b;
#endif
}
template <class V>
MYRIAD_INLINE V wide_min(V a, V b) {
#if defined(__AVX__) && !defined(__AVX512F__)
  using T = std::remove_cvref_t<decltype(a[0])>;
  Halves<T> p(a);
  const Halves<T> q(b);
  for (int h = 0; h < 2; ++h) p.part[h] = half_min(p.part[h], q.part[h]);
  return p.whole();
#else
  return a < b ? a : b;
#endif
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
