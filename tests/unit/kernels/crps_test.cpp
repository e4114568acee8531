#include "kernels/crps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

class Crps : public testing::TestWithParam<std::string> {
 protected:
  /// Score of one point.
  double score(const std::vector<double>& members, double truth, double alpha,
               DType dtype = DType::f64) {
    Tensor x(*backend_, dtype, {static_cast<std::int64_t>(members.size()), 1, 1, 1, 1}),
        y(*backend_, dtype, {1, 1, 1, 1});
    Tensor weight(*backend_, DType::f64, {1}), out(*backend_, DType::f64, {1, 1});
    x.assign(members);
    y.assign(std::vector<double>{truth});
    backend_->fill(weight, 1.0);
    backend_->crps(out, x, y, weight, alpha);
    return out.to_doubles()[0];
  }
  /// Its derivatives with respect to the members.
  std::vector<double> slope(const std::vector<double>& members, double truth, double alpha) {
    Tensor x(*backend_, DType::f64, {static_cast<std::int64_t>(members.size()), 1, 1, 1, 1});
    Tensor grad(*backend_, DType::f64, {x.dim(0), 1, 1, 1, 1}),
        y(*backend_, DType::f64, {1, 1, 1, 1});
    Tensor one(*backend_, DType::f64, {1}), coefficient(*backend_, DType::f64, {1, 1});
    x.assign(members);
    y.assign(std::vector<double>{truth});
    backend_->fill(one, 1.0);
    backend_->fill(coefficient, 1.0);
    backend_->crps_adjoint(grad, x, y, one, alpha, coefficient, kernels::Update::overwrite);
    return grad.to_doubles();
  }
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(Crps, HasTheGoldenValuesOfTheBiasedFairAndAlmostFairForms) {
  struct Row {
    std::vector<double> members;
    double truth, biased, fair, almost_fair;
  };
  const std::vector<Row> rows = {
      {{0, 1}, 0.25, 0.25, 0.0, 0.0125},
      {{0, 1}, 2.0, 1.25, 1.0, 1.0125},
      {{-1, 0, 1, 3}, 0.5, 0.4375, 1.0 / 6.0, 0.18020833333333333},
      {{2, 2, 2, 2}, 3.0, 1.0, 1.0, 1.0},
      {{1, 2, 4, 7}, 3.0, 0.75, 1.0 / 3.0, 0.95 / 3.0 + 0.05 * 0.75},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(score(row.members, row.truth, 0.0), row.biased, 1e-15);
    EXPECT_NEAR(score(row.members, row.truth, 1.0), row.fair, 1e-15);
    EXPECT_NEAR(score(row.members, row.truth, 0.95), row.almost_fair, 1e-15);
  }
}

TEST_P(Crps, OfOneMemberIsItsDistanceToTheTruth) {
  for (double alpha : {0.0, 0.95, 1.0}) EXPECT_EQ(score({2.0}, -1.5, alpha), 3.5);
}

TEST_P(Crps, OfManyQuantilesOfANormalIsThatOfTheNormal) {
  // Quantiles (i - 1/2) / M of N(0, 1) by bisection of the distribution function; the biased score
  // tends to the integral with an error of order 1 / M^2.
  std::vector<double> members;
  constexpr int count = 601;
  for (int i = 0; i < count; ++i) {
    const double p = (i + 0.5) / count;
    double low = -10, high = 10;
    for (int k = 0; k < 60; ++k) {
      const double middle = 0.5 * (low + high);
      (0.5 * std::erfc(-middle * std::sqrt(0.5)) < p ? low : high) = middle;
    }
    members.push_back(low);
  }
  EXPECT_NEAR(score(members, 0.0, 0.0), 0.23369497725510913, 2e-5);
  EXPECT_NEAR(score(members, 1.0, 0.0), 0.602441358, 2e-5);
}

TEST_P(Crps, IsUnchangedByAPermutationOfTheMembers) {
  std::vector<double> members(37);
  std::iota(members.begin(), members.end(), -11.0);
  const double sorted = score(members, 3.3, 1.0);
  for (std::size_t k = 0; k < members.size(); ++k)
    std::swap(members[k], members[k * 17 % members.size()]);
  EXPECT_NEAR(score(members, 3.3, 1.0), sorted, 1e-13);
}

TEST_P(Crps, KeepsItsDigitsOnTopOfALargeMean) {
  // Geopotential-like numbers in single precision: differences are exact, sums of the values would
  // not be.
  const std::vector<double> members = {54000.5, 54001.0, 54003.5, 53998.0, 54000.0};
  std::vector<double> anomalies = members;
  for (double& x : anomalies) x -= 54000.0;
  EXPECT_NEAR(score(members, 54001.5, 1.0, DType::f32), score(anomalies, 1.5, 1.0), 1e-12);
}

TEST_P(Crps, OfEqualMembersHasNoSlopeAtTheTruth) {
  for (double g : slope({1.0, 1.0, 1.0}, 1.0, 0.95)) EXPECT_EQ(g, 0.0);
}

TEST_P(Crps, SlopeIsTheSignsOfTheDifferences) {
  // members 0, 1, 3 and truth 2, fair: 1/3 sgn(x - y) - 1/6 sum sgn(x - x_j)
  const std::vector<double> g = slope({0.0, 1.0, 3.0}, 2.0, 1.0);
  EXPECT_NEAR(g[0], -1.0 / 3.0 + 2.0 / 6.0, 1e-15);
  EXPECT_NEAR(g[1], -1.0 / 3.0, 1e-15);
  EXPECT_NEAR(g[2], 1.0 / 3.0 - 2.0 / 6.0, 1e-15);
}

TEST_P(Crps, KeepsNaNVisible) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t bad = 0; bad < 5; ++bad) {
    std::vector<double> members = {3.0, 1.0, 2.0, 5.0, 4.0};
    members[bad] = nan;
    EXPECT_TRUE(std::isnan(score(members, 2.5, 0.95))) << bad;
    EXPECT_TRUE(std::isnan(score(members, 2.5, 0.95, DType::f32))) << bad;
  }
  EXPECT_TRUE(std::isnan(score({1.0, 2.0}, nan, 0.95)));
}

INSTANTIATE_TEST_SUITE_P(Backends, Crps, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
