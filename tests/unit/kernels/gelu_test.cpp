#include "kernels/gelu.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::reference::gelu_slope;
using kernels::reference::gelu_value;

TEST(GeluReference, HasTheValuesOfTheNormalDistribution) {
  // x Phi(x) and Phi(x) + x phi(x) from 40-digit arithmetic.
  EXPECT_DOUBLE_EQ(gelu_value(0.0), 0.0);
  EXPECT_NEAR(gelu_value(1.0), 0.84134474606854295, 2e-16);
  EXPECT_NEAR(gelu_value(-1.0), -0.15865525393145705, 2e-16);
  EXPECT_NEAR(gelu_value(-6.0), -5.919525870226188e-09, 1e-22);
  EXPECT_NEAR(gelu_slope(0.0), 0.5, 1e-16);
  EXPECT_NEAR(gelu_slope(1.0), 1.0833154705876863, 4e-16);
  EXPECT_NEAR(gelu_slope(-2.0), -0.0852318010781967, 5e-16);
}

/// A fine scan of the range in which the function is not trivial, and beyond.
std::vector<float> scan() {
  std::vector<float> x;
  for (int k = -240000; k <= 240000; ++k) x.push_back(static_cast<float>(k) * 5e-5f);
  return x;
}

TEST(GeluSinglePrecision, IsWithinTheDocumentedErrorEverywhere) {
  const auto backend = make_backend("kokkos");
  const std::vector<float> x = scan();
  const auto count = static_cast<std::int64_t>(x.size());
  Tensor in(*backend, DType::f32, {count}), out(*backend, DType::f32, {count}),
      slope(*backend, DType::f32, {count});
  Tensor one(*backend, DType::f32, {count});
  in.assign(x);
  backend->fill(one, 1.0);
  backend->gelu(out, in);
  backend->gelu_adjoint(slope, one, in);
  const std::vector<float> value = out.to_floats(), derivative = slope.to_floats();
  double worst = 0.0, worst_slope = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double v = x[k];
    worst = std::max(worst, std::abs(value[k] - gelu_value(v)) / std::max(1.0, std::abs(v)));
    worst_slope = std::max(worst_slope, std::abs(derivative[k] - gelu_slope(v)));
  }
  EXPECT_LE(worst, 1.7e-7);
  EXPECT_LE(worst_slope, 2.5e-7);
}

TEST(GeluSinglePrecision, IsExactlyTheIdentityOrZeroFarFromTheOrigin) {
  const auto backend = make_backend("kokkos");
  Tensor in(*backend, DType::f32, {6}), out(*backend, DType::f32, {6});
  const std::vector<float> x = {6.0f, 1000.0f, 3e38f, -6.0f, -1000.0f, -3e38f};
  in.assign(x);
  backend->gelu(out, in);
  const std::vector<float> y = out.to_floats();
  for (int k = 0; k < 3; ++k)
    EXPECT_EQ(y[static_cast<std::size_t>(k)], x[static_cast<std::size_t>(k)]);
  for (int k = 3; k < 6; ++k) EXPECT_EQ(y[static_cast<std::size_t>(k)], 0.0f);
}

TEST(GeluSinglePrecision, KeepsNaNVisible) {
  const auto backend = make_backend("kokkos");
  Tensor in(*backend, DType::f32, {3}), out(*backend, DType::f32, {3});
  in.assign(std::vector<float>{1.0f, std::numeric_limits<float>::quiet_NaN(), -1.0f});
  backend->gelu(out, in);
  EXPECT_EQ(backend->count_nonfinite(out), 1);
}

}  // namespace
}  // namespace myriad
