#include "diagnostics/ensemble_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

constexpr int k_trials = 200000;

/// Mean over trials of \p value of \p size members drawn from \p members with replacement.
template <class Value>
double resampled(const std::vector<double>& members, int size, Value&& value) {
  std::mt19937 engine(11);
  std::uniform_int_distribution<std::size_t> pick(0, members.size() - 1);
  std::vector<double> draw(static_cast<std::size_t>(size));
  double sum = 0.0;
  for (int t = 0; t < k_trials; ++t) {
    for (double& v : draw) v = members[pick(engine)];
    sum += value(draw);
  }
  return sum / k_trials;
}

std::vector<double> sorted_members() {
  auto x = test::normals(40, 2);
  std::sort(x.begin(), x.end());
  return x;
}

TEST(EnsembleSize, ExpectedExtremesAgreeWithResampling) {
  const auto x = sorted_members();
  const auto w = largest_of_draws(40, 10);
  EXPECT_NEAR(std::accumulate(w.begin(), w.end(), 0.0), 1.0, 1e-15);
  double largest = 0.0, least = 0.0;
  for (std::size_t i = 0; i < 40; ++i) {
    largest += w[i] * x[i];
    least += w[39 - i] * x[i];
  }
  const auto max_of = [](const auto& d) { return *std::max_element(d.begin(), d.end()); };
  const auto min_of = [](const auto& d) { return *std::min_element(d.begin(), d.end()); };
  EXPECT_NEAR(largest, resampled(x, 10, max_of), 0.006);  // 5 standard errors
  EXPECT_NEAR(least, resampled(x, 10, min_of), 0.006);
}

TEST(EnsembleSize, ExpectedLargestOfNormalDrawsIsThatOfOrderStatistics) {
  // The ensemble is so large that drawing from it is drawing from the distribution.
  auto x = test::normals(400000, 5);
  std::sort(x.begin(), x.end());
  const auto w = largest_of_draws(400000, 50);
  double largest = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) largest += w[i] * x[i];
  EXPECT_NEAR(largest, 2.24907, 0.01);  // E[max] of 50 standard normal numbers
}

TEST(EnsembleSize, ChanceOfLyingInsideAgreesWithResamplingAlsoWithTies) {
  std::vector<double> x = sorted_members();
  for (double& v : x) v = std::round(v);  // several members equal the truth 1
  const double y = 1.0;
  double below = 0.0, above = 0.0;
  for (double v : x) {
    below += v < y ? 1.0 / 40.0 : 0.0;
    above += v > y ? 1.0 / 40.0 : 0.0;
  }
  ASSERT_LT(below + above, 1.0);
  const double found = resampled(x, 6, [&](const auto& d) {
    const auto [low, high] = std::minmax_element(d.begin(), d.end());
    return *low < y && y < *high ? 1.0 : 0.0;
  });
  EXPECT_NEAR(inside_envelope(below, above, 6), found, 5.0 * std::sqrt(0.25 / k_trials));
  EXPECT_EQ(inside_envelope(0.0, 1.0, 50), 0.0);
  EXPECT_EQ(inside_envelope(0.5, 0.5, 1), 0.0);
  EXPECT_DOUBLE_EQ(inside_envelope(0.5, 0.5, 2), 0.5);
}

TEST(EnsembleSize, IntervalOfAShareHoldsTheBinomialQuantiles) {
  // Binomial(10, 0.3): F(0) = 0.0282, F(1) = 0.1493, F(5) = 0.9527, F(6) = 0.9894.
  const Interval interval = share_interval(0.3, 10, 0.95);
  EXPECT_DOUBLE_EQ(interval.low, 0.0);
  EXPECT_DOUBLE_EQ(interval.high, 0.6);
  const Interval narrower = share_interval(0.3, 10, 0.90);
  EXPECT_DOUBLE_EQ(narrower.low, 0.1);
  EXPECT_DOUBLE_EQ(narrower.high, 0.5);
  const Interval huge = share_interval(0.01, 7424, 0.95);
  EXPECT_NEAR(huge.low, 0.01 - 1.96 * std::sqrt(0.0099 / 7424.0), 2e-4);
  EXPECT_NEAR(huge.high, 0.01 + 1.96 * std::sqrt(0.0099 / 7424.0), 2e-4);
  EXPECT_EQ(share_interval(0.0, 50, 0.95).high, 0.0);
  EXPECT_EQ(share_interval(1.0, 50, 0.95).low, 1.0);
}

