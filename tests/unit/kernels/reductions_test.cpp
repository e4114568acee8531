#include "kernels/reductions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

class Reductions : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(Reductions, SumOfSquaresOfIntegersIsExact) {
  for (std::int64_t count : {1, 31, 32, 33, 4095, 4096, 4097, 70000}) {
    Tensor x(*backend_, DType::f32, {count});
    std::vector<double> values(static_cast<std::size_t>(count));
    double expected = 0.0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = static_cast<double>(k % 97) - 48.0;
      expected += values[k] * values[k];
    }
    x.assign(values);
    EXPECT_EQ(backend_->sum_of_squares(x), expected) << count;
  }
}

TEST_P(Reductions, SumOfSquaresKeepsSmallTermsBesideLargeOnes) {
  // A running fp32 sum would drop every one of the small terms.
  Tensor x(*backend_, DType::f32, {100001});
  std::vector<double> values(100001, 1e-3);
  values[50000] = 1e3;
  x.assign(values);
  const double small = static_cast<double>(1e-3f);
  EXPECT_NEAR(backend_->sum_of_squares(x), 1e6 + 1e5 * small * small, 1e-6);
}

TEST_P(Reductions, CountsEveryKindOfNonFiniteNumber) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (DType dtype : {DType::f32, DType::f64}) {
    std::vector<double> values(9001, 1.0);
    values[0] = nan;
    values[4095] = inf;
    values[4096] = -inf;
    values[9000] = -nan;
    values[17] = 1e-310;  // a denormal, or zero in single precision, is finite
    values[18] = 3e38;
    Tensor x(*backend_, dtype, {9001});
    x.assign(values);
    EXPECT_EQ(backend_->count_nonfinite(x), 4);
  }
}

TEST_P(Reductions, SquaredErrorOfAConstantDifferenceIsItsSquareTimesTheSumOfWeights) {
  Tensor a(*backend_, DType::f32, {2, 3, 4, 70}), b(*backend_, DType::f32, {2, 3, 4, 70});
  Tensor weight(*backend_, DType::f64, {4}), out(*backend_, DType::f64, {2, 3});
  backend_->fill(a, 3.0);
  backend_->fill(b, 1.5);
  weight.assign(std::vector<double>{0.125, 0.375, 0.375, 0.125});
  backend_->weighted_squared_error(out, a, b, weight);
  for (double v : out.to_doubles()) EXPECT_EQ(v, 2.25);
}

TEST_P(Reductions, SquaredErrorIgnoresRowsOfZeroWeight) {
  Tensor a(*backend_, DType::f32, {1, 1, 2, 40}), b(*backend_, DType::f32, {1, 1, 2, 40});
  Tensor weight(*backend_, DType::f64, {2}), out(*backend_, DType::f64, {1, 1});
  backend_->fill(a, 1.0);
  backend_->fill(b, 1.0);
  backend_->fill(b.view().slice(2, 0, 1), 100.0);
  weight.assign(std::vector<double>{0.0, 1.0});
  backend_->weighted_squared_error(out, a, b, weight);
  EXPECT_EQ(out.to_doubles()[0], 0.0);
}

INSTANTIATE_TEST_SUITE_P(Backends, Reductions, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
