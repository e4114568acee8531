#include "src/model/sfno_bench.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace myriad {

namespace {

struct Samples {
  double median, fastest;
  int count;
};

template <class Action>
Samples repeat(double seconds, const Action& action) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); };
  action();
  std::vector<double> times;
  const Clock::time_point begin = Clock::now();
  while (times.size() < 5 || since(begin) < seconds) {
    const Clock::time_point start = Clock::now();
    action();
    times.push_back(since(start));
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), static_cast<int>(times.size())};
}

void fill_random(Backend& backend, TensorView view, std::uint32_t member) {
  backend.fill_normal(TensorView(view.data, view.dtype, {1, view.size()}), {1, 1000, 0}, std::span(&member, 1));
}

}  // namespace

double forward_flops(const SfnoConfig& c) {
  const auto as_double = [](std::int64_t n) { return static_cast<double>(n); };
  const double embed = as_double(c.embed_dim);
  const double outer = as_double(c.nlat * c.nlon);
  const double inner = as_double(c.internal_nlat() * c.internal_nlon());
  const kernels::SpectralLayout layout{c.lmax(), c.mmax()};
  const double coefficients = as_double(layout.size());
  const auto transform = [&](std::int64_t nlat, std::int64_t nlon) {
    return embed * (2.0 * coefficients * as_double(nlat) + as_double(nlat) * 2.5 * as_double(nlon) * std::log2(as_double(nlon)));
  };
  double flops = 2.0 * outer * embed * (as_double(c.in_channels) + embed);        // encoder
  flops += 2.0 * outer * embed * (embed + as_double(c.out_channels));             // decoder
  flops += 2.0 * outer * as_double(c.in_channels) * as_double(c.out_channels);    // big skip
  for (std::int64_t b = 0; b < c.layers; ++b) {
    const bool first = b == 0, last = b == c.layers - 1;
    const double points = last ? outer : inner;
    flops += transform(first ? c.nlat : c.internal_nlat(), first ? c.nlon : c.internal_nlon());
    flops += transform(last ? c.nlat : c.internal_nlat(), last ? c.nlon : c.internal_nlon());
    flops += 8.0 * coefficients * embed * embed;
    flops += 2.0 * points * embed * embed * (2.0 * as_double(c.mlp_ratio) + 1.0);
  }
  return flops;
}

std::vector<SfnoTiming> bench_sfno(kernels::Backend& backend, const SfnoConfig& config, std::int64_t batch,
                                   double seconds, SfnoPasses passes) {
  ParameterSet parameters(backend, DType::f32, sfno_parameters(config));
  parameters.initialise(1);
  Sfno network(backend, config, parameters);
  if (config.output_scale) {
    network.set_output_scale(std::vector<double>(static_cast<std::size_t>(config.out_channels), 0.1));
  }
  Tensor in(backend, DType::f32, {batch, config.in_channels, config.nlat, config.nlon});
  Tensor out(backend, DType::f32, {batch, config.out_channels, config.nlat, config.nlon});
  fill_random(backend, in, 0);
  const std::string size = fmt::format("{}x{} embed {} layers {} batch {} f32", config.nlat, config.nlon,
                                       config.embed_dim, config.layers, batch);
  const double flops = forward_flops(config) * static_cast<double>(batch);
  std::vector<SfnoTiming> rows;
  const Samples forward = repeat(seconds, [&] {
    network.forward(out, in, nullptr);
    backend.fence();
  });
  rows.push_back({"forward " + size, forward.median, forward.fastest, forward.count, flops});
  if (passes == SfnoPasses::forward) return rows;
  SfnoTape tape;
  const Samples both = repeat(seconds, [&] {
    network.forward(out, in, &tape);
    backend.fill(parameters.gradients(), 0.0);
    network.backward(TensorView(), std::as_const(out).view(), std::as_const(in).view(), tape);
    backend.fence();
  });
  rows.push_back({"forward+backward " + size, both.median, both.fastest, both.count, 3.0 * flops});
  return rows;
}

double measure_gemm_rate(kernels::Backend& backend, std::int64_t size, double seconds) {
  Tensor in(backend, DType::f32, {1, size, size}), out(backend, DType::f32, {1, size, size});
  Tensor weight(backend, DType::f32, {size, size});
  fill_random(backend, in, 1);
  fill_random(backend, weight, 2);
  const Samples samples = repeat(seconds, [&] {
    backend.conv1x1(out, in, weight, ConstTensorView(), kernels::Activation::none, kernels::Update::overwrite);
    backend.fence();
  });
  return 2.0 * std::pow(static_cast<double>(size), 3) / samples.median;
}

double measure_copy_rate(kernels::Backend& backend, double seconds) {
  const std::int64_t size = std::int64_t{1} << 27;  // 512 MiB of f32: beyond any cache
  Tensor in(backend, DType::f32, {size}), out(backend, DType::f32, {size});
  backend.fill(in, 1.0);
  const Samples samples = repeat(seconds, [&] {
    backend.copy(out, in);
    backend.fence();
  });
  return 2.0 * static_cast<double>(in.bytes()) / samples.median;
}

}  // namespace myriad
