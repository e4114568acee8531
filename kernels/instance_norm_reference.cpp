#include <cmath>

#include "kernels/gelu.hpp"
#include "kernels/instance_norm.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::point_shape;

void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(x.points > 0);
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  const double n = static_cast<double>(x.points);
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const std::int64_t row = b * in.step(0) + c * x.points;
      double mean = 0.0;
      for (std::int64_t p = 0; p < x.points; ++p) mean += get(in, row + p);
      mean /= n;
      double variance = 0.0;
      for (std::int64_t p = 0; p < x.points; ++p) {
        const double d = get(in, row + p) - mean;
        variance += d * d;
      }
      put(stats, b * stats.step(0) + c * 2, mean);
      put(stats, b * stats.step(0) + c * 2 + 1, 1.0 / std::sqrt(variance / n + epsilon));
    }
  }
}

void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                         ConstTensorView gamma, ConstTensorView beta, Activation activation) {
  const auto x = point_shape(in);
  MYRIAD_KERNEL_EXPECT(point_shape(out) == x);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const double mean = get(stats, b * stats.step(0) + c * 2);
      const double rstd = get(stats, b * stats.step(0) + c * 2 + 1);
      for (std::int64_t p = 0; p < x.points; ++p) {
        const double y = get(gamma, c) * (get(in, b * in.step(0) + c * in.step(1) + p) - mean) * rstd + get(beta, c);
        put(out, b * out.step(0) + c * out.step(1) + p, activation == Activation::gelu ? gelu_value(y) : y);
      }
    }
  }
}

void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation) {
  instance_norm_statistics(stats, in, epsilon);
  instance_norm_apply(out, in, stats, gamma, beta, activation);
}

void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                           ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                           ConstTensorView gamma, ConstTensorView beta, Activation activation) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(grad_in) == x && channel_shape(grad_out) == x && x.points > 0);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(grad_gamma, x.channels) && is_vector(grad_beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  const double n = static_cast<double>(x.points);
  for (std::int64_t c = 0; c < x.channels; ++c) {
    double total_gamma = 0.0, total_beta = 0.0;
    for (std::int64_t b = 0; b < x.batch; ++b) {
      const double mean = get(stats, b * stats.step(0) + c * 2);
      const double rstd = get(stats, b * stats.step(0) + c * 2 + 1);
      const auto normalised = [&](std::int64_t p) {
        return (get(in, b * in.step(0) + c * x.points + p) - mean) * rstd;
      };
      const auto slope = [&](std::int64_t p) {
        const double g = get(grad_out, b * grad_out.step(0) + c * x.points + p);
        return activation == Activation::gelu
                   ? g * gelu_slope(get(gamma, c) * normalised(p) + get(beta, c))
                   : g;
      };
      double sum = 0.0, moment = 0.0;
      for (std::int64_t p = 0; p < x.points; ++p) {
        const double g = slope(p);
        sum += g;
        moment += g * normalised(p);
      }
      for (std::int64_t p = 0; p < x.points; ++p) {
        const double d = get(gamma, c) * rstd * (slope(p) - sum / n - normalised(p) * moment / n);
        put(grad_in, b * grad_in.step(0) + c * x.points + p, d);
      }
      total_gamma += moment;
      total_beta += sum;
    }
    add(grad_gamma, c, total_gamma);
    add(grad_beta, c, total_beta);
  }
}

}  // namespace myriad::kernels::reference
