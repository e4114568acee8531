#include "kernels/pointwise.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "kernels/compat.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::same_extents;

namespace {

constexpr std::int64_t k_tile = 8192;

/// A loop nest over up to k_max_rank dimensions with N operands; the last dimension is the
/// innermost loop. Operand 0 is the output. Neighbouring dimensions that are contiguous for all
/// operands are joined, so that dense tensors become one long loop.
template <int N>
struct Nest {
  int rank = 0;
  std::array<std::int64_t, k_max_rank> extent{};
  std::array<std::array<std::int64_t, k_max_rank>, N> stride{};

  void push(std::int64_t n, const std::array<std::int64_t, N>& steps) {
    if (n == 1) return;
    if (rank > 0) {
      bool joins = true;
      for (int k = 0; k < N; ++k)
        joins = joins && at(k, rank - 1) == steps[static_cast<std::size_t>(k)] * n;
      if (joins) {
        extent[static_cast<std::size_t>(rank - 1)] *= n;
        for (int k = 0; k < N; ++k) at(k, rank - 1) = steps[static_cast<std::size_t>(k)];
        return;
      }
    }
    extent[static_cast<std::size_t>(rank)] = n;
    for (int k = 0; k < N; ++k) at(k, rank) = steps[static_cast<std::size_t>(k)];
    ++rank;
  }

  std::int64_t& at(int operand, int d) {
    return stride[static_cast<std::size_t>(operand)][static_cast<std::size_t>(d)];
  }
  std::int64_t at(int operand, int d) const {
    return stride[static_cast<std::size_t>(operand)][static_cast<std::size_t>(d)];
  }

  /// Length of the innermost loop and number of times it runs.
  std::int64_t inner() const { return rank == 0 ? 1 : extent[static_cast<std::size_t>(rank - 1)]; }
  std::int64_t outer() const {
    std::int64_t n = 1;
    for (int d = 0; d + 1 < rank; ++d) n *= extent[static_cast<std::size_t>(d)];
    return n;
  }
  std::int64_t step(int operand) const { return rank == 0 ? 1 : at(operand, rank - 1); }
  /// Offset of operand \p k in run \p index of the innermost loop.
  std::int64_t offset(int k, std::int64_t index) const {
    std::int64_t sum = 0;
    for (int d = rank - 2; d >= 0; --d) {
      const std::int64_t n = extent[static_cast<std::size_t>(d)];
      sum += index % n * at(k, d);
      index /= n;
    }
    return sum;
  }
};

template <int N>
Nest<N> make_nest(const TensorView& out, const std::array<const ConstTensorView*, N - 1>& in) {
  Nest<N> nest;
  for (int d = 0; d < out.rank; ++d) {
    std::array<std::int64_t, N> steps{};
    steps[0] = out.step(d);
    for (std::size_t k = 0; k + 1 < N; ++k) steps[k + 1] = in[k]->dim(d) == 1 ? 0 : in[k]->step(d);
    nest.push(out.dim(d), steps);
  }
  return nest;
}

/// Runs body(offsets, count) over the pieces of the innermost loop.
template <int N, class Body>
void run_nest(const char* label, const Nest<N>& nest, const Body& body) {
  const std::int64_t inner = nest.inner();
  const std::int64_t tiles = (inner + k_tile - 1) / k_tile;
  detail::launch(label, nest.outer() * tiles, [=](std::int64_t item) {
    const std::int64_t begin = item % tiles * k_tile;
    std::array<std::int64_t, N> offset{};
    for (int k = 0; k < N; ++k) {
      offset[static_cast<std::size_t>(k)] = nest.offset(k, item / tiles) + begin * nest.step(k);
    }
    body(offset, std::min(k_tile, inner - begin));
  });
}

template <class T>
void run_axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  const T alpha = static_cast<T>(a), beta = static_cast<T>(b);
  T* po = out.as<T>();
  const T* px = x.as<T>();
  const T* py = y.as<T>();
  if (b == 0.0) {
    const Nest<2> nest = make_nest<2>(out, {&x});
    const std::int64_t so = nest.step(0), sx = nest.step(1);
    run_nest("axpby", nest, [=](const std::array<std::int64_t, 2>& at, std::int64_t count) {
      T* o = po + at[0];
      const T* u = px + at[1];
      if (so == 1 && sx == 1) {
#pragma GCC ivdep
        for (std::int64_t k = 0; k < count; ++k) o[k] = alpha * u[k];
      } else {
        for (std::int64_t k = 0; k < count; ++k) o[k * so] = alpha * u[k * sx];
      }
    });
    return;
  }
  const Nest<3> nest = make_nest<3>(out, {&x, &y});
  const std::int64_t so = nest.step(0), sx = nest.step(1), sy = nest.step(2);
  run_nest("axpby", nest, [=](const std::array<std::int64_t, 3>& at, std::int64_t count) {
    T* o = po + at[0];
    const T* u = px + at[1];
    const T* v = py + at[2];
    if (so == 1 && sx == 1 && sy == 1) {
      // In place allowed: an element is read before it is written, and equal pointers carry no
      // dependence.
#pragma GCC ivdep
      for (std::int64_t k = 0; k < count; ++k) o[k] = alpha * u[k] + beta * v[k];
    } else {
      for (std::int64_t k = 0; k < count; ++k) o[k * so] = alpha * u[k * sx] + beta * v[k * sy];
    }
  });
}

/// Runs row(out, in, channel) for each (batch, channel) row of equal shapes.
template <class T, class Row>
void run_rows(const char* label, TensorView out, ConstTensorView in, const Row& row) {
  const auto x = channel_shape(in);
  T* po = out.as<T>();
  const T* pi = in.as<T>();
  const std::int64_t so = out.step(0), si = in.step(0);
  detail::launch(label, x.batch * x.channels, [=](std::int64_t item) {
    const std::int64_t b = item / x.channels, c = item % x.channels;
    row(po + b * so + c * x.points, pi + b * si + c * x.points, c, x.points);
  });
}

