#include <algorithm>
#include <cmath>

#include "kernels/compat.hpp"
#include "kernels/instance_norm.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::k_wide;
using kernels::detail::point_shape;
using kernels::detail::Wide;
using kernels::detail::wide_fill;
using kernels::detail::wide_gelu;
using kernels::detail::wide_gelu_slope;
using kernels::detail::wide_load;
using kernels::detail::wide_load_part;
using kernels::detail::wide_store;
using kernels::detail::wide_store_part;
using kernels::detail::wide_sum;

namespace {

/// Vectors added in T before the sum moves on to fp64: 4 chains of 8, so a lane's sum holds at most
/// 8 terms.
constexpr int k_block_vectors = 32;

/// Sum over a row of term(vector index base, lanes valid) in blocks: lanes in T, blocks in fp64.
template <class T, class Term>
MYRIAD_INLINE double row_sum(std::int64_t points, const Term& term) {
  constexpr std::int64_t block = k_block_vectors * k_wide<T>;
  double sum = 0.0;
  std::int64_t p = 0;
  for (; p + block <= points; p += block) {
    Wide<T> lane[4] = {};
    for (int k = 0; k < k_block_vectors; k += 4) {
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) lane[j] += term(p + (k + j) * k_wide<T>, k_wide<T>);
    }
    sum += static_cast<double>(wide_sum<T>((lane[0] + lane[1]) + (lane[2] + lane[3])));
  }
  Wide<T> lane{};
  for (; p < points; p += k_wide<T>) lane += term(p, std::min<std::int64_t>(k_wide<T>, points - p));
  return sum + static_cast<double>(wide_sum<T>(lane));
}

/// The lanes of a row from \p at on; lanes beyond the row's end are \p rest.
template <class T>
MYRIAD_INLINE Wide<T> lanes(const T* at, std::int64_t valid, T rest) {
  return valid == k_wide<T> ? wide_load(at) : wide_load_part(at, valid, rest);
}
template <class T>
MYRIAD_INLINE void put_lanes(T* at, Wide<T> v, std::int64_t valid) {
  valid == k_wide<T> ? wide_store<T>(at, v) : wide_store_part<T>(at, v, valid);
}

/// (mean, 1 / standard deviation) of a row. The mean is rounded to T; what is left of it is removed from the second moment.
template <class T>
struct Moments {
  T centre;
  double rstd;

  MYRIAD_INLINE Moments(const T* x, std::int64_t points, double epsilon) {
    const double n = static_cast<double>(points);
    const double mean =
        row_sum<T>(points,
                   [&](std::int64_t p, std::int64_t valid) { return lanes(x + p, valid, T{0}); }) /
        n;
    const T rounded = static_cast<T>(mean);
    const double second = row_sum<T>(points, [&](std::int64_t p, std::int64_t valid) {
      const Wide<T> d = lanes(x + p, valid, rounded) - rounded;
      return d * d;
    });
    const double left = mean - static_cast<double>(rounded);
    centre = rounded;
    rstd = 1.0 / std::sqrt(std::max(0.0, second / n - left * left) + epsilon);
  }
};

/// y = activation((x - centre) scale + shift) along a row.
template <class T>
MYRIAD_INLINE void normalise_row(T* y, const T* x, std::int64_t points, T centre, T scale, T shift,
                                 Activation activation) {
  for (std::int64_t p = 0; p < points; p += k_wide<T>) {
    const std::int64_t valid = std::min<std::int64_t>(k_wide<T>, points - p);
    Wide<T> v = (lanes(x + p, valid, T{0}) - centre) * scale + shift;
    if (activation == Activation::gelu) v = wide_gelu(v);
    put_lanes(y + p, v, valid);
  }
}

template <class T>
struct InstanceNorm {
  T* out;
  T* stats;
  const T* in;
  const T* gamma;
  const T* beta;
  std::int64_t out_stride, stats_stride, in_stride;
  std::int64_t channels, points;
  double epsilon;
  Activation activation;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t b = item / channels;
    const std::int64_t c = item % channels;
    const T* x = in + b * in_stride + c * points;
    T* y = out + b * out_stride + c * points;
    const Moments<T> m(x, points, epsilon);
    T* s = stats + b * stats_stride + 2 * c;
    s[0] = m.centre;
    s[1] = static_cast<T>(m.rstd);
    normalise_row(y, x, points, m.centre, static_cast<T>(static_cast<double>(gamma[c]) * m.rstd),
                  beta[c], activation);
  }
};

