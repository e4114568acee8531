#include <cmath>

#include "kernels/crps.hpp"
#include "kernels/device_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

using detail::channel_shape;
using detail::is_vector;

namespace {

/// out[row / nlat] = sum over latitudes of weight[lat] row_sum[row], in increasing latitude.
void add_rows(Device& device, double* out, const double* rows, const double* weight, std::int64_t count, std::int64_t nlat) {
  for_each(device, count, [=] __device__(std::int64_t k) {
    double sum = 0.0;
    for (std::int64_t lat = 0; lat < nlat; ++lat) sum += weight[lat] * rows[k * nlat + lat];
    out[k] = sum;
  });
}

template <class T>
void squared_error(Device& device, TensorView out, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight) {
  const std::int64_t batch = a.dim(0), channels = a.dim(1), nlat = a.dim(2), nlon = a.dim(3);
  const std::int64_t a_stride = a.step(0), b_stride = b.step(0), rows = channels * nlat;
  const T* const x = a.as<T>();
  const T* const y = b.as<T>();
  double* const sums = device.array<double>(Device::k_first, batch * rows);
  sum_rows<1>(
      device, batch * rows, nlon,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<1>& s) {
        const std::int64_t at = row % rows * nlon + j;
        const double d = static_cast<double>(x[row / rows * a_stride + at]) - static_cast<double>(y[row / rows * b_stride + at]);
        s.value[0] += d * d;
      },
      [=] __device__(std::int64_t row, const Sums<1>& s) { sums[row] = s.value[0] / static_cast<double>(nlon); });
  add_rows(device, out.as<double>(), sums, row_weight.as<double>(), batch * channels, nlat);
}

template <class T>
void squared_error_adjoint(Device& device, TensorView grad_a, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight,
                           ConstTensorView coefficient, bool accumulate) {
  const std::int64_t channels = a.dim(1), nlat = a.dim(2), nlon = a.dim(3);
  const std::int64_t a_stride = a.step(0), b_stride = b.step(0), out_stride = grad_a.step(0), size = channels * nlat * nlon;
  const T* const x = a.as<T>();
  const T* const y = b.as<T>();
  const double* const weight = row_weight.as<double>();
  const double* const scale = coefficient.as<double>();
  T* const target = grad_a.as<T>();
  for_each(device, a.dim(0) * size, [=] __device__(std::int64_t k) {
    const std::int64_t n = k / size, at = k % size, c = at / nlon / nlat, lat = at / nlon % nlat;
    const double factor = 2.0 * scale[n * channels + c] * weight[lat] / static_cast<double>(nlon);
    const double d = factor * (static_cast<double>(x[n * a_stride + at]) - static_cast<double>(y[n * b_stride + at]));
    T& place = target[n * out_stride + at];
    place = static_cast<T>(accumulate ? static_cast<double>(place) + d : d);
  });
}

/// Elements of a row of a reduction over a dense tensor.
constexpr std::int64_t k_row = 16384;

/// Sum of body(k) over k < count in two fixed stages.
template <class Body>
double sum_all(Device& device, std::int64_t count, const Body& body) {
  const std::int64_t rows = (count + k_row - 1) / k_row;
  double* const sums = device.array<double>(Device::k_first, rows + 1);
  sum_rows<1>(
      device, rows, k_row,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<1>& s) {
        if (row * k_row + j < count) s.value[0] += body(row * k_row + j);
      },
      [=] __device__(std::int64_t row, const Sums<1>& s) { sums[1 + row] = s.value[0]; });
  sum_rows<1>(
      device, 1, rows, [=] __device__(std::int64_t, std::int64_t j, Sums<1>& s) { s.value[0] += sums[1 + j]; },
      [=] __device__(std::int64_t, const Sums<1>& s) { sums[0] = s.value[0]; });
  double sum = 0.0;
  device.copy_out(&sum, sums, sizeof(sum));
  return sum;
}

template <class T>
double squares(Device& device, ConstTensorView in) {
  const T* const x = in.as<T>();
  return sum_all(device, in.size(), [=] __device__(std::int64_t k) {
    const double value = static_cast<double>(x[k]);
    return value * value;
  });
}

template <class T>
double nonfinite(Device& device, ConstTensorView in) {
  const T* const x = in.as<T>();
  // The difference of an infinity or a NaN with itself is NaN.
  return sum_all(device, in.size(), [=] __device__(std::int64_t k) { return x[k] - x[k] == T(0) ? 0.0 : 1.0; });
}

/// Where the members of a point lie.
template <class T>
struct Ensemble {
  const T* members;
  const T* truth;
  std::int64_t count, member_stride, group_stride, truth_stride;

  __device__ T member(std::int64_t i, std::int64_t group, std::int64_t at) const {
    return members[i * member_stride + group * group_stride + at];
  }
  __device__ T observed(std::int64_t group, std::int64_t at) const { return truth[group * truth_stride + at]; }
};

template <class T>
Ensemble<T> ensemble_of(ConstTensorView members, ConstTensorView truth) {
  return {members.as<T>(), truth.as<T>(), members.dim(0), members.step(0), members.step(1), truth.step(0)};
}

