#include "pipelines/bench/bench_roofs.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>
#include <vector>

#include "kernels/gemm.hpp"
#include "src/backend/tensor.hpp"
#include "src/model/sfno_bench.hpp"

namespace myriad::pipelines {

using kernels::DType;
using kernels::kokkos::GemmProvider;

namespace {

double& rate_of(Roofs& roofs, DType dtype) { return roofs.flops[static_cast<std::size_t>(dtype)]; }

/// Median rate of a square product with such weights on such fields, on a GPU.
double product_rate(Backend& backend, DType weight_type, DType field_type, double seconds) {
  const std::int64_t size = roof_extent(backend);
  Tensor in(backend, field_type, {1, size, size}), out(backend, field_type, {1, size, size});
  Tensor weight(backend, weight_type, {size, size}), random(backend, DType::f32, {1, size, size});
  const std::uint32_t member = 1;
  backend.fill_normal(random, {1, 1000, 0}, std::span(&member, 1));  // zeros would draw less power and run faster
  backend.copy(in, random);
  backend.copy(weight, random.view().reshape({size, size}));
  std::vector<double> times;
  for (double total = 0.0; times.size() < 6 || total < seconds; total += times.back()) {
    const auto begin = std::chrono::steady_clock::now();
    backend.conv1x1(out, in, weight, ConstTensorView(), kernels::Activation::none, kernels::Update::overwrite);
    backend.fence();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin() + 1, times.end());  // the first prepares
  return 2.0 * std::pow(static_cast<double>(size), 3) / times[times.size() / 2];
}

}  // namespace

double Roofs::floor_seconds(const Work& work) const {
  double products = 0.0;
  for (std::size_t d = 0; d < flops.size(); ++d) {
    if (work.least_flop[d] == 0.0) continue;
    MYRIAD_EXPECT(flops[d] > 0.0);
    products += work.least_flop[d] / flops[d];
  }
  return std::max(products, work.bytes / bandwidth);
}

std::int64_t roof_extent(Backend& backend) {
  std::int64_t extent = 128;
  for (double seconds = 0.0; extent < 8192 && seconds < 0.02; extent *= 2) {
    seconds = 2.0 * std::pow(static_cast<double>(extent), 3) / measure_gemm_rate(backend, extent, 0.0);
  }
  return extent;
}

double openblas_rate(Backend& backend) {
  const GemmProvider before = kernels::kokkos::gemm_provider();
  if (kernels::kokkos::openblas_available()) kernels::kokkos::set_gemm_provider(GemmProvider::openblas);
  const double rate = measure_gemm_rate(backend, 1024, 0.5);
  kernels::kokkos::set_gemm_provider(before);
  return rate;
}

double gemm_roof(Backend& backend) { return std::max(openblas_rate(backend), measure_gemm_rate(backend, 1024, 0.5)); }

Roofs measured_roofs(Backend& backend, double seconds) {
  const bool cuda = std::string_view(backend.name()) == "cuda";
  Roofs roofs;
  roofs.name = "measured here";
  rate_of(roofs, DType::f32) = cuda ? measure_gemm_rate(backend, roof_extent(backend), seconds) : gemm_roof(backend);
  if (backend.supports(DType::tf32)) rate_of(roofs, DType::tf32) = product_rate(backend, DType::tf32, DType::f32, seconds);
  if (backend.supports(DType::bf16)) rate_of(roofs, DType::bf16) = product_rate(backend, DType::bf16, DType::bf16, seconds);
  // The same units at the same rate; no op multiplies large matrices of this type.
  if (backend.supports(DType::f16)) rate_of(roofs, DType::f16) = rate_of(roofs, DType::bf16);
  roofs.bandwidth = measure_copy_rate(backend, seconds);
  return roofs;
}

Roofs h200_roofs() {
  Roofs roofs;
  roofs.name = "H200";
  rate_of(roofs, DType::f32) = 67e12;
  rate_of(roofs, DType::f64) = 34e12;
  rate_of(roofs, DType::tf32) = 395e12;
  rate_of(roofs, DType::bf16) = rate_of(roofs, DType::f16) = 790e12;
  roofs.bandwidth = 4.3e12;
  return roofs;
}

}  // namespace myriad::pipelines
