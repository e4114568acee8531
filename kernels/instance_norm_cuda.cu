#include "kernels/gelu_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

using detail::channel_shape;
using detail::is_vector;
using detail::point_shape;

namespace {

template <class T>
void statistics(Device& device, TensorView stats, ConstTensorView in, double epsilon) {
  using Value = Wide<T>;
  const auto x = channel_shape(in);
  const std::int64_t channels = x.channels, points = x.points;
  const T* const source = in.as<T>();
  Value* const moments = stats.as<Value>();
  const std::int64_t in_stride = in.step(0), stats_stride = stats.step(0);
  const double n = static_cast<double>(points);
  // Sums of deviations from the first value lose nothing to a large mean.
  sum_rows<2>(
      device, x.batch * channels, points,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<2>& s) {
        const T* values = source + row / channels * in_stride + row % channels * points;
        const double d = static_cast<double>(widen(values[j])) - static_cast<double>(widen(values[0]));
        s.value[0] += d;
        s.value[1] += d * d;
      },
      [=] __device__(std::int64_t row, const Sums<2>& s) {
        const double first = static_cast<double>(widen(source[row / channels * in_stride + row % channels * points]));
        const double mean = s.value[0] / n;
        Value* place = moments + row / channels * stats_stride + row % channels * 2;
        place[0] = static_cast<Value>(first + mean);
        // The mean is rounded; what is left of it is removed from the second moment.
        const double left = first + mean - static_cast<double>(place[0]);
        const double variance = s.value[1] / n - mean * mean + left * left;
        place[1] = static_cast<Value>(1.0 / sqrt((variance > 0.0 ? variance : 0.0) + epsilon));
      });
}

template <class T>
void apply(Device& device, TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma, ConstTensorView beta,
           bool gelu) {
  using Value = Wide<T>;
  const auto x = point_shape(in);
  const std::int64_t channels = x.channels, in_stride = in.step(0), out_stride = out.step(0), stats_stride = stats.step(0);
  const std::int64_t in_channel = in.step(1), out_channel = out.step(1);
  const T* const source = in.as<T>();
  T* const target = out.as<T>();
  const Value* const moments = stats.as<Value>();
  const Value* const scale = gamma.as<Value>();
  const Value* const shift = beta.as<Value>();
  for_each_in_rows(device, x.batch * channels, x.points, [=] __device__(std::int64_t row, std::int64_t j) {
    const std::int64_t b = row / channels, c = row % channels;
    const Value* m = moments + b * stats_stride + 2 * c;
    const Value y = (widen(source[b * in_stride + c * in_channel + j]) - m[0]) * (scale[c] * m[1]) + shift[c];
    target[b * out_stride + c * out_channel + j] = narrow<T>(gelu ? gelu_of(y) : y);
  });
}

template <class T>
void norm_adjoint(Device& device, TensorView grad_in, TensorView grad_gamma, TensorView grad_beta, ConstTensorView grad_out,
                  ConstTensorView in, ConstTensorView stats, ConstTensorView gamma, ConstTensorView beta, bool gelu) {
  const auto x = channel_shape(in);
  const std::int64_t batch = x.batch, channels = x.channels, points = x.points;
  const T* const source = in.as<T>();
  const T* const gradient = grad_out.as<T>();
  T* const target = grad_in.as<T>();
  const T* const moments = stats.as<T>();
  const T* const scale = gamma.as<T>();
  const T* const shift = beta.as<T>();
  const std::int64_t in_stride = in.step(0), grad_stride = grad_out.step(0), out_stride = grad_in.step(0),
                     stats_stride = stats.step(0);
  double* const sums = device.array<double>(Device::k_first, batch * channels * 2);
  const double n = static_cast<double>(points);

  // (normalised value, gradient before the affine map) of a point.
  const auto at_point = [=] __device__(std::int64_t row, std::int64_t j) {
    const std::int64_t b = row / channels, c = row % channels;
    const T* m = moments + b * stats_stride + 2 * c;
    const double z = (static_cast<double>(source[b * in_stride + c * points + j]) - static_cast<double>(m[0])) *
                     static_cast<double>(m[1]);
    double g = static_cast<double>(gradient[b * grad_stride + c * points + j]);
    if (gelu) g *= gelu_slope_of(static_cast<double>(scale[c]) * z + static_cast<double>(shift[c]));
    return Complex<double>{z, g};
  };
  sum_rows<2>(
      device, batch * channels, points,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<2>& s) {
        const Complex<double> p = at_point(row, j);
        s.value[0] += p.im;
        s.value[1] += p.im * p.re;
      },
      [=] __device__(std::int64_t row, const Sums<2>& s) {
        sums[2 * row] = s.value[0];
        sums[2 * row + 1] = s.value[1];
      });
  for_each(device, batch * channels * points, [=] __device__(std::int64_t at) {
    const std::int64_t row = at / points, j = at % points, b = row / channels, c = row % channels;
    const Complex<double> p = at_point(row, j);
    const double rstd = static_cast<double>(moments[b * stats_stride + 2 * c + 1]);
    const double d = static_cast<double>(scale[c]) * rstd * (p.im - sums[2 * row] / n - p.re * sums[2 * row + 1] / n);
    target[b * out_stride + c * points + j] = static_cast<T>(d);
  });
  T* const gamma_gradient = grad_gamma.as<T>();
  T* const beta_gradient = grad_beta.as<T>();
  for_each(device, channels, [=] __device__(std::int64_t c) {
    double total_gamma = 0.0, total_beta = 0.0;
    for (std::int64_t b = 0; b < batch; ++b) {
      total_beta += sums[2 * (b * channels + c)];
      total_gamma += sums[2 * (b * channels + c) + 1];
    }
    gamma_gradient[c] = static_cast<T>(static_cast<double>(gamma_gradient[c]) + total_gamma);
    beta_gradient[c] = static_cast<T>(static_cast<double>(beta_gradient[c]) + total_beta);
  });
}

