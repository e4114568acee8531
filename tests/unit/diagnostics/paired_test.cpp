#include "diagnostics/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "diagnostics/paired_comparison.hpp"

namespace myriad::diag {
namespace {

std::vector<double> normal_draws(std::size_t count, std::uint64_t seed, double mean, double width) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(mean, width);
  std::vector<double> out(count);
  for (double& v : out) v = normal(engine);
  return out;
}

TEST(StartwiseDifference, MeanIsThatOfThePairsAndAbsentValuesLeaveTheirPairOut) {
  const double absent = std::nan("");
  const std::vector<double> a{1, 2, 3, absent, 5, 6, 9}, b{2, 2, 2, 2, absent, 2, 2};
  const StartwiseDifference d = paired_difference(a, b, Orientation::small_is_good);
  EXPECT_EQ(d.pairs, 5U);
  EXPECT_DOUBLE_EQ(d.mean, (-1.0 + 0.0 + 1.0 + 4.0 + 7.0) / 5.0);
}

TEST(StartwiseDifference, IntervalIsNearStudentsOfManyIndependentPairs) {
  const auto a = normal_draws(200, 1, 0.3, 1.0);
  const std::vector<double> b(200, 0.0);
  double mean = 0.0, square = 0.0;
  for (double v : a) mean += v / 200.0;
  for (double v : a) square += (v - mean) * (v - mean) / 199.0;
  const double half = 1.972 * std::sqrt(square / 200.0);  // t, 199 degrees of freedom, 97.5 %
  const StartwiseDifference d = paired_difference(a, b, Orientation::small_is_good);
  EXPECT_NEAR(d.low, mean - half, 0.15 * half);
  EXPECT_NEAR(d.high, mean + half, 0.15 * half);
  EXPECT_EQ(d.verdict, PairedVerdict::worse);
  EXPECT_EQ(paired_difference(a, b, Orientation::large_is_good).verdict, PairedVerdict::better);
}

TEST(StartwiseDifference, PairingFindsASmallGainInsideLargeScatter) {
  const auto weather = normal_draws(30, 2, 10.0, 5.0);
  const auto luck = normal_draws(30, 3, -0.5, 0.4);
  std::vector<double> better = weather;
  for (std::size_t i = 0; i < better.size(); ++i) better[i] += luck[i];
  EXPECT_EQ(paired_difference(better, weather, Orientation::small_is_good).verdict,
            PairedVerdict::better);
  // Without its partner the same gain drowns.
  std::vector<double> shuffled(weather.rbegin(), weather.rend());
  EXPECT_EQ(paired_difference(better, shuffled, Orientation::small_is_good).verdict,
            PairedVerdict::undecided);
}

TEST(StartwiseDifference, EqualSystemsAreCalledDifferentAboutOnceInTwenty) {
  int called = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto a = normal_draws(40, 100 + seed, 0.0, 1.0);
    const std::vector<double> b(40, 0.0);
    const auto verdict = paired_difference(a, b, Orientation::small_is_good).verdict;
    called += verdict == PairedVerdict::undecided ? 0 : 1;
  }
  // 5 % nominal, 6 to 7 % for percentile intervals of 40; three standard deviations on either side.
  EXPECT_GE(called, 3);
  EXPECT_LE(called, 24);
}

TEST(StartwiseDifference, FewStartsAreNotTested) {
  const std::vector<double> a{1, 1, 1, 1}, b{2, 2, 2, 2};
  const StartwiseDifference d = paired_difference(a, b, Orientation::small_is_good);
  EXPECT_EQ(d.verdict, PairedVerdict::unknown);
  EXPECT_DOUBLE_EQ(d.mean, -1.0);
}

TEST(StartwiseDifference, BlocksWidenTheIntervalOfDependentStarts) {
  std::vector<double> a;
  for (double v : normal_draws(20, 5, 0.0, 1.0)) a.insert(a.end(), 5, v);  // five alike each
  const std::vector<double> b(a.size(), 0.0);
  const StartwiseDifference alone = paired_difference(a, b, Orientation::small_is_good, 1);
  const StartwiseDifference blocks = paired_difference(a, b, Orientation::small_is_good, 5);
  EXPECT_GT(blocks.high - blocks.low, 1.5 * (alone.high - alone.low));
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

TEST(StartwiseDifference, BringsTheDieboldMarianoTestWhereStartsSuffice) {
  const auto a = normal_draws(40, 1, 0.0, 1.0), shift = normal_draws(40, 2, 0.0, 1.0);
  std::vector<double> b;
  for (std::size_t i = 0; i < a.size(); ++i) b.push_back(a[i] + 0.3 + 0.2 * shift[i]);
  const StartwiseDifference d = paired_difference(a, b, Orientation::small_is_good, 5);
  EXPECT_EQ(d.diebold_mariano, diebold_mariano(a, b, 4).p_value);  // block - 1 is more than the usual 3
  EXPECT_LT(d.diebold_mariano, 1e-4);
  EXPECT_LT(d.p_value, 0.01);
  const auto usual = paired_difference(a, b, Orientation::small_is_good);
  EXPECT_EQ(usual.diebold_mariano, diebold_mariano(a, b).p_value);
  EXPECT_GT(paired_difference(a, normal_draws(40, 3, 0.0, 1.0), Orientation::small_is_good).diebold_mariano, 0.01);
  const auto few = paired_difference(std::span(a).first(9), std::span(b).first(9), Orientation::small_is_good);
  EXPECT_TRUE(std::isnan(few.diebold_mariano));
  EXPECT_FALSE(std::isnan(few.p_value));
}

}  // namespace
}  // namespace myriad::diag
