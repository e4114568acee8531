#include "diagnostics/paired_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

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

PairedOptions options(int block = 1, Orientation orientation = Orientation::small_is_good) {
  PairedOptions made;
  made.block = block;
  made.orientation = orientation;
  return made;
}

std::vector<double> normal_draws(std::size_t count, std::uint64_t seed, double mean, double width) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(mean, width);
  std::vector<double> out(count);
  for (double& v : out) v = normal(engine);
  return out;
}

TEST(CompareStarts, MeanIsThatOfThePairsAndAbsentValuesLeaveTheirPairOut) {
  const double absent = std::nan("");
  const std::vector<double> a{1, 2, 3, absent, 5, 6, 9}, b{2, 2, 2, 2, absent, 2, 2};
  const PairedDifference d = compare_starts(a, b, options(1));
  EXPECT_EQ(d.pairs, 5U);
  EXPECT_DOUBLE_EQ(d.difference, (-1.0 + 0.0 + 1.0 + 4.0 + 7.0) / 5.0);
}

TEST(CompareStarts, IntervalIsNearStudentsOfManyIndependentPairs) {
  const auto a = normal_draws(200, 1, 0.3, 1.0);
  const std::vector<double> b(200, 0.0);
  double mean = 0.0, square = 0.0;
  for (double v : a) mean += v / 200.0;
  for (double v : a) square += (v - mean) * (v - mean) / 199.0;
  const double half = 1.972 * std::sqrt(square / 200.0);  // t, 199 degrees of freedom, 97.5 %
  const PairedDifference d = compare_starts(a, b, options(1));
  EXPECT_NEAR(d.interval.low, mean - half, 0.15 * half);
  EXPECT_NEAR(d.interval.high, mean + half, 0.15 * half);
  EXPECT_EQ(d.verdict, PairedVerdict::worse);
  EXPECT_EQ(compare_starts(a, b, options(1, Orientation::large_is_good)).verdict, PairedVerdict::better);
}

TEST(CompareStarts, PairingFindsASmallGainInsideLargeScatter) {
  const auto weather = normal_draws(30, 2, 10.0, 5.0);
  const auto luck = normal_draws(30, 3, -0.5, 0.4);
  std::vector<double> better = weather;
  for (std::size_t i = 0; i < better.size(); ++i) better[i] += luck[i];
  EXPECT_EQ(compare_starts(better, weather, options(1)).verdict,
            PairedVerdict::better);
  // Without its partner the same gain drowns.
  std::vector<double> shuffled(weather.rbegin(), weather.rend());
  EXPECT_EQ(compare_starts(better, shuffled, options(1)).verdict,
            PairedVerdict::undecided);
}

TEST(CompareStarts, EqualSystemsAreCalledDifferentAboutOnceInTwenty) {
  int called = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto a = normal_draws(40, 100 + seed, 0.0, 1.0);
    const std::vector<double> b(40, 0.0);
    const auto verdict = compare_starts(a, b, options(1)).verdict;
    called += verdict == PairedVerdict::undecided ? 0 : 1;
  }
  // 5 % nominal, 6 to 7 % for percentile intervals of 40; three standard deviations on either side.
  EXPECT_GE(called, 3);
  EXPECT_LE(called, 24);
}

TEST(CompareStarts, FewStartsAreNotTested) {
  const std::vector<double> a{1, 1, 1, 1}, b{2, 2, 2, 2};
  const PairedDifference d = compare_starts(a, b, options(1));
  EXPECT_EQ(d.verdict, PairedVerdict::unknown);
  EXPECT_DOUBLE_EQ(d.difference, -1.0);
}

TEST(CompareStarts, BlocksWidenTheIntervalOfDependentStarts) {
  std::vector<double> a;
  for (double v : normal_draws(20, 5, 0.0, 1.0)) a.insert(a.end(), 5, v);  // five alike each
  const std::vector<double> b(a.size(), 0.0);
  const PairedDifference alone = compare_starts(a, b, options(1));
  const PairedDifference blocks = compare_starts(a, b, options(5));
  EXPECT_GT(blocks.interval.high - blocks.interval.low, 1.5 * (alone.interval.high - alone.interval.low));
}

TEST(StartsPerBlock, CoversFiveDaysButNeverMoreThanAThird) {
  const auto starts = [](int count, std::int64_t hours) {
    std::vector<Instant> list;
    for (int i = 0; i < count; ++i)
      list.push_back(Instant::parse("2003-01-01") + Duration::hours(hours * i));
    return list;
  };
  EXPECT_EQ(starts_per_block(starts(30, 24)), 5);
  EXPECT_EQ(starts_per_block(starts(100, 6)), 20);
  EXPECT_EQ(starts_per_block(starts(24, 360)), 1);
  EXPECT_EQ(starts_per_block(starts(9, 12)), 3);
  EXPECT_EQ(starts_per_block(starts(1, 24)), 1);
}

TEST(Orientations, CorrelationsAreGoodWhenLarge) {
  EXPECT_EQ(orientation_of("acc"), Orientation::large_is_good);
  EXPECT_EQ(orientation_of("crpss_fair"), Orientation::large_is_good);
  EXPECT_EQ(orientation_of("rmse"), Orientation::small_is_good);
  EXPECT_EQ(orientation_of("crps_fair"), Orientation::small_is_good);
}

TEST(CompareStarts, BringsTheDieboldMarianoTestWhereStartsSuffice) {
  const auto a = normal_draws(40, 1, 0.0, 1.0), shift = normal_draws(40, 2, 0.0, 1.0);
  std::vector<double> b;
  for (std::size_t i = 0; i < a.size(); ++i) b.push_back(a[i] + 0.3 + 0.2 * shift[i]);
  const PairedDifference d = compare_starts(a, b, options(5));
  EXPECT_EQ(d.diebold_mariano, diebold_mariano(a, b, 4).p_value);  // block - 1 is more than the usual 3
  EXPECT_LT(d.diebold_mariano, 1e-4);
  EXPECT_LT(d.p_value, 0.01);
  const auto usual = compare_starts(a, b, options(1));
  EXPECT_EQ(usual.diebold_mariano, diebold_mariano(a, b).p_value);
  EXPECT_GT(compare_starts(a, normal_draws(40, 3, 0.0, 1.0), options(1)).diebold_mariano, 0.01);
  const auto few = compare_starts(std::span(a).first(9), std::span(b).first(9), options(1));
  EXPECT_TRUE(std::isnan(few.diebold_mariano));
  EXPECT_FALSE(std::isnan(few.p_value));
}

}  // namespace
}  // namespace myriad::diag