template <class T>
void gelu_all(Device& device, TensorView out, ConstTensorView in) {
  const T* const x = in.as<T>();
  T* const y = out.as<T>();
  for_each(device, in.size(), [=] __device__(std::int64_t k) { y[k] = gelu_of(x[k]); });
}

template <class T>
void gelu_adjoint_all(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  const T* const x = in.as<T>();
  const T* const g = grad_out.as<T>();
  T* const y = grad_in.as<T>();
  for_each(device, in.size(), [=] __device__(std::int64_t k) { y[k] = g[k] * gelu_slope_of(x[k]); });
}

}  // namespace

void instance_norm_statistics(Device& device, TensorView stats, ConstTensorView in, double epsilon) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(x.points > 0 && stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  switch (in.dtype) {
    case DType::f64:
      return statistics<double>(device, stats, in, epsilon);
    case DType::bf16:
      return statistics<Bf16>(device, stats, in, epsilon);
    case DType::f16:
      return statistics<F16>(device, stats, in, epsilon);
    default:
      return statistics<float>(device, stats, in, epsilon);
  }
}

void instance_norm_apply(Device& device, TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                         ConstTensorView beta, Activation activation) {
  const auto x = point_shape(in);
  MYRIAD_KERNEL_EXPECT(point_shape(out) == x && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  const bool gelu = activation == Activation::gelu;
  switch (in.dtype) {
    case DType::f64:
      return apply<double>(device, out, in, stats, gamma, beta, gelu);
    case DType::bf16:
      return apply<Bf16>(device, out, in, stats, gamma, beta, gelu);
    case DType::f16:
      return apply<F16>(device, out, in, stats, gamma, beta, gelu);
    default:
      return apply<float>(device, out, in, stats, gamma, beta, gelu);
  }
}

void instance_norm(Device& device, TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation) {
  instance_norm_statistics(device, stats, in, epsilon);
  instance_norm_apply(device, out, in, stats, gamma, beta, activation);
}

void instance_norm_adjoint(Device& device, TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                           ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                           ConstTensorView beta, Activation activation) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(grad_in) == x && channel_shape(grad_out) == x && x.points > 0);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(grad_gamma, x.channels) && is_vector(grad_beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  const bool gelu = activation == Activation::gelu;
  in.dtype == DType::f32
      ? norm_adjoint<float>(device, grad_in, grad_gamma, grad_beta, grad_out, in, stats, gamma, beta, gelu)
      : norm_adjoint<double>(device, grad_in, grad_gamma, grad_beta, grad_out, in, stats, gamma, beta, gelu);
}

void gelu(Device& device, TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.size() == in.size() && out.dense_from(0) && in.dense_from(0));
  in.dtype == DType::f32 ? gelu_all<float>(device, out, in) : gelu_all<double>(device, out, in);
}

void gelu_adjoint(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(grad_in.size() == in.size() && grad_out.size() == in.size());
  MYRIAD_KERNEL_EXPECT(grad_in.dense_from(0) && grad_out.dense_from(0) && in.dense_from(0));
  in.dtype == DType::f32 ? gelu_adjoint_all<float>(device, grad_in, grad_out, in)
                         : gelu_adjoint_all<double>(device, grad_in, grad_out, in);
}

}  // namespace myriad::kernels::cuda