template <class T>
void crps_all(Device& device, TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
              double alpha) {
  const std::int64_t channels = truth.dim(1), nlat = truth.dim(2), nlon = truth.dim(3), rows = channels * nlat;
  const Ensemble<T> e = ensemble_of<T>(members, truth);
  const double pair = crps_pair_coefficient(e.count, alpha);
  double* const sums = device.array<double>(Device::k_first, truth.dim(0) * rows);
  sum_rows<1>(
      device, truth.dim(0) * rows, nlon,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<1>& s) {
        const std::int64_t group = row / rows, at = row % rows * nlon + j;
        const T y = e.observed(group, at);
        double distance = 0.0, spread = 0.0;
        for (std::int64_t i = 0; i < e.count; ++i) {
          const T x = e.member(i, group, at);
          distance += static_cast<double>(fabs(x - y));
          for (std::int64_t n = 0; n < i; ++n) spread += static_cast<double>(fabs(x - e.member(n, group, at)));
        }
        s.value[0] += distance / static_cast<double>(e.count) - pair * spread;
      },
      [=] __device__(std::int64_t row, const Sums<1>& s) { sums[row] = s.value[0] / static_cast<double>(nlon); });
  add_rows(device, out.as<double>(), sums, row_weight.as<double>(), truth.dim(0) * channels, nlat);
}

template <class T>
__device__ double sign(T x) {
  return x > T(0) ? 1.0 : (x < T(0) ? -1.0 : 0.0);
}

template <class T>
void crps_adjoint_all(Device& device, TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                      ConstTensorView row_weight, double alpha, ConstTensorView coefficient, bool accumulate) {
  const std::int64_t channels = truth.dim(1), nlat = truth.dim(2), nlon = truth.dim(3), size = channels * nlat * nlon;
  const Ensemble<T> e = ensemble_of<T>(members, truth);
  const double pair = crps_pair_coefficient(e.count, alpha);
  const double* const weight = row_weight.as<double>();
  const double* const scale = coefficient.as<double>();
  T* const target = grad_members.as<T>();
  const std::int64_t member_stride = grad_members.step(0), group_stride = grad_members.step(1);
  for_each(device, truth.dim(0) * size, [=] __device__(std::int64_t k) {
    const std::int64_t group = k / size, at = k % size, c = at / nlon / nlat, lat = at / nlon % nlat;
    const double factor = scale[group * channels + c] * weight[lat] / static_cast<double>(nlon);
    const T y = e.observed(group, at);
    for (std::int64_t i = 0; i < e.count; ++i) {
      const T x = e.member(i, group, at);
      double order = 0.0;
      for (std::int64_t n = 0; n < e.count; ++n) order += sign(x - e.member(n, group, at));
      const double d = factor * (sign(x - y) / static_cast<double>(e.count) - pair * order);
      T& place = target[i * member_stride + group * group_stride + at];
      place = static_cast<T>(accumulate ? static_cast<double>(place) + d : d);
    }
  });
}

void check_ensemble(ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight, ConstTensorView per_channel) {
  MYRIAD_KERNEL_EXPECT(members.rank == 5 && truth.rank == 4);
  MYRIAD_KERNEL_EXPECT(members.dense_from(2) && truth.dense_from(1));
  for (int d = 0; d < 4; ++d) MYRIAD_KERNEL_EXPECT(members.dim(d + 1) == truth.dim(d));
  MYRIAD_KERNEL_EXPECT(per_channel.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(per_channel, truth.dim(0) * truth.dim(1)) && is_vector(row_weight, truth.dim(2)));
}

}  // namespace

void weighted_squared_error(Device& device, TensorView out, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && channel_shape(b) == x);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(out, x.batch * x.channels) && is_vector(row_weight, a.dim(2)));
  a.dtype == DType::f32 ? squared_error<float>(device, out, a, b, row_weight)
                        : squared_error<double>(device, out, a, b, row_weight);
}

void weighted_squared_error_adjoint(Device& device, TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient, Update update) {
  const auto x = channel_shape(a);
  MYRIAD_KERNEL_EXPECT(a.rank == 4 && channel_shape(b) == x && channel_shape(grad_a) == x);
  MYRIAD_KERNEL_EXPECT(coefficient.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(coefficient, x.batch * x.channels) && is_vector(row_weight, a.dim(2)));
  const bool accumulate = update == Update::accumulate;
  a.dtype == DType::f32 ? squared_error_adjoint<float>(device, grad_a, a, b, row_weight, coefficient, accumulate)
                        : squared_error_adjoint<double>(device, grad_a, a, b, row_weight, coefficient, accumulate);
}

double sum_of_squares(Device& device, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  return in.dtype == DType::f32 ? squares<float>(device, in) : squares<double>(device, in);
}

std::int64_t count_nonfinite(Device& device, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(in.dense_from(0));
  return static_cast<std::int64_t>(in.dtype == DType::f32 ? nonfinite<float>(device, in) : nonfinite<double>(device, in));
}

void crps(Device& device, TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
          double alpha) {
  check_ensemble(members, truth, row_weight, out);
  members.dtype == DType::f32 ? crps_all<float>(device, out, members, truth, row_weight, alpha)
                              : crps_all<double>(device, out, members, truth, row_weight, alpha);
}

void crps_adjoint(Device& device, TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient, Update update) {
  check_ensemble(members, truth, row_weight, coefficient);
  MYRIAD_KERNEL_EXPECT(detail::same_extents(grad_members, members) && grad_members.dense_from(2));
  const bool accumulate = update == Update::accumulate;
  members.dtype == DType::f32
      ? crps_adjoint_all<float>(device, grad_members, members, truth, row_weight, alpha, coefficient, accumulate)
      : crps_adjoint_all<double>(device, grad_members, members, truth, row_weight, alpha, coefficient, accumulate);
}

}  // namespace myriad::kernels::cuda
