#include "kernels/adamw.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::AdamwStep;

class Adamw : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(Adamw, FirstStepMovesByTheLearningRateAgainstTheGradient) {
  // With m = v = 0 the bias corrections make m / sqrt(v) the sign of the gradient.
  Tensor p(*backend_, DType::f64, {3}), m(*backend_, DType::f64, {3}),
      v(*backend_, DType::f64, {3});
  Tensor g(*backend_, DType::f64, {3});
  p.assign(std::vector<double>{1.0, -2.0, 0.5});
  g.assign(std::vector<double>{3.0, -0.1, 1e-3});
  backend_->fill(m, 0.0);
  backend_->fill(v, 0.0);
  backend_->adamw(p, m, v, g, AdamwStep{.learning_rate = 0.01, .epsilon = 0.0, .step = 1});
  const std::vector<double> x = p.to_doubles();
  EXPECT_NEAR(x[0], 0.99, 1e-14);
  EXPECT_NEAR(x[1], -1.99, 1e-14);
  EXPECT_NEAR(x[2], 0.49, 1e-14);
}

TEST_P(Adamw, FollowsTheGoldenTrajectory) {
  // Five steps of PyTorch's AdamW in fp64 on the gradient sin(3 k + t): lr 0.02, betas 0.9 / 0.95,
  // eps 1e-8, decay 0.1.
  Tensor p(*backend_, DType::f64, {4}), m(*backend_, DType::f64, {4}),
      v(*backend_, DType::f64, {4});
  Tensor g(*backend_, DType::f64, {4});
  p.assign(std::vector<double>{0.5, -0.25, 1.5, 0.0});
  backend_->fill(m, 0.0);
  backend_->fill(v, 0.0);
  for (int t = 1; t <= 5; ++t) {
    std::vector<double> gradient;
    // Scaled by 4 here and by 1/4 in the step: the factor must cancel.
    for (int k = 0; k < 4; ++k) gradient.push_back(4.0 * std::sin(3.0 * k + t));
    g.assign(gradient);
    backend_->adamw(p, m, v, g,
                    AdamwStep{.learning_rate = 0.02,
                              .beta1 = 0.9,
                              .beta2 = 0.95,
                              .epsilon = 1e-8,
                              .weight_decay = 0.1,
                              .gradient_scale = 0.25,
                              .step = t});
  }
  const std::vector<double> golden = {0.43450947750427299, -0.18324560922551933, 1.4175173573433819,
                                      0.070258554641272744};
  const std::vector<double> x = p.to_doubles();
  for (std::size_t k = 0; k < golden.size(); ++k) EXPECT_NEAR(x[k], golden[k], 1e-14) << k;
}

TEST_P(Adamw, DecaysWithoutAGradient) {
  Tensor p(*backend_, DType::f32, {2}), zero(*backend_, DType::f32, {2}),
      m(*backend_, DType::f32, {2});
  Tensor v(*backend_, DType::f32, {2});
  backend_->fill(p, 2.0);
  for (Tensor* t : {&zero, &m, &v}) backend_->fill(*t, 0.0);
  backend_->adamw(p, m, v, zero, AdamwStep{.learning_rate = 0.1, .weight_decay = 0.5, .step = 7});
  for (double x : p.to_doubles()) EXPECT_NEAR(x, 1.9, 1e-7);
}

INSTANTIATE_TEST_SUITE_P(Backends, Adamw, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
