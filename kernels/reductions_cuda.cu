#include "kernels/add_rows_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

using detail::channel_shape;
using detail::is_vector;

namespace {

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

/// One block per row (batch element, channel): each thread finds its first bad point, then the earliest of all wins.
template <class T>
__global__ void __launch_bounds__(k_threads)
    first_outside_kernel(std::int64_t channels, std::int64_t points, std::int64_t stride, const T* in, const T* low,
                         const T* high, double* out) {
  __shared__ std::int64_t first[k_threads];
  const std::int64_t row = blockIdx.x, c = row % channels;
  const T* const x = in + row / channels * stride + c * points;
  const T lowest = low[c], highest = high[c];
  const int thread = static_cast<int>(threadIdx.x);
  std::int64_t found = points;
  for (std::int64_t p = thread; p < points; p += k_threads) {
    const T value = x[p];
    // Only a finite value has no difference from itself.
    if (value >= lowest && value <= highest && value - value == T(0)) continue;
    found = p;
    break;
  }
  first[thread] = found;
  __syncthreads();
  for (int half = k_threads / 2; half > 0; half /= 2) {
    if (thread < half && first[thread + half] < first[thread]) first[thread] = first[thread + half];
    __syncthreads();
  }
  if (thread == 0) out[row] = first[0] < points ? static_cast<double>(first[0]) : -1.0;
}

template <class T>
void find_outside(Device& device, TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) {
  const auto s = channel_shape(in);
  launch(device, {s.batch * s.channels}, &first_outside_kernel<T>, s.channels, s.points, in.step(0), in.as<T>(), low.as<T>(),
         high.as<T>(), out.as<double>());
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

void first_outside(Device& device, TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f64 && is_vector(out, x.batch * x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(low, x.channels) && is_vector(high, x.channels));
  MYRIAD_KERNEL_EXPECT(low.dtype == in.dtype && high.dtype == in.dtype);
  in.dtype == DType::f32 ? find_outside<float>(device, out, in, low, high) : find_outside<double>(device, out, in, low, high);
}

}  // namespace myriad::kernels::cuda
