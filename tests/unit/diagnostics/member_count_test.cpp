#include "diagnostics/member_count.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "diagnostics/distributions.hpp"

namespace myriad::diag {
namespace {

TEST(MemberCount, IntervalsOfTheLiterature) {
  // 81 of 263 (Newcombe 1998, table I): Wilson 0.2553-0.3662, exact 0.2527-0.3676.
  const auto wilson = probability_interval(81.0 / 263.0, 263, 0.95);
  EXPECT_NEAR(wilson.low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson.high, 0.3662, 5e-5);
  const auto exact = probability_interval(81.0 / 263.0, 263, 0.95, ShareInterval::exact);
  EXPECT_NEAR(exact.low, 0.2527, 5e-5);
  EXPECT_NEAR(exact.high, 0.3676, 5e-5);
  // 56/70 - 48/80 (Newcombe 1998b, table II): 0.0524-0.3339.
  const auto difference = difference_interval(56.0 / 70.0, 70, 48.0 / 80.0, 80, 0.95);
  EXPECT_NEAR(difference.low, 0.0524, 5e-5);
  EXPECT_NEAR(difference.high, 0.3339, 5e-5);
}

TEST(MemberCount, NoneOrAllOfTheMembers) {
  // Wilson: z^2 / (n + z^2); exact: 1 - (alpha/2)^(1/n).
  const double z2 = 1.959963984540054 * 1.959963984540054;
  const auto wilson = probability_interval(0.0, 50, 0.95);
  EXPECT_EQ(wilson.low, 0.0);
  EXPECT_NEAR(wilson.high, z2 / (50.0 + z2), 1e-12);
  const auto exact = probability_interval(0.0, 50, 0.95, ShareInterval::exact);
  EXPECT_EQ(exact.low, 0.0);
  EXPECT_NEAR(exact.high, 1.0 - std::pow(0.025, 1.0 / 50.0), 1e-10);
  EXPECT_EQ(probability_interval(1.0, 50, 0.95).high, 1.0);
  EXPECT_NEAR(probability_interval(1.0, 50, 0.95, ShareInterval::exact).low, std::pow(0.025, 0.02),
              1e-10);
}

TEST(MemberCount, ExactIntervalEndsWhereTheTailsAreTheHalfOfWhatIsLeft) {
  const auto exact = probability_interval(0.07, 100, 0.9, ShareInterval::exact);
  EXPECT_NEAR(binomial_at_least(7, 100, exact.low), 0.05, 1e-10);
  EXPECT_NEAR(binomial_at_most(7, 100, exact.high), 0.05, 1e-10);
}

TEST(MemberCount, IsTheSmallestThatIsGoodEnough) {
  for (ShareInterval method : {ShareInterval::wilson, ShareInterval::exact}) {
    for (double share : {0.0, 0.01, 0.3, 0.5}) {
      for (double error : {0.2, 0.05, 0.01}) {
        const auto members = members_for_error(share, error, 0.95, method);
        EXPECT_LE(probability_error(share, members, 0.95, method), error);
        ASSERT_GT(members, 1);
        EXPECT_GT(probability_error(share, members - 1, 0.95, method), error);
      }
    }
  }
  // About (1.96/0.02)^2 / 4 for the usual example, less z^2 by Wilson.
  EXPECT_NEAR(static_cast<double>(members_for_error(0.5, 0.02, 0.95)), 2401.0 - 3.84, 1.0);
  const auto each = members_for_difference(0.3, 0.2, 0.05, 0.95);
  const auto interval = difference_interval(0.3, each, 0.2, each, 0.95);
  EXPECT_LE(std::max(0.1 - interval.low, interval.high - 0.1), 0.05);
  EXPECT_NEAR(static_cast<double>(each), 1.96 * 1.96 * (0.21 + 0.16) / 0.0025, 10.0);
}

TEST(MemberCount, EstimatesAreAsGoodAsPlanned) {
  const std::int64_t members = members_for_error(0.1, 0.03, 0.9);
  std::mt19937_64 engine(2);
  std::bernoulli_distribution event(0.1);
  int within = 0;
  for (int t = 0; t < 20000; ++t) {
    double count = 0.0;
    for (std::int64_t i = 0; i < members; ++i) count += event(engine) ? 1.0 : 0.0;
    within += std::abs(count / static_cast<double>(members) - 0.1) <= 0.03 ? 1 : 0;
  }
  EXPECT_GT(within, 17800);
}

TEST(MemberCount, TableOfMargins) {
  // generative.md 8.1.
  struct Row {
    double share, margin;
    std::int64_t at_10, at_5, at_1, any;
  };
  for (const Row& row :
       {Row{.50, .10, 42, 68, 136, 150}, Row{.50, .05, 165, 271, 542, 600},
        Row{.50, .02, 1027, 1691, 3383, 3745}, Row{.10, .05, 60, 98, 195, 600},
        Row{.10, .02, 370, 609, 1218, 3745}, Row{.05, .02, 196, 322, 643, 3745},
        Row{.05, .01, 781, 1286, 2571, 14979}, Row{.01, .005, 651, 1072, 2144, 59915},
        Row{.01, .002, 4065, 6697, 13395, 374467}}) {
    EXPECT_EQ(members_for_margin(row.share, row.margin, 0.10), row.at_10)
        << row.share << ' ' << row.margin;
    EXPECT_EQ(members_for_margin(row.share, row.margin, 0.05), row.at_5)
        << row.share << ' ' << row.margin;
    EXPECT_EQ(members_for_margin(row.share, row.margin, 0.01), row.at_1)
        << row.share << ' ' << row.margin;
    EXPECT_EQ(members_for_any_margin(row.margin, 0.05), row.any) << row.margin;
  }
  const auto many = members_for_any_margin(0.02, 0.05, 500);
  EXPECT_LE(500.0 * margin_error_bound(0.02, static_cast<double>(many)), 0.05);
  EXPECT_GT(500.0 * margin_error_bound(0.02, static_cast<double>(many - 1)), 0.05);
}

TEST(MemberCount, MembersOfOneGroupCountLess) {
  EXPECT_EQ(effective_members(7424.0, 256.0, 0.0), 7424.0);
  EXPECT_DOUBLE_EQ(effective_members(7424.0, 256.0, 1.0), 29.0);
  EXPECT_DOUBLE_EQ(effective_members(100.0, 2.0, -0.5), 200.0);  // antithetic pairs
}

}  // namespace
}  // namespace myriad::diag