template <class T>
struct Statistics {
  T* stats;
  const T* in;
  std::int64_t stats_stride, in_stride;
  std::int64_t channels, points;
  double epsilon;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t b = item / channels;
    const std::int64_t c = item % channels;
    const Moments<T> m(in + b * in_stride + c * points, points, epsilon);
    T* s = stats + b * stats_stride + 2 * c;
    s[0] = m.centre;
    s[1] = static_cast<T>(m.rstd);
  }
};

template <class T>
struct Apply {
  T* out;
  const T* in;
  const T* stats;
  const T* gamma;
  const T* beta;
  std::int64_t out_stride, in_stride, stats_stride;
  std::int64_t out_channel, in_channel;
  std::int64_t channels, points;
  Activation activation;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t b = item / channels;
    const std::int64_t c = item % channels;
    const T* s = stats + b * stats_stride + 2 * c;
    normalise_row(out + b * out_stride + c * out_channel, in + b * in_stride + c * in_channel,
                  points, s[0], gamma[c] * s[1], beta[c], activation);
  }
};

template <class T>
struct InstanceNormAdjoint {
  T* grad_in;
  const T* grad_out;
  const T* in;
  const T* stats;
  const T* gamma;
  const T* beta;
  double* row_sums;  ///< [batch, channel, 2]: sums of g xhat and of g
  std::int64_t grad_in_stride, grad_out_stride, in_stride, stats_stride;
  std::int64_t channels, points;
  Activation activation;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t b = item / channels;
    const std::int64_t c = item % channels;
    const T* x = in + b * in_stride + c * points;
    const T* go = grad_out + b * grad_out_stride + c * points;
    T* gi = grad_in + b * grad_in_stride + c * points;
    const T mean = stats[b * stats_stride + 2 * c];
    const T rstd = stats[b * stats_stride + 2 * c + 1];
    const T weight = gamma[c];
    const T shift = beta[c];
    // g overwrites grad_in, which may be grad_out itself: each element is read before it is
    // written.
    if (activation == Activation::gelu) {
      for (std::int64_t p = 0; p < points; p += k_wide<T>) {
        const std::int64_t valid = std::min<std::int64_t>(k_wide<T>, points - p);
        const Wide<T> y = (lanes(x + p, valid, mean) - mean) * rstd * weight + shift;
        put_lanes<T>(gi + p, lanes(go + p, valid, T{0}) * wide_gelu_slope(y), valid);
      }
      go = gi;
    }
    const double sum = row_sum<T>(
        points, [&](std::int64_t p, std::int64_t valid) { return lanes(go + p, valid, T{0}); });
    const double moment = row_sum<T>(points, [&](std::int64_t p, std::int64_t valid) {
      return lanes(go + p, valid, T{0}) * ((lanes(x + p, valid, mean) - mean) * rstd);
    });
    row_sums[2 * item] = moment;
    row_sums[2 * item + 1] = sum;
    const double n = static_cast<double>(points);
    const T scale = weight * rstd;
    const T mean_g = static_cast<T>(sum / n);
    const T mean_moment = static_cast<T>(moment / n);
    for (std::int64_t p = 0; p < points; p += k_wide<T>) {
      const std::int64_t valid = std::min<std::int64_t>(k_wide<T>, points - p);
      const Wide<T> xhat = (lanes(x + p, valid, mean) - mean) * rstd;
      put_lanes<T>(gi + p, scale * (lanes(go + p, valid, T{0}) - mean_g - xhat * mean_moment),
                   valid);
    }
  }
};

/// Adds the row sums of a channel in increasing batch order.
template <class T>
struct AddChannelGradients {
  T* grad_gamma;
  T* grad_beta;
  const double* row_sums;
  std::int64_t batch, channels;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t c) const {
    double moment = 0.0, sum = 0.0;
    for (std::int64_t b = 0; b < batch; ++b) {
      moment += row_sums[2 * (b * channels + c)];
      sum += row_sums[2 * (b * channels + c) + 1];
    }
    grad_gamma[c] = static_cast<T>(static_cast<double>(grad_gamma[c]) + moment);
    grad_beta[c] = static_cast<T>(static_cast<double>(grad_beta[c]) + sum);
  }
};

