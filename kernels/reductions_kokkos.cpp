#include "kernels/reductions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/compat.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;

namespace {

constexpr int k_lanes = 32;
constexpr std::int64_t k_block = 4096;

/// Sum of term(k), k in [0, count), in 32 lanes that are added pairwise.
template <class Term>
KOKKOS_INLINE_FUNCTION double lane_sum(std::int64_t count, const Term& term) {
  double lane[k_lanes] = {};
  std::int64_t k = 0;
  for (; k + k_lanes <= count; k += k_lanes) {
    for (int j = 0; j < k_lanes; ++j) lane[j] += term(k + j);
  }
  for (int j = 0; k + j < count; ++j) lane[j] += term(k + j);
  for (int width = k_lanes / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; ++j) lane[j] += lane[j + width];
  }
  return lane[0];
}

/// Pairwise sum of \p count numbers; the tree depends on the count only.
double pairwise_sum(const double* values, std::int64_t count) {
  if (count <= 8) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < count; ++k) sum += values[k];
    return sum;
  }
  const std::int64_t half = count / 2;
  return pairwise_sum(values, half) + pairwise_sum(values + half, count - half);
}

template <class T>
void run_squared_error(Scratch& scratch, TensorView out, ConstTensorView a, ConstTensorView b,
                       ConstTensorView row_weight) {
  const auto x = channel_shape(a);
  const std::int64_t nlat = a.dim(2), nlon = a.dim(3);
  double* rows = scratch.array<double>(x.batch * x.channels * nlat);
  const T* pa = a.as<T>();
  const T* pb = b.as<T>();
  const double* weight = row_weight.as<double>();
  const std::int64_t sa = a.step(0), sb = b.step(0);
  detail::launch("weighted_squared_error_rows", x.batch * x.channels * nlat,
                 [=](std::int64_t item) {
                   const std::int64_t k = item % nlat;
                   const std::int64_t n = item / nlat / x.channels;
                   const std::int64_t at = (item / nlat % x.channels * nlat + k) * nlon;
                   const T* __restrict__ ra = pa + n * sa + at;
                   const T* __restrict__ rb = pb + n * sb + at;
                   const double sum = lane_sum(nlon, [=](std::int64_t j) {
                     const double d = static_cast<double>(ra[j]) - static_cast<double>(rb[j]);
                     return d * d;
                   });
                   rows[item] = weight[k] * sum / static_cast<double>(nlon);
                 });
  double* po = out.as<double>();
  detail::launch("weighted_squared_error", x.batch * x.channels,
                 [=](std::int64_t item) { po[item] = pairwise_sum(rows + item * nlat, nlat); });
}

template <class T>
void run_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                               ConstTensorView row_weight, ConstTensorView coefficient,
                               Update update) {
  const auto x = channel_shape(a);
  const std::int64_t nlat = a.dim(2), nlon = a.dim(3);
  T* pg = grad_a.as<T>();
  const T* pa = a.as<T>();
  const T* pb = b.as<T>();
  const double* weight = row_weight.as<double>();
  const double* factor = coefficient.as<double>();
  const std::int64_t sg = grad_a.step(0), sa = a.step(0), sb = b.step(0);
  detail::launch(
      "weighted_squared_error_adjoint", x.batch * x.channels * nlat, [=](std::int64_t item) {
        const std::int64_t k = item % nlat;
        const std::int64_t n = item / nlat / x.channels;
        const std::int64_t at = (item / nlat % x.channels * nlat + k) * nlon;
        T* __restrict__ rg = pg + n * sg + at;
        const T* __restrict__ ra = pa + n * sa + at;
        const T* __restrict__ rb = pb + n * sb + at;
        const T f =
            static_cast<T>(2.0 * factor[item / nlat] * weight[k] / static_cast<double>(nlon));
        if (update == Update::overwrite) {
          for (std::int64_t j = 0; j < nlon; ++j) rg[j] = f * (ra[j] - rb[j]);
        } else {
          for (std::int64_t j = 0; j < nlon; ++j) rg[j] += f * (ra[j] - rb[j]);
        }
      });
}

template <class T>
double run_sum_of_squares(Scratch& scratch, ConstTensorView in) {
  const std::int64_t size = in.size();
  const std::int64_t blocks = (size + k_block - 1) / k_block;
  double* partial = scratch.array<double>(blocks);
  const T* px = in.as<T>();
  detail::launch("sum_of_squares", blocks, [=](std::int64_t item) {
    const T* x = px + item * k_block;
    partial[item] = lane_sum(std::min(k_block, size - item * k_block), [=](std::int64_t k) {
      return static_cast<double>(x[k]) * static_cast<double>(x[k]);
    });
  });
  Space().fence();
  return pairwise_sum(partial, blocks);
}

