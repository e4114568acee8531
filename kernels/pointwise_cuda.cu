#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/device_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/philox.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

using detail::channel_shape;
using detail::is_vector;
using detail::same_extents;

namespace {

/// Offsets of a view by row-major number over the first \p rank dimensions of \p shape; an extent of 1 is broadcast.
struct Offsets {
  Offsets(ConstTensorView v, ConstTensorView shape, int dimensions) : rank(dimensions) {
    for (int d = 0; d < rank; ++d) {
      extent[d] = shape.dim(d);
      stride[d] = v.dim(d) == 1 ? 0 : v.step(d);
    }
  }
  __device__ std::int64_t operator()(std::int64_t k) const {
    std::int64_t offset = 0;
    for (int d = rank - 1; d >= 0; --d) {
      offset += k % extent[d] * stride[d];
      k /= extent[d];
    }
    return offset;
  }
  int rank;
  std::int64_t extent[k_max_rank], stride[k_max_rank];
};

/// Call body(offset in out, offset in x, offset in y) for every element of \p out. Dimensions that are dense everywhere are one
/// row, within which offsets need no division.
template <class Body>
void for_each_offset(Device& device, ConstTensorView out, ConstTensorView x, ConstTensorView y, const Body& body) {
  const auto dense = [&](ConstTensorView v, int d) { return v.dim(d) == out.dim(d) && v.dense_from(d); };
  int split = out.rank;
  while (split > 0 && dense(out, split - 1) && dense(x, split - 1) && dense(y, split - 1)) --split;
  const std::int64_t inner = detail::size_from(out, split), size = out.size();
  if (size == 0) return;
  const bool long_rows = inner >= 32;
  const int outer = long_rows ? split : out.rank;
  const Offsets to(out, out, outer), from(x, out, outer), other(y, out, outer);
  if (!long_rows) {
    for_each(device, size, [=] __device__(std::int64_t k) { body(to(k), from(k), other(k)); });
    return;
  }
  for_each_in_rows(device, size / inner, inner, [=] __device__(std::int64_t row, std::int64_t j) {
    body(to(row) + j, from(row) + j, other(row) + j);
  });
}

template <class T>
void combine(Device& device, TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  const bool two = b != 0.0;
  T* const z = out.as<T>();
  const T* const p = x.as<T>();
  const T* const q = two ? y.as<T>() : p;
  const auto alpha = static_cast<Wide<T>>(a), beta = static_cast<Wide<T>>(b);
  for_each_offset(device, out, x, two ? y : x, [=] __device__(std::int64_t to, std::int64_t from, std::int64_t other) {
    Wide<T> value = alpha * widen(p[from]);
    if (two) value += beta * widen(q[other]);
    z[to] = narrow<T>(value);
  });
}

template <class T>
void affine(Device& device, TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift, bool accumulate) {
  const auto s = channel_shape(in);
  const std::int64_t channels = s.channels, points = s.points, in_stride = in.step(0), out_stride = out.step(0);
  const T* const x = in.as<T>();
  const T* const factor = scale.as<T>();
  const T* const offset = shift.as<T>();
  T* const y = out.as<T>();
  for_each(device, s.batch * channels * points, [=] __device__(std::int64_t k) {
    const std::int64_t b = k / points / channels, c = k / points % channels, at = c * points + k % points;
    T value = x[b * in_stride + at];
    if (factor != nullptr) value *= factor[c];
    if (offset != nullptr) value += offset[c];
    T& target = y[b * out_stride + at];
    target = accumulate ? target + value : value;
  });
}

template <class T>
void clamp(Device& device, TensorView out, ConstTensorView in, ConstTensorView lower) {
  const auto s = channel_shape(in);
  const std::int64_t channels = s.channels, points = s.points, in_stride = in.step(0), out_stride = out.step(0);
  const T* const x = in.as<T>();
  const T* const bound = lower.as<T>();
  T* const y = out.as<T>();
  for_each(device, s.batch * channels * points, [=] __device__(std::int64_t k) {
    const std::int64_t b = k / points / channels, c = k / points % channels, at = c * points + k % points;
    const T value = x[b * in_stride + at];
    y[b * out_stride + at] = value < bound[c] ? bound[c] : value;
  });
}

template <class To, class From>
void convert(Device& device, TensorView out, ConstTensorView in) {
  To* const y = out.as<To>();
  const From* const x = in.as<From>();
  for_each_offset(device, out, in, in, [=] __device__(std::int64_t to, std::int64_t from, std::int64_t) {
    y[to] = narrow<To>(widen(x[from]));
  });
}

template <class T>
void round_to_bits(Device& device, TensorView out, ConstTensorView in, ConstTensorView bits) {
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const auto s = channel_shape(in);
  const std::int64_t channels = s.channels, points = s.points, in_stride = in.step(0), out_stride = out.step(0);
  const int mantissa = std::numeric_limits<T>::digits - 1;
  const T* const x = in.as<T>();
  const T* const kept = bits.as<T>();
  T* const y = out.as<T>();
  for_each(device, s.batch * channels * points, [=] __device__(std::int64_t k) {
    const std::int64_t b = k / points / channels, c = k / points % channels, at = c * points + k % points;
    const int dropped = kept[c] < T(mantissa) ? mantissa - static_cast<int>(kept[c]) : 0;
    const Word unit = Word{1} << dropped;
    const T value = x[b * in_stride + at];
    const bool finite = value - value == T(0);
    const Word word = std::bit_cast<Word>(value);
    y[b * out_stride + at] = finite ? std::bit_cast<T>((word + (unit >> 1)) & ~(unit - 1)) : value;
  });
}

template <class T>
void set(Device& device, TensorView out, double value) {
  T* const y = out.as<T>();
  const T constant = narrow<T>(value);
  for_each_offset(device, out, out, out, [=] __device__(std::int64_t to, std::int64_t, std::int64_t) { y[to] = constant; });
}

/// Call body with a value of the element type.
template <class Body>
void with_element(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::f64:
      return body(double{});
    case DType::bf16:
      return body(Bf16{});
    case DType::f16:
      return body(F16{});
    case DType::f32:
    case DType::tf32:
      return body(float{});
  }
}

