#include "diagnostics/paired_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

/// First-order autoregressive series of variance 1/(1 - phi^2) around \p mean.
std::vector<double> autoregressive(std::size_t count, double phi, double mean, std::uint64_t seed) {
  auto series = test::normals(count, seed);
  series[0] /= std::sqrt(1.0 - phi * phi);
  for (std::size_t t = 1; t < count; ++t) series[t] += phi * series[t - 1];
  for (double& v : series) v += mean;
  return series;
}

const std::vector<double> k_none(100, 0.0);

TEST(PairedComparison, DaysThatAreHardForBothCancel) {
  // Scores that vary by 5 from day to day; the second system is worse by 0.2 +- 0.1.
  const auto weather = test::normals(100, 1), noise = test::normals(100, 2);
  std::vector<double> first, second;
  for (std::size_t t = 0; t < 100; ++t) {
    first.push_back(10.0 + 5.0 * weather[t]);
    second.push_back(first.back() + 0.2 + 0.1 * noise[t]);
  }
  const auto found = compare_means(first, second);
  EXPECT_NEAR(found.difference, -0.2, 0.03);
  EXPECT_NEAR(found.interval.high - found.interval.low, 2.0 * 1.96 * 0.1 / 10.0, 0.008);
  EXPECT_LT(found.interval.high, 0.0);
  EXPECT_DOUBLE_EQ(found.p_value, 1.0 / 2001.0);
  const auto same = compare_means(first, first);
  EXPECT_EQ(same.difference, 0.0);
  EXPECT_EQ(same.p_value, 1.0);
}

TEST(PairedComparison, IntervalsOfIndependentDatesHoldTheTruthAsOftenAsStated) {
  int held = 0, rejected = 0, dm_rejected = 0;
  const int experiments = 400;
  PairedOptions options;
  options.replicates = 300;
  options.level = 0.9;
  for (int e = 0; e < experiments; ++e) {
    const auto d = test::normals(100, 1000 + static_cast<std::uint64_t>(e));
    const auto found = compare_means(d, k_none, options);
    held += found.interval.low <= 0.0 && 0.0 <= found.interval.high ? 1 : 0;
    rejected += found.p_value <= 0.1 ? 1 : 0;
    dm_rejected += diebold_mariano(d, k_none, 0).p_value <= 0.1 ? 1 : 0;
  }
  // 360 +- 6 expected; the bootstrap of 100 dates is a little too sure.
  EXPECT_NEAR(held, 360, 24);
  EXPECT_NEAR(rejected, 40, 24);
  EXPECT_NEAR(dm_rejected, 40, 20);
}

TEST(PairedComparison, BlocksRepairWhatCorrelatedDatesSpoil) {
  int held_single = 0, held_block = 0;
  PairedOptions single, block;
  single.replicates = block.replicates = 300;
  block.block = 10;
  for (int e = 0; e < 300; ++e) {
    const auto d = autoregressive(100, 0.6, 0.0, 5000 + static_cast<std::uint64_t>(e));
    const auto holds = [&](const PairedOptions& options) {
      const auto found = compare_means(d, k_none, options);
      return found.interval.low <= 0.0 && 0.0 <= found.interval.high ? 1 : 0;
    };
    held_single += holds(single);
    held_block += holds(block);
  }
  // The variance of the mean is 4 times that of independent dates: single dates hold in
  // P(|z| < 1.96/2) = 67 %.
  EXPECT_NEAR(held_single, 202, 30);
  EXPECT_GT(held_block, 252);  // 84 %
}

TEST(PairedComparison, NeweyWestFindsTheVarianceOfAnAutoregressiveSeries) {
  // sum of all autocovariances: sigma^2 / (1 - phi)^2 = 4 for phi = 0.5.
  const auto d = autoregressive(100000, 0.5, 3.0, 7);
  const std::vector<double> none(d.size(), 0.0);
  EXPECT_NEAR(diebold_mariano(d, none, 100).long_run_variance, 4.0, 0.25);
  EXPECT_NEAR(diebold_mariano(d, none, 0).long_run_variance, 4.0 / 3.0, 0.03);
  EXPECT_EQ(diebold_mariano(k_none, k_none).lags, 4);
}

TEST(PairedComparison, DieboldMarianoByHand) {
  // d = 1, 2, 4, 1: mean 2, deviations -1, 0, 2, -1; covariances 6/4 and (0 + 0 - 2)/4.
  const std::vector<double> first{2.0, 3.0, 5.0, 2.0}, second{1.0, 1.0, 1.0, 1.0};
  const auto test = diebold_mariano(first, second, 1);
  EXPECT_DOUBLE_EQ(test.long_run_variance, 1.5 + 2.0 * 0.5 * -0.5);
  EXPECT_DOUBLE_EQ(test.statistic, 2.0 / std::sqrt(1.0 / 4.0));
  EXPECT_DOUBLE_EQ(test.p_value, student_two_sided(4.0, 3.0));
  EXPECT_EQ(diebold_mariano(first, first).p_value, 1.0);
  EXPECT_EQ(diebold_mariano(second, std::vector<double>(4, 0.0)).p_value, 0.0);
}

TEST(PairedComparison, OfAScoreIsPooledAsTheScoreDemands) {
  std::vector<Moments> first(30), second(30);
  const auto z = test::normals(60, 9);
  double mse_first = 0.0, mse_second = 0.0;
  for (std::size_t t = 0; t < 30; ++t) {
    const double a = z[t] * z[t], b = 1.5 * a + 0.01 * z[30 + t] * z[30 + t];
    first[t](Forecast::ensemble_mean, ErrorMoment::squared) = a;
    second[t](Forecast::ensemble_mean, ErrorMoment::squared) = b;
    mse_first += a / 30.0;
    mse_second += b / 30.0;
  }
  const auto found = compare_scores(find_score("rmse"), {first, 50}, {second, 10});
  EXPECT_NEAR(found.difference, std::sqrt(mse_first) - std::sqrt(mse_second), 1e-14);
  EXPECT_LT(found.interval.high, 0.0);
  EXPECT_LT(found.p_value, 0.01);
  EXPECT_TRUE(
      std::isnan(compare_scores(find_score("crps_fair"), {first, 50}, {second, 10}).p_value));
}

TEST(PairedComparison, NeedsThreeDatesAndFiniteScores) {
  const std::vector<double> two{1.0, 2.0};
  const auto found = compare_means(two, std::vector<double>{0.0, 0.0});
  EXPECT_DOUBLE_EQ(found.difference, 1.5);
  EXPECT_TRUE(std::isnan(found.p_value));
  EXPECT_TRUE(std::isnan(found.interval.low));
  try {
    compare_means(std::vector<double>{1.0, std::nan(""), 2.0}, std::vector<double>{1.0, 1.0, 1.0});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2543");
  }
}

TEST(PairedComparison, ManyTestsAreHeldToTheShareOfFalseDiscoveries) {
  // The example of Benjamini and Hochberg 1995, section 3.2: at 0.05 the first four count.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  EXPECT_EQ(discovery_limit(p, 0.05), 0.0095);
  EXPECT_EQ(discovery_limit(std::vector<double>{0.2, 0.9}, 0.05), 0.0);
  EXPECT_EQ(discovery_limit({}, 0.05), 0.0);
}

}  // namespace
}  // namespace myriad::diag