template <class T>
std::int64_t run_count_nonfinite(Scratch& scratch, ConstTensorView in) {
  const std::int64_t size = in.size();
  const std::int64_t blocks = (size + k_block - 1) / k_block;
  std::int64_t* partial = scratch.array<std::int64_t>(blocks);
  const T* px = in.as<T>();
  detail::launch("count_nonfinite", blocks, [=](std::int64_t item) {
    const T* x = px + item * k_block;
    const std::int64_t count = std::min(k_block, size - item * k_block);
    int bad = 0;
    // x - x is 0 for finite x and NaN otherwise.
    for (std::int64_t k = 0; k < count; ++k) bad += (x[k] - x[k] == T{0}) ? 0 : 1;
    partial[item] = bad;
  });
  Space().fence();
  std::int64_t total = 0;
  for (std::int64_t k = 0; k < blocks; ++k) total += partial[k];
  return total;
}

template <class T>
void run_first_outside(TensorView out, ConstTensorView in, ConstTensorView low,
                       ConstTensorView high) {
  const auto x = channel_shape(in);
  const T* px = in.as<T>();
  const T* pl = low.as<T>();
  const T* ph = high.as<T>();
  double* po = out.as<double>();
  const std::int64_t si = in.step(0);
  detail::launch("first_outside", x.batch * x.channels, [=](std::int64_t item) {
    const std::int64_t c = item % x.channels;
    const T* row = px + item / x.channels * si + c * x.points;
    // Finite bounds, so that one pair of comparisons also finds what is not finite.
    const T lowest = std::max(pl[c], std::numeric_limits<T>::lowest());
    const T highest = std::min(ph[c], std::numeric_limits<T>::max());
    const auto is_bad = [=](T v) { return !(v >= lowest && v <= highest); };
    po[item] = -1.0;
    // Blocks without a bad point, nearly all of them, are passed without a branch per point.
    for (std::int64_t begin = 0; begin < x.points; begin += k_block) {
      const std::int64_t end = std::min(begin + k_block, x.points);
      int bad = 0;
      for (std::int64_t p = begin; p < end; ++p) bad |= is_bad(row[p]) ? 1 : 0;
      if (bad == 0) continue;
      po[item] = static_cast<double>(std::find_if(row + begin, row + end, is_bad) - row);
      return;
    }
  });
}

}  // namespace

void weighted_squared_error(Scratch& scratch, TensorView out, ConstTensorView a, ConstTensorView b,
                            ConstTensorView row_weight) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && b.rank == 4 && channel_shape(b) == x && a.dtype == b.dtype);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(out, x.batch * x.channels) && is_vector(row_weight, a.dim(2)));
  a.dtype == DType::f32 ? run_squared_error<float>(scratch, out, a, b, row_weight)
                        : run_squared_error<double>(scratch, out, a, b, row_weight);
}

void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient,
                                    Update update) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && channel_shape(b) == x && channel_shape(grad_a) == x);
  MYRIAD_KERNEL_EXPECT(a.dtype == b.dtype && a.dtype == grad_a.dtype);
  MYRIAD_KERNEL_EXPECT(coefficient.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(coefficient, x.batch * x.channels) &&
                       is_vector(row_weight, a.dim(2)));
  a.dtype == DType::f32
      ? run_squared_error_adjoint<float>(grad_a, a, b, row_weight, coefficient, update)
      : run_squared_error_adjoint<double>(grad_a, a, b, row_weight, coefficient, update);
}

double sum_of_squares(Scratch& scratch, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  return in.dtype == DType::f32 ? run_sum_of_squares<float>(scratch, in)
                                : run_sum_of_squares<double>(scratch, in);
}

std::int64_t count_nonfinite(Scratch& scratch, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  return in.dtype == DType::f32 ? run_count_nonfinite<float>(scratch, in)
                                : run_count_nonfinite<double>(scratch, in);
}

void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && is_vector(out, x.batch * x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(low, x.channels) && is_vector(high, x.channels));
  MYRIAD_KERNEL_EXPECT(low.dtype == in.dtype && high.dtype == in.dtype);
  in.dtype == DType::f32 ? run_first_outside<float>(out, in, low, high)
                         : run_first_outside<double>(out, in, low, high);
}

}  // namespace myriad::kernels::kokkos