template <class T>
void adamw_step(Device& device, TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient, AdamwStep step) {
  T* const p = parameter.as<T>();
  T* const first = m.as<T>();
  T* const second = v.as<T>();
  const T* const g = gradient.as<T>();
  const double t = static_cast<double>(step.step);
  const double correction1 = step.bias_correction ? 1.0 - std::pow(step.beta1, t) : 1.0;
  const double correction2 = step.bias_correction ? 1.0 - std::pow(step.beta2, t) : 1.0;
  for_each(device, parameter.size(), [=] __device__(std::int64_t k) {
    const double d = step.gradient_scale * static_cast<double>(g[k]);
    const double m1 = step.beta1 * static_cast<double>(first[k]) + (1.0 - step.beta1) * d;
    const double m2 = step.beta2 * static_cast<double>(second[k]) + (1.0 - step.beta2) * d * d;
    const double direction = (m1 / correction1) / (sqrt(m2 / correction2) + step.epsilon);
    const double value = static_cast<double>(p[k]);
    first[k] = static_cast<T>(m1);
    second[k] = static_cast<T>(m2);
    p[k] = static_cast<T>(value - step.learning_rate * step.weight_decay * value - step.learning_rate * direction);
  });
}

template <class T>
void normal(Device& device, TensorView out, const RandomStream& stream, std::span<const std::uint32_t> members) {
  const std::int64_t count = detail::size_from(out, 1), blocks = (count + 3) / 4, stride = out.step(0);
  auto* const member = device.array<std::uint32_t>(Device::k_first, out.dim(0));
  device.copy_in(member, members.data(), out.dim(0) * static_cast<std::int64_t>(sizeof(std::uint32_t)));
  T* const y = out.as<T>();
  const RandomStream s = stream;
  for_each(device, out.dim(0) * blocks, [=] __device__(std::int64_t k) {
    const std::int64_t b = k / blocks, block = k % blocks;
    std::uint32_t w[4] = {static_cast<std::uint32_t>(block), s.step, member[b], s.stream};
    philox(w, s.seed);
    for (int pair = 0; pair < 2; ++pair) {
      const double radius = sqrt(-2.0 * log((w[2 * pair] + 0.5) * 0x1p-32));
      const double angle = 6.283185307179586476925 * ((w[2 * pair + 1] + 0.5) * 0x1p-32);
      const std::int64_t at = 4 * block + 2 * pair;
      if (at < count) y[b * stride + at] = static_cast<T>(radius * cos(angle));
      if (at + 1 < count) y[b * stride + at + 1] = static_cast<T>(radius * sin(angle));
    }
  });
}

}  // namespace

