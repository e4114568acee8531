#pragma once
/// \file
/// Vectors of 64 bytes on every host, for loops whose sums must not depend on the register width:
/// the number of lanes is part of the result's definition. Private to kernels/.
///
/// Where registers are shorter a Wide is a pair of halves, down to the register. (The compiler's own
/// vectors of 64 bytes would do, but GCC keeps those in memory where no register holds them, ten
/// times slower.)

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/simd.hpp"

namespace myriad::kernels::detail {

#define MYRIAD_INLINE [[gnu::always_inline]] inline

/// Two vectors that act as one: low holds the first half of the lanes.
template <class T, class Half>
struct WidePair {
  Half low, high;

  MYRIAD_INLINE WidePair operator-() const { return {-low, -high}; }
  MYRIAD_INLINE WidePair& operator+=(WidePair b) { return *this = *this + b; }
  MYRIAD_INLINE WidePair& operator+=(T b) { return *this = *this + b; }

#define MYRIAD_WIDE_OPERATOR(op)                                      \
  MYRIAD_INLINE friend WidePair operator op(WidePair a, WidePair b) { \
    return {a.low op b.low, a.high op b.high};                        \
  }                                                                   \
  MYRIAD_INLINE friend WidePair operator op(WidePair a, T b) {        \
    return {a.low op b, a.high op b};                                 \
  }                                                                   \
  MYRIAD_INLINE friend WidePair operator op(T a, WidePair b) {        \
    return {a op b.low, a op b.high};                                 \
  }
  MYRIAD_WIDE_OPERATOR(+)
  MYRIAD_WIDE_OPERATOR(-)
  MYRIAD_WIDE_OPERATOR(*)
  MYRIAD_WIDE_OPERATOR(/)
#undef MYRIAD_WIDE_OPERATOR
};

template <class T, int Bytes>
struct WideTypes {
  using Type = WidePair<T, typename WideTypes<T, Bytes / 2>::Type>;
};
template <class T>
struct WideTypes<T, k_vector_bytes> {
  using Type = Vector<T>;
};

template <class T>
using Wide = typename WideTypes<T, 64>::Type;

/// Lanes of a Wide: 16 floats or 8 doubles.
template <class T>
inline constexpr int k_wide = static_cast<int>(64 / sizeof(T));

template <class V>
inline constexpr bool k_is_pair = false;
template <class T, class Half>
inline constexpr bool k_is_pair<WidePair<T, Half>> = true;

/// f(vector, ...) of each register of the arguments.
template <class F, class V, class... Rest>
MYRIAD_INLINE V wide_apply(const F& f, V first, Rest... rest) {
  if constexpr (k_is_pair<V>) {
    return {wide_apply(f, first.low, rest.low...), wide_apply(f, first.high, rest.high...)};
  } else {
    return f(first, rest...);
  }
}

namespace wide_parts {

template <class V, class T>
MYRIAD_INLINE V load_lanes(const T* from) {
  if constexpr (k_is_pair<V>) {
    using Half = decltype(V::low);
    constexpr std::size_t half = sizeof(Half) / sizeof(T);
    return {load_lanes<Half>(from), load_lanes<Half>(from + half)};
  } else {
    return load(from);
  }
}
template <class V, class T>
MYRIAD_INLINE void store_lanes(T* to, V v) {
  if constexpr (k_is_pair<V>) {
    store_lanes(to, v.low);
    store_lanes(to + sizeof(v.low) / sizeof(T), v.high);
  } else {
    store(to, v);
  }
}

}  // namespace wide_parts

template <class T>
MYRIAD_INLINE Wide<T> wide_load(const T* from) {
  return wide_parts::load_lanes<Wide<T>>(from);
}
template <class T>
MYRIAD_INLINE void wide_store(T* to, Wide<T> v) {
  wide_parts::store_lanes(to, v);
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

/// f(lane, ...) of every lane of the arguments, one by one.
template <class T, class F, class... V>
MYRIAD_INLINE Wide<T> wide_each(const F& f, V... v) {
  alignas(64) T lanes[sizeof...(V)][k_wide<T>];
  int at = 0;
  (wide_store<T>(lanes[at++], v), ...);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    for (int j = 0; j < k_wide<T>; ++j) lanes[0][j] = f(lanes[I][j]...);
  }(std::index_sequence_for<V...>{});
  return wide_load<T>(lanes[0]);
}

/// \p x in the lanes where a < b, else \p y.
template <class V>
MYRIAD_INLINE V wide_if_less(V a, V b, V x, V y) {
  return wide_apply([](auto p, auto q, auto u, auto v) { return p < q ? u : v; }, a, b, x, y);
}

/// Largest of each lane; NaN in \p a is lost, NaN in \p b is kept.
template <class V>
MYRIAD_INLINE V wide_max(V a, V b) {
  return wide_apply([](auto p, auto q) { return p > q ? p : q; }, a, b);
}
template <class V>
MYRIAD_INLINE V wide_min(V a, V b) {
  return wide_apply([](auto p, auto q) { return p < q ? p : q; }, a, b);
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

namespace wide_parts {

/// Lane k of the result is lane rule(k, lanes) of the lanes of \p a followed by those of \p b.
template <class V, class Rule, int... K>
MYRIAD_INLINE V shuffle(V a, V b, Rule rule, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, rule(K, static_cast<int>(sizeof...(K)))...);
}
template <class V, class Rule>
MYRIAD_INLINE V shuffle(V a, V b, Rule rule) {
  return shuffle(a, b, rule, std::make_integer_sequence<int, sizeof(V) / sizeof(a[0])>{});
}

}  // namespace wide_parts

/// a_0 + a_1, a_2 + a_3, ..., then those of b.
template <class V>
MYRIAD_INLINE V wide_add_neighbours(V a, V b) {
  if constexpr (k_is_pair<V>) {
    return {wide_add_neighbours(a.low, a.high), wide_add_neighbours(b.low, b.high)};
  } else {
    return wide_parts::shuffle(a, b, [](int k, int) { return 2 * k; }) +
           wide_parts::shuffle(a, b, [](int k, int) { return 2 * k + 1; });
  }
}

/// First half of a_0, b_0, a_1, b_1, ...
template <class V>
MYRIAD_INLINE V wide_interleave_low(V a, V b);
/// Second half of a_0, b_0, a_1, b_1, ...
template <class V>
MYRIAD_INLINE V wide_interleave_high(V a, V b) {
  if constexpr (k_is_pair<V>) {
    return {wide_interleave_low(a.high, b.high), wide_interleave_high(a.high, b.high)};
  } else {
    return wide_parts::shuffle(a, b, [](int k, int n) { return (n + k) / 2 + k % 2 * n; });
  }
}
template <class V>
MYRIAD_INLINE V wide_interleave_low(V a, V b) {
  if constexpr (k_is_pair<V>) {
    return {wide_interleave_low(a.low, b.low), wide_interleave_high(a.low, b.low)};
  } else {
    return wide_parts::shuffle(a, b, [](int k, int n) { return k / 2 + k % 2 * n; });
  }
}

/// a_1, a_0, a_3, a_2, ...
template <class V>
MYRIAD_INLINE V wide_swap_neighbours(V a) {
  return wide_apply(
      [](auto v) { return wide_parts::shuffle(v, v, [](int k, int) { return k ^ 1; }); }, a);
}

}  // namespace myriad::kernels::detail
