#pragma once
/// \file
/// Vectors of the compiler's own vector extension, as wide as the target's registers. Private to
/// kernels/.
///
/// Arithmetic is lane by lane, so a value's bits do not depend on the lane it sits in nor on the
/// width.

#include <cstdint>

namespace myriad::kernels::detail {

#if defined(__AVX512F__)
inline constexpr int k_vector_bytes = 64;
/// Rows of a register block: rows x 2 accumulators must fit beside two operands in the register
/// file.
inline constexpr int k_block_rows = 8;
#elif defined(__AVX__)
inline constexpr int k_vector_bytes = 32;
inline constexpr int k_block_rows = 4;
#else
inline constexpr int k_vector_bytes = 16;
inline constexpr int k_block_rows = 4;
#endif

template <class T>
struct Simd;

template <>
struct Simd<float> {
  using Vector [[gnu::vector_size(k_vector_bytes)]] = float;
  using Unaligned [[gnu::vector_size(k_vector_bytes), gnu::aligned(4), gnu::may_alias]] = float;
  using Index [[gnu::vector_size(k_vector_bytes)]] = std::int32_t;
  static constexpr int lanes = k_vector_bytes / 4;
};

template <>
struct Simd<double> {
  using Vector [[gnu::vector_size(k_vector_bytes)]] = double;
  using Unaligned [[gnu::vector_size(k_vector_bytes), gnu::aligned(8), gnu::may_alias]] = double;
  using Index [[gnu::vector_size(k_vector_bytes)]] = std::int64_t;
  static constexpr int lanes = k_vector_bytes / 8;
};

template <class T>
using Vector = typename Simd<T>::Vector;

template <class T>
inline constexpr int k_lanes = Simd<T>::lanes;

template <class T>
[[gnu::always_inline]] inline Vector<T> load(const T* from) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(from);
}

template <class T>
[[gnu::always_inline]] inline void store(T* to, Vector<T> v) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(to) = v;
}

/// k_lanes<double> values as doubles.
[[gnu::always_inline]] inline Vector<double> load_widened(const double* from) { return load(from); }
[[gnu::always_inline]] inline Vector<double> load_widened(const float* from) {
  using Half [[gnu::vector_size(k_vector_bytes / 2), gnu::aligned(4), gnu::may_alias]] = float;
  return __builtin_convertvector(*reinterpret_cast<const Half*>(from), Vector<double>);
}

/// |v|, also of -0.
[[gnu::always_inline]] inline Vector<double> magnitude(Vector<double> v) {
  using Words [[gnu::vector_size(k_vector_bytes)]] = std::int64_t;
  return reinterpret_cast<Vector<double>>(reinterpret_cast<Words>(v) & std::int64_t{0x7fffffffffffffff});
}

template <class T>
[[gnu::always_inline]] inline Vector<T> broadcast(T value) {
  return value - Vector<T>{};  // x - 0 is x for every x, also for -0
}

}  // namespace myriad::kernels::detail
