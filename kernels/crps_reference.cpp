#include <cmath>

#include "kernels/crps.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::is_vector;

namespace {

void check_shapes(ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
                  ConstTensorView per_channel) {
  MYRIAD_KERNEL_EXPECT(members.rank == 5 && truth.rank == 4);
  MYRIAD_KERNEL_EXPECT(members.dense_from(2) && truth.dense_from(1));
  for (int d = 0; d < 4; ++d) MYRIAD_KERNEL_EXPECT(members.dim(d + 1) == truth.dim(d));
  MYRIAD_KERNEL_EXPECT(per_channel.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(per_channel, truth.dim(0) * truth.dim(1)));
  MYRIAD_KERNEL_EXPECT(is_vector(row_weight, truth.dim(2)));
}

double sign(double x) {
  return x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : 0.0);
}

}  // namespace

void crps(TensorView out, ConstTensorView members, ConstTensorView truth,
          ConstTensorView row_weight, double alpha) {
  check_shapes(members, truth, row_weight, out);
  const std::int64_t count = members.dim(0), channels = truth.dim(1), nlat = truth.dim(2),
                     nlon = truth.dim(3);
  const double pair = crps_pair_coefficient(count, alpha);
  for (std::int64_t g = 0; g < truth.dim(0); ++g) {
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < nlat; ++k) {
        double row = 0.0;
        for (std::int64_t j = 0; j < nlon; ++j) {
          const std::int64_t p = (c * nlat + k) * nlon + j;
          const double y = get(truth, g * truth.step(0) + p);
          const std::int64_t first = g * members.step(1) + p;
          double distance = 0.0, spread = 0.0;
          for (std::int64_t i = 0; i < count; ++i) {
            const double x = get(members, i * members.step(0) + first);
            distance += std::abs(x - y);
            for (std::int64_t n = 0; n < i; ++n)
              spread += std::abs(x - get(members, n * members.step(0) + first));
          }
          row += distance / static_cast<double>(count) - pair * spread;
        }
        sum += get(row_weight, k) * row / static_cast<double>(nlon);
      }
      put(out, g * channels + c, sum);
    }
  }
}

void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                  Update update) {
  check_shapes(members, truth, row_weight, coefficient);
  MYRIAD_KERNEL_EXPECT(kernels::detail::same_extents(grad_members, members) &&
                       grad_members.dense_from(2));
  const std::int64_t count = members.dim(0), channels = truth.dim(1), nlat = truth.dim(2),
                     nlon = truth.dim(3);
  const double pair = crps_pair_coefficient(count, alpha);
  for (std::int64_t g = 0; g < truth.dim(0); ++g) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t k = 0; k < nlat; ++k) {
        const double factor =
            get(coefficient, g * channels + c) * get(row_weight, k) / static_cast<double>(nlon);
        for (std::int64_t j = 0; j < nlon; ++j) {
          const std::int64_t p = (c * nlat + k) * nlon + j;
          const double y = get(truth, g * truth.step(0) + p);
          const std::int64_t first = g * members.step(1) + p;
          for (std::int64_t i = 0; i < count; ++i) {
            const double x = get(members, i * members.step(0) + first);
            double order = 0.0;
            for (std::int64_t n = 0; n < count; ++n)
              order += sign(x - get(members, n * members.step(0) + first));
            const double d = factor * (sign(x - y) / static_cast<double>(count) - pair * order);
            const std::int64_t at = i * grad_members.step(0) + g * grad_members.step(1) + p;
            update == Update::overwrite ? put(grad_members, at, d) : add(grad_members, at, d);
          }
        }
      }
    }
  }
}

}  // namespace myriad::kernels::reference