template <class T>
void run(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
         ConstTensorView beta, double epsilon, Activation activation) {
  const auto x = channel_shape(in);
  detail::launch("instance_norm", x.batch * x.channels,
                 InstanceNorm<T>{out.as<T>(), stats.as<T>(), in.as<T>(), gamma.as<T>(),
                                 beta.as<T>(), out.step(0), stats.step(0), in.step(0), x.channels,
                                 x.points, epsilon, activation});
}

template <class T>
void run_statistics(TensorView stats, ConstTensorView in, double epsilon) {
  const auto x = channel_shape(in);
  detail::launch("instance_norm_statistics", x.batch * x.channels,
                 Statistics<T>{stats.as<T>(), in.as<T>(), stats.step(0), in.step(0), x.channels,
                               x.points, epsilon});
}

template <class T>
void run_apply(TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
               ConstTensorView beta, Activation activation) {
  const auto x = point_shape(in);
  detail::launch("instance_norm_apply", x.batch * x.channels,
                 Apply<T>{out.as<T>(), in.as<T>(), stats.as<T>(), gamma.as<T>(), beta.as<T>(),
                          out.step(0), in.step(0), stats.step(0), out.step(1), in.step(1),
                          x.channels, x.points, activation});
}

template <class T>
void run_adjoint(Scratch& scratch, TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                 ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                 ConstTensorView gamma, ConstTensorView beta, Activation activation) {
  const auto x = channel_shape(in);
  double* row_sums = scratch.array<double>(x.batch * x.channels * 2);
  detail::launch("instance_norm_adjoint", x.batch * x.channels,
                 InstanceNormAdjoint<T>{grad_in.as<T>(), grad_out.as<T>(), in.as<T>(),
                                        stats.as<T>(), gamma.as<T>(), beta.as<T>(), row_sums,
                                        grad_in.step(0), grad_out.step(0), in.step(0),
                                        stats.step(0), x.channels, x.points, activation});
  detail::launch(
      "instance_norm_adjoint_channels", x.channels,
      AddChannelGradients<T>{grad_gamma.as<T>(), grad_beta.as<T>(), row_sums, x.batch, x.channels});
}

}  // namespace

void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(out) == x && x.points > 0);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && stats.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(gamma.dtype == in.dtype && beta.dtype == in.dtype);
  in.dtype == DType::f32 ? run<float>(out, stats, in, gamma, beta, epsilon, activation)
                         : run<double>(out, stats, in, gamma, beta, epsilon, activation);
}

void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(x.points > 0 && stats.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  in.dtype == DType::f32 ? run_statistics<float>(stats, in, epsilon)
                         : run_statistics<double>(stats, in, epsilon);
}

void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                         ConstTensorView gamma, ConstTensorView beta, Activation activation) {
  const auto x = point_shape(in);
  MYRIAD_KERNEL_EXPECT(point_shape(out) == x);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && stats.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(gamma.dtype == in.dtype && beta.dtype == in.dtype);
  in.dtype == DType::f32 ? run_apply<float>(out, in, stats, gamma, beta, activation)
                         : run_apply<double>(out, in, stats, gamma, beta, activation);
}

void instance_norm_adjoint(Scratch& scratch, TensorView grad_in, TensorView grad_gamma,
                           TensorView grad_beta, ConstTensorView grad_out, ConstTensorView in,
                           ConstTensorView stats, ConstTensorView gamma, ConstTensorView beta,
                           Activation activation) {
  const auto x = channel_shape(in);
  MYRIAD_KERNEL_EXPECT(channel_shape(grad_in) == x && channel_shape(grad_out) == x && x.points > 0);
  MYRIAD_KERNEL_EXPECT(is_vector(gamma, x.channels) && is_vector(beta, x.channels));
  MYRIAD_KERNEL_EXPECT(is_vector(grad_gamma, x.channels) && is_vector(grad_beta, x.channels));
  MYRIAD_KERNEL_EXPECT(stats.dense_from(1) && stats.size() == x.batch * x.channels * 2);
  MYRIAD_KERNEL_EXPECT(grad_in.dtype == in.dtype && grad_out.dtype == in.dtype &&
                       stats.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(grad_gamma.dtype == in.dtype && grad_beta.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(gamma.dtype == in.dtype && beta.dtype == in.dtype);
  in.dtype == DType::f32 ? run_adjoint<float>(scratch, grad_in, grad_gamma, grad_beta, grad_out, in,
                                              stats, gamma, beta, activation)
                         : run_adjoint<double>(scratch, grad_in, grad_gamma, grad_beta, grad_out,
                                               in, stats, gamma, beta, activation);
}

}  // namespace myriad::kernels::kokkos
