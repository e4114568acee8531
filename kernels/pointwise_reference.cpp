#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/pointwise.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::same_extents;

namespace {

/// Offset of the element with row-major number \p k; an extent of 1 is broadcast.
template <bool C>
std::int64_t offset_of(const BasicTensorView<C>& v, const TensorView& shape, std::int64_t k) {
  std::int64_t offset = 0;
  for (int d = shape.rank - 1; d >= 0; --d) {
    const std::int64_t i = k % shape.dim(d);
    k /= shape.dim(d);
    if (v.dim(d) != 1) offset += i * v.step(d);
  }
  return offset;
}

}  // namespace

void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  MYRIAD_KERNEL_EXPECT(same_extents(out, x));
  MYRIAD_KERNEL_EXPECT(b == 0.0 || same_extents(out, y));
  for (std::int64_t k = 0; k < out.size(); ++k) {
    double value = a * get(x, offset_of(x, out, k));
    if (b != 0.0) value += b * get(y, offset_of(y, out, k));
    put(out, offset_of(out, out, k), value);
  }
}

void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                    ConstTensorView shift, Update update) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x);
  MYRIAD_KERNEL_EXPECT(scale.empty() || is_vector(scale, x.channels));
  MYRIAD_KERNEL_EXPECT(shift.empty() || is_vector(shift, x.channels));
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      for (std::int64_t p = 0; p < x.points; ++p) {
        double value = get(in, b * in.step(0) + c * x.points + p);
        if (!scale.empty()) value *= get(scale, c);
        if (!shift.empty()) value += get(shift, c);
        const std::int64_t at = b * out.step(0) + c * x.points + p;
        update == Update::overwrite ? put(out, at, value) : add(out, at, value);
      }
    }
  }
}

void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(lower, x.channels));
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      for (std::int64_t p = 0; p < x.points; ++p) {
        const double value = get(in, b * in.step(0) + c * x.points + p);
        const double bound = get(lower, c);
        put(out, b * out.step(0) + c * x.points + p, value < bound ? bound : value);
      }
    }
  }
}

void copy(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.rank == in.rank);
  for (int d = 0; d < out.rank; ++d)
    MYRIAD_KERNEL_EXPECT(in.dim(d) == out.dim(d) || in.dim(d) == 1);
  for (std::int64_t k = 0; k < out.size(); ++k) {
    put(out, offset_of(out, out, k), get(in, offset_of(in, out, k)));
  }
}

void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && is_vector(bits, x.channels));
  const bool single = in.dtype == DType::f32;
  const int mantissa = single ? 23 : 52;
  // Denormals have the exponent of the smallest normal number.
  const int smallest = single ? std::numeric_limits<float>::min_exponent
                              : std::numeric_limits<double>::min_exponent;
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const int kept = std::min(static_cast<int>(get(bits, c)), mantissa);
      for (std::int64_t p = 0; p < x.points; ++p) {
        double value = get(in, b * in.step(0) + c * x.points + p);
        if (std::isfinite(value) && kept < mantissa) {
          int exponent = 0;
          std::frexp(value, &exponent);
          const int unit = std::max(exponent, smallest) - 1 - kept;
          value = std::ldexp(std::round(std::ldexp(value, -unit)), unit);
        }
        put(out, b * out.step(0) + c * x.points + p, value);
      }
    }
  }
}

void fill(TensorView out, double value) {
  for (std::int64_t k = 0; k < out.size(); ++k) put(out, offset_of(out, out, k), value);
}

}  // namespace myriad::kernels::reference
