#include <cmath>

#include "kernels/reductions.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::channel_shape;
using kernels::detail::is_vector;

void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                            ConstTensorView row_weight) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && b.rank == 4 && channel_shape(b) == x);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(out, x.batch * x.channels) && is_vector(row_weight, a.dim(2)));
  const std::int64_t nlat = a.dim(2), nlon = a.dim(3);
  for (std::int64_t n = 0; n < x.batch; ++n) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < nlat; ++k) {
        double row = 0.0;
        for (std::int64_t j = 0; j < nlon; ++j) {
          const std::int64_t p = (c * nlat + k) * nlon + j;
          const double d = get(a, n * a.step(0) + p) - get(b, n * b.step(0) + p);
          row += d * d;
        }
        sum += get(row_weight, k) * row / static_cast<double>(nlon);
      }
      put(out, n * x.channels + c, sum);
    }
  }
}

void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient,
                                    Update update) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && channel_shape(b) == x && channel_shape(grad_a) == x);
  MYRIAD_KERNEL_EXPECT(coefficient.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(coefficient, x.batch * x.channels) &&
                       is_vector(row_weight, a.dim(2)));
  const std::int64_t nlat = a.dim(2), nlon = a.dim(3);
  for (std::int64_t n = 0; n < x.batch; ++n) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      for (std::int64_t k = 0; k < nlat; ++k) {
        const double factor = 2.0 * get(coefficient, n * x.channels + c) * get(row_weight, k) /
                              static_cast<double>(nlon);
        for (std::int64_t j = 0; j < nlon; ++j) {
          const std::int64_t p = (c * nlat + k) * nlon + j;
          const double d = factor * (get(a, n * a.step(0) + p) - get(b, n * b.step(0) + p));
          const std::int64_t at = n * grad_a.step(0) + p;
          update == Update::overwrite ? put(grad_a, at, d) : add(grad_a, at, d);
        }
      }
    }
  }
}

double sum_of_squares(ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  double sum = 0.0;
  for (std::int64_t k = 0; k < in.size(); ++k) sum += get(in, k) * get(in, k);
  return sum;
}

std::int64_t count_nonfinite(ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  std::int64_t count = 0;
  for (std::int64_t k = 0; k < in.size(); ++k) count += std::isfinite(get(in, k)) ? 0 : 1;
  return count;
}

void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && is_vector(out, x.batch * x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(low, x.channels) && is_vector(high, x.channels));
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      double first = -1.0;
      for (std::int64_t p = 0; p < x.points && first < 0.0; ++p) {
        const double value = get(in, b * in.step(0) + c * x.points + p);
        if (!std::isfinite(value) || value < get(low, c) || value > get(high, c)) {
          first = static_cast<double>(p);
        }
      }
      put(out, b * x.channels + c, first);
    }
  }
}

}  // namespace myriad::kernels::reference