void axpby(Device& device, TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  MYRIAD_KERNEL_EXPECT(same_extents(out, x));
  MYRIAD_KERNEL_EXPECT(b == 0.0 || same_extents(out, y));
  switch (out.dtype) {
    case DType::f64:
      return combine<double>(device, out, a, x, b, y);
    case DType::bf16:
      return combine<Bf16>(device, out, a, x, b, y);
    case DType::f16:
      return combine<F16>(device, out, a, x, b, y);
    default:
      return combine<float>(device, out, a, x, b, y);
  }
}

void channel_affine(Device& device, TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift,
                    Update update) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x);
  MYRIAD_KERNEL_EXPECT(scale.empty() || is_vector(scale, x.channels));
  MYRIAD_KERNEL_EXPECT(shift.empty() || is_vector(shift, x.channels));
  const bool accumulate = update == Update::accumulate;
  in.dtype == DType::f32 ? affine<float>(device, out, in, scale, shift, accumulate)
                         : affine<double>(device, out, in, scale, shift, accumulate);
}

void clamp_below(Device& device, TensorView out, ConstTensorView in, ConstTensorView lower) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(lower, x.channels));
  in.dtype == DType::f32 ? clamp<float>(device, out, in, lower) : clamp<double>(device, out, in, lower);
}

void copy(Device& device, TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.rank == in.rank);
  for (int d = 0; d < out.rank; ++d) MYRIAD_KERNEL_EXPECT(in.dim(d) == out.dim(d) || in.dim(d) == 1);
  with_element(out.dtype, [&](auto to) {
    with_element(in.dtype, [&](auto from) { convert<decltype(to), decltype(from)>(device, out, in); });
  });
}

void bitround(Device& device, TensorView out, ConstTensorView in, ConstTensorView bits) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(bits, x.channels));
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && bits.dtype == in.dtype);
  in.dtype == DType::f32 ? round_to_bits<float>(device, out, in, bits) : round_to_bits<double>(device, out, in, bits);
}

void fill(Device& device, TensorView out, double value) {
  with_element(out.dtype, [&](auto element) { set<decltype(element)>(device, out, value); });
}

void adamw(Device& device, TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
           const AdamwStep& step) {
  const std::int64_t size = parameter.size();
  MYRIAD_KERNEL_EXPECT(is_vector(parameter, size) && is_vector(m, size) && is_vector(v, size));
  MYRIAD_KERNEL_EXPECT(is_vector(gradient, size) && step.step >= 1);
  parameter.dtype == DType::f32 ? adamw_step<float>(device, parameter, m, v, gradient, step)
                                : adamw_step<double>(device, parameter, m, v, gradient, step);
}

void fill_normal(Device& device, TensorView out, const RandomStream& stream, std::span<const std::uint32_t> members) {
  MYRIAD_KERNEL_EXPECT(out.rank >= 1 && out.dense_from(1));
  MYRIAD_KERNEL_EXPECT(static_cast<std::int64_t>(members.size()) == out.dim(0));
  MYRIAD_KERNEL_EXPECT(detail::size_from(out, 1) <= (std::int64_t{1} << 34));
  out.dtype == DType::f32 ? normal<float>(device, out, stream, members) : normal<double>(device, out, stream, members);
}

}  // namespace myriad::kernels::cuda
