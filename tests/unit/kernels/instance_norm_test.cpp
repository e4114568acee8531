#include "kernels/instance_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::Activation;

class InstanceNorm : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(InstanceNorm, KeepsItsDigitsOnTopOfALargeMean) {
  // Temperature-like numbers, 300 with a spread of 0.1: E[x^2] - E[x]^2 in fp32 would lose the
  // variance altogether.
  constexpr std::int64_t points = 64 * 128;
  Tensor in(*backend_, DType::f32, {1, 1, points}), out(*backend_, DType::f32, {1, 1, points});
  Tensor stats(*backend_, DType::f32, {1, 1, 2}), gamma(*backend_, DType::f32, {1}),
      beta(*backend_, DType::f32, {1});
  std::vector<float> values;
  for (std::int64_t k = 0; k < points; ++k) {
    values.push_back(300.0f + 0.1f * static_cast<float>(std::sin(0.37 * static_cast<double>(k))));
  }
  in.assign(values);
  backend_->fill(gamma, 1.0);
  backend_->fill(beta, 0.0);
  backend_->instance_norm(out, stats, in, gamma, beta, 1e-6, Activation::none);
  double mean = 0.0, square = 0.0;
  for (float v : values) mean += v;
  mean /= static_cast<double>(points);
  for (float v : values) square += (v - mean) * (v - mean);
  const double rstd = 1.0 / std::sqrt(square / static_cast<double>(points) + 1e-6);
  const std::vector<double> saved = stats.to_doubles();
  EXPECT_NEAR(saved[0], mean, 300.0 * 6e-8);
  EXPECT_NEAR(saved[1], rstd, 2e-6 * rstd);
  const std::vector<float> y = out.to_floats();
  // The mean itself is rounded to fp32: 1.5e-5 of 300, or 2e-4 of the spread.
  for (std::size_t k = 0; k < y.size(); ++k)
    ASSERT_NEAR(y[k], (values[k] - mean) * rstd, 3e-4) << k;
}

TEST_P(InstanceNorm, OfAConstantFieldIsTheShift) {
  Tensor in(*backend_, DType::f32, {2, 3, 50}), out(*backend_, DType::f32, {2, 3, 50});
  Tensor stats(*backend_, DType::f32, {2, 3, 2}), gamma(*backend_, DType::f32, {3}),
      beta(*backend_, DType::f32, {3});
  backend_->fill(in, 7.25);
  backend_->fill(gamma, 2.0);
  beta.assign(std::vector<double>{1.0, -1.0, 0.5});
  backend_->instance_norm(out, stats, in, gamma, beta, 1e-6, Activation::none);
  const std::vector<double> y = out.to_doubles();
  for (std::size_t k = 0; k < y.size(); ++k)
    EXPECT_EQ(y[k], (std::vector<double>{1.0, -1.0, 0.5})[k / 50 % 3]);
}

TEST_P(InstanceNorm, WorksInPlace) {
  Tensor a(*backend_, DType::f32, {2, 3, 35}), b(*backend_, DType::f32, {2, 3, 35}),
      grad(*backend_, DType::f32, {2, 3, 35});
  Tensor grad_in(*backend_, DType::f32, {2, 3, 35}), stats(*backend_, DType::f32, {2, 3, 2});
  Tensor gamma(*backend_, DType::f32, {3}), beta(*backend_, DType::f32, {3});
  Tensor gg(*backend_, DType::f32, {3}), gb(*backend_, DType::f32, {3});
  const std::vector<std::uint32_t> members = {1, 2};
  backend_->fill_normal(a, {.seed = 1}, members);
  backend_->fill_normal(grad, {.seed = 2}, members);
  gamma.assign(std::vector<double>{1.0, 2.0, -0.5});
  beta.assign(std::vector<double>{0.1, 0.2, 0.3});
  for (Tensor* t : {&gg, &gb}) backend_->fill(*t, 0.0);
  backend_->instance_norm(b, stats, a, gamma, beta, 1e-6, Activation::gelu);
  backend_->instance_norm_adjoint(grad_in, gg, gb, grad, a, stats, gamma, beta, Activation::gelu);
  backend_->instance_norm_adjoint(grad, gg, gb, grad, a, stats, gamma, beta, Activation::gelu);
  EXPECT_EQ(grad.to_doubles(), grad_in.to_doubles());
  backend_->instance_norm(a, stats, a, gamma, beta, 1e-6, Activation::gelu);
  EXPECT_EQ(a.to_doubles(), b.to_doubles());
}

INSTANTIATE_TEST_SUITE_P(Backends, InstanceNorm, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