TEST(EnsembleSize, SufficientIsTheFirstSizeThatHoldsTheTruth) {
  for (double below : {0.001, 0.1, 0.5}) {
    const auto size = sufficient_size(below, 0.3, 0.95, 7424);
    ASSERT_GT(size, 1);
    EXPECT_GE(inside_envelope(below, 0.3, size), 0.95);
    EXPECT_LT(inside_envelope(below, 0.3, size - 1), 0.95);
  }
  // One side alone decides: ln 0.05 / ln(1 - 0.001).
  EXPECT_EQ(sufficient_size(0.001, 0.999, 0.95, 7424), 2995);
  EXPECT_EQ(sufficient_size(0.0, 1.0, 0.95, 7424), 0);
  EXPECT_EQ(sufficient_size(1e-5, 0.9, 0.95, 7424), 0);
}

TEST(EnsembleSize, LargestDeviationOfNormalNumbers) {
  // sfno.md 8.4.
  const std::vector<std::pair<std::int64_t, double>> table{
      {50, 2.5096},   {58, 2.5619},   {100, 2.747},  {500, 3.2416},
      {1000, 3.4354}, {5000, 3.8516}, {7424, 3.9478}};
  for (const auto& [size, value] : table)
    EXPECT_NEAR(expected_largest_deviation(size), value, 6e-5) << size;
  EXPECT_NEAR(expected_largest_deviation(1), std::sqrt(2.0 / M_PI), 1e-9);
  EXPECT_NEAR(expected_largest_deviation(2), 2.0 / std::sqrt(M_PI), 1e-9);
}

TEST(EnsembleSize, GainIsHowFarTheMostExtremeMemberLies) {
  const std::vector<double> x{-1.0, 0.0, 0.0, 0.0, 3.5};  // mean 0.5, variance 12/4
  EXPECT_DOUBLE_EQ(information_gain(x), 3.0 / std::sqrt(3.0));
  const std::vector<double> mirrored{-3.5, 0.0, 0.0, 0.0, 1.0};
  EXPECT_DOUBLE_EQ(information_gain(mirrored), information_gain(x));
  EXPECT_NEAR(information_gain(x, 1), 0.0, 1e-14);  // one draw is the mean on average
  // Two draws: E[largest] = 3.5 (1 - 0.64) - 1/25.
  EXPECT_NEAR(information_gain(x, 2), (3.5 * 0.36 - 0.04 - 0.5) / std::sqrt(3.0), 1e-14);
  EXPECT_NEAR(information_gain(x, 1000), information_gain(x), 1e-12);
}

TEST(EnsembleSize, ChanceOfAnyMemberAndTheBestOne) {
  // generative.md 9.1.
  EXPECT_NEAR(chance_of_any(1e-3, 50), 0.049, 5e-4);
  EXPECT_NEAR(chance_of_any(1e-3, 7424), 0.999, 5e-4);
  EXPECT_NEAR(chance_of_any(6.334e-5, 7424), 0.375, 5e-4);
  EXPECT_NEAR(chance_of_any(1e-18, 10) / 1e-17, 1.0, 1e-12);
  EXPECT_EQ(chance_of_any(1.0, 1), 1.0);
  const std::vector<double> errors{1.0, 2.0, 4.0};
  EXPECT_DOUBLE_EQ(best_of_draws(errors, 1), 7.0 / 3.0);
  // Two draws of three: the best is 1 in 5 of 9 cases, 2 in 3, 4 in 1.
  EXPECT_NEAR(best_of_draws(errors, 2), (5.0 + 6.0 + 4.0) / 9.0, 1e-14);
}

}  // namespace
}  // namespace myriad::diag