template <class T>
void run_channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                        ConstTensorView shift, Update update) {
  const T* ps = scale.as<T>();
  const T* pt = shift.as<T>();
  run_rows<T>("channel_affine", out, in,
              [=](T* o, const T* x, std::int64_t c, std::int64_t points) {
                const T s = ps == nullptr ? T{1} : ps[c];
                const T t = pt == nullptr ? T{0} : pt[c];
                if (update == Update::overwrite) {
#pragma GCC ivdep
                  for (std::int64_t p = 0; p < points; ++p) o[p] = s * x[p] + t;
                } else {
#pragma GCC ivdep
                  for (std::int64_t p = 0; p < points; ++p) o[p] += s * x[p] + t;
                }
              });
}

template <class T>
void run_clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) {
  const T* pl = lower.as<T>();
  run_rows<T>("clamp_below", out, in, [=](T* o, const T* x, std::int64_t c, std::int64_t points) {
    const T bound = pl[c];
    // Written so that NaN passes: a bad value must stay visible.
#pragma GCC ivdep
    for (std::int64_t p = 0; p < points; ++p) o[p] = x[p] < bound ? bound : x[p];
  });
}

template <class To, class From>
void run_copy(TensorView out, ConstTensorView in) {
  To* po = out.as<To>();
  const From* pi = in.as<From>();
  const Nest<2> nest = make_nest<2>(out, {&in});
  const std::int64_t so = nest.step(0), si = nest.step(1);
  run_nest("copy", nest, [=](const std::array<std::int64_t, 2>& at, std::int64_t count) {
    To* __restrict__ o = po + at[0];
    const From* __restrict__ x = pi + at[1];
    if (so == 1 && si == 1) {
      for (std::int64_t k = 0; k < count; ++k) o[k] = static_cast<To>(x[k]);
    } else if (so == 1 && si == 0) {
      const To value = static_cast<To>(x[0]);
      for (std::int64_t k = 0; k < count; ++k) o[k] = value;
    } else {
      for (std::int64_t k = 0; k < count; ++k) o[k * so] = static_cast<To>(x[k * si]);
    }
  });
}

template <class T>
void run_bitround(TensorView out, ConstTensorView in, ConstTensorView bits) {
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr int mantissa = std::numeric_limits<T>::digits - 1;
  const T* pb = bits.as<T>();
  run_rows<T>("bitround", out, in, [=](T* o, const T* x, std::int64_t c, std::int64_t points) {
    const Word dropped = static_cast<Word>(mantissa - std::min(static_cast<int>(pb[c]), mantissa));
    const Word half = (Word{1} << dropped) >> 1;
    const Word keep = ~((Word{1} << dropped) - 1);
#pragma GCC ivdep
    for (std::int64_t p = 0; p < points; ++p) {
      // x - x is 0 for finite x and NaN otherwise.
      const bool finite = x[p] - x[p] == T{0};
      const Word word = std::bit_cast<Word>(x[p]);
      o[p] = std::bit_cast<T>(finite ? (word + half) & keep : word);
    }
  });
}

template <class T>
void run_fill(TensorView out, double value) {
  T* po = out.as<T>();
  const T v = static_cast<T>(value);
  const Nest<1> nest = make_nest<1>(out, {});
  const std::int64_t so = nest.step(0);
  run_nest("fill", nest, [=](const std::array<std::int64_t, 1>& at, std::int64_t count) {
    T* o = po + at[0];
    for (std::int64_t k = 0; k < count; ++k) o[k * so] = v;
  });
}

}  // namespace

void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  MYRIAD_KERNEL_EXPECT(same_extents(out, x) && out.dtype == x.dtype);
  MYRIAD_KERNEL_EXPECT(b == 0.0 || (same_extents(out, y) && out.dtype == y.dtype));
  out.dtype == DType::f32 ? run_axpby<float>(out, a, x, b, y) : run_axpby<double>(out, a, x, b, y);
}

void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                    ConstTensorView shift, Update update) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(scale.empty() || (is_vector(scale, x.channels) && scale.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(shift.empty() || (is_vector(shift, x.channels) && shift.dtype == in.dtype));
  in.dtype == DType::f32 ? run_channel_affine<float>(out, in, scale, shift, update)
                         : run_channel_affine<double>(out, in, scale, shift, update);
}

void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(lower, x.channels));
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && lower.dtype == in.dtype);
  in.dtype == DType::f32 ? run_clamp_below<float>(out, in, lower)
                         : run_clamp_below<double>(out, in, lower);
}

void copy(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.rank == in.rank);
  for (int d = 0; d < out.rank; ++d)
    MYRIAD_KERNEL_EXPECT(in.dim(d) == out.dim(d) || in.dim(d) == 1);
  if (out.dtype == DType::f32) {
    in.dtype == DType::f32 ? run_copy<float, float>(out, in) : run_copy<float, double>(out, in);
  } else {
    in.dtype == DType::f32 ? run_copy<double, float>(out, in) : run_copy<double, double>(out, in);
  }
}

void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(bits, x.channels));
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && bits.dtype == in.dtype);
  in.dtype == DType::f32 ? run_bitround<float>(out, in, bits) : run_bitround<double>(out, in, bits);
}

void fill(TensorView out, double value) {
  out.dtype == DType::f32 ? run_fill<float>(out, value) : run_fill<double>(out, value);
}

}  // namespace myriad::kernels::kokkos
