#include "diagnostics/member_health.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "diagnostics/inferences/trend.hpp"
#include "diagnostics/report_members.hpp"
#include "diagnostics/score_table.hpp"
#include "diagnostics/verification.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

constexpr std::int64_t k_members = 10;

/// [member, lat, lon] of 8 x 16 white noise.
std::vector<float> members(std::uint64_t seed) {
  const auto x = test::normals(static_cast<std::size_t>(k_members) * 128, seed);
  return {x.begin(), x.end()};
}

const Grid& grid() {
  static const Grid g(GridType::legendre_gauss, 8, 16);
  return g;
}

LeadHealth judge(const std::vector<float>& fields, const std::vector<int>& groups = {}) {
  MemberHealth health(grid(), 1, 1, k_members, groups, {});
  health.add_rows(0, 0, 0, 8, fields);
  return health.judge(0);
}

TEST(MemberHealth, FindsCopiesWhereverTheyAre) {
  std::vector<float> fields = members(1);
  const LeadHealth sound = judge(fields);
  EXPECT_EQ(sound.duplicates, 0.0);
  EXPECT_GT(sound.nearest_ratio, 0.4);
  EXPECT_LT(sound.farthest_ratio, 1.5);
  EXPECT_TRUE(std::isnan(sound.group_p));
  // Member 7 is member 2 but for a little noise.
  for (std::size_t p = 0; p < 128; ++p) fields[7 * 128 + p] = fields[2 * 128 + p] + 0.01F * fields[p];
  const LeadHealth copied = judge(fields);
  EXPECT_EQ(copied.duplicates, 1.0);
  EXPECT_EQ(copied.first, 2.0);
  EXPECT_EQ(copied.second, 7.0);
  EXPECT_LT(copied.nearest_ratio, 0.02);
}

TEST(MemberHealth, FindsAMemberAstrayAndGroupsThatDiffer) {
  std::vector<float> astray = members(2);
  for (std::size_t p = 0; p < 128; ++p) astray[4 * 128 + p] += 30.0F;
  EXPECT_GT(judge(astray).farthest_ratio, 2.0);
  // Odd members are warmer: neither a copy nor astray, nor a matter of the order.
  std::vector<float> biased = members(3);
  std::vector<int> groups;
  for (std::size_t m = 0; m < k_members; ++m) {
    groups.push_back(static_cast<int>(m % 2));
    for (std::size_t p = 0; p < 128; ++p) biased[m * 128 + p] += m % 2 == 0 ? 0.0F : 1.0F;
  }
  const LeadHealth health = judge(biased, groups);
  EXPECT_LT(health.group_p, 0.03);
  EXPECT_GT(health.order_p, 0.1);
  EXPECT_EQ(judge(members(3), groups).duplicates, 0.0);
  EXPECT_GT(judge(members(3), groups).group_p, 0.05);
}

TEST(MemberHealth, DoesNotDependOnBandsOfRowsAndForgetsAStart) {
  const std::vector<float> fields = members(4);
  MemberHealth health(grid(), 2, 2, k_members, {}, {});
  health.add_rows(0, 1, 0, 8, members(5));
  health.clear();
  EXPECT_TRUE(std::isnan(health.judge(1).nearest_ratio));
  for (std::int64_t first = 0; first < 8; first += 3) {
    const std::int64_t rows = std::min<std::int64_t>(3, 8 - first);
    std::vector<float> band;
    for (std::int64_t m = 0; m < k_members; ++m) {
      const auto begin = fields.begin() + m * 128 + first * 16;
      band.insert(band.end(), begin, begin + rows * 16);
    }
    health.add_rows(1, 1, first, rows, band);
  }
  const auto whole = judge(fields).numbers(), banded = health.judge(1).numbers();
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) EXPECT_EQ(whole[i], banded[i]) << i;
}

TEST(MemberHealth, CombinesStarts) {
  const std::vector<double> records{0.5, 1.0, 0, 1, 1.2, 0.05, 0.4, 0.6, 2.0, 0, 2, 1.5, 0.3, 0.2};
  EXPECT_EQ(combine_health("health_nearest_ratio", records), 0.5);
  EXPECT_EQ(combine_health("health_duplicates", records), 3.0);
  EXPECT_EQ(combine_health("health_farthest_ratio", records), 1.5);
  // Fisher's statistic of two tests has the tail q (1 - ln q), q the product.
  const double q = 0.05 * 0.3;
  EXPECT_NEAR(combine_health("health_order_p", records), q * (1.0 - std::log(q)), 1e-12);
  std::vector<double> absent = records;
  absent[7] = absent[8] = absent[12] = std::nan("");
  for (const char* name : {"health_nearest_ratio", "health_duplicates", "health_order_p"})
    EXPECT_TRUE(std::isnan(combine_health(name, absent))) << name;
}

/// Results of \p starts starts of one channel, with health as given and a bias that grows by \p trend a day.
Verification results_of(int starts, const LeadHealth& health, double trend = 0.0) {
  VerificationShape shape{grid(), standard_regions(), {{"t850", "air temperature", "K", "air_temperature"}}, {24.0, 48.0, 72.0}, 10, 11};
  shape.health = true;
  shape.inferences = {make_drift_test()};
  Verification results(shape);
  const auto noise = test::normals(static_cast<std::size_t>(starts) * 3, 7);
  for (int s = 0; s < starts; ++s) {
    StartRecord record(shape);
    for (std::size_t t = 0; t < 3; ++t) {
      Moments moments;
      std::fill(moments.values().begin(), moments.values().end(), 0.0);
      moments(Forecast::ensemble_mean, ErrorMoment::bias) = trend * static_cast<double>(t) + 0.1 * noise[static_cast<std::size_t>(s) * 3 + t];
      record.set_moments(0, t, 0, moments);
      const auto numbers = health.numbers();
      std::copy(numbers.begin(), numbers.end(), record.health(t).begin());
    }
    results.add(record);
  }
  return results;
}

TEST(MemberVerdict, FollowsTheHealth) {
  using Kind = HeadlineVerdict::Kind;
  const auto kind = [](const LeadHealth& health) { return member_verdict(results_of(1, health))->kind; };
  EXPECT_EQ(kind({0.7, 0, 0, 1, 1.2, 0.5, 1}), Kind::good);
  EXPECT_EQ(kind({0.0, 1, 0, 1, 1.2, 0.5, 1}), Kind::bad);
  EXPECT_EQ(kind({0.7, 0, 0, 1, 2.5, 0.5, 1}), Kind::mixed);
  EXPECT_EQ(kind({0.7, 0, 0, 1, 1.2, 0.002, 1}), Kind::mixed);
  EXPECT_EQ(kind({0.7, 0, 0, 1, 1.2, 0.005, 1}), Kind::good);  // of three leads
  const std::string line = member_line(results_of(1, {0.0, 1, 0, 1, 1.2, 0.5, 1}));
  EXPECT_EQ(line, "members healthy? No, copies (nearest 0.00, farthest 1.20, halves p 1.00)\n");
  EXPECT_LE(line.size(), 81U);
  EXPECT_NE(score_table(results_of(1, {0.7, 0, 0, 1, 1.2, 0.5, 1}), ScoreTable::full).find("members healthy? Yes"), std::string::npos);
}

TEST(DriftTest, TellsATrendOfTheBiasFromScatter) {
  const LeadHealth health;
  const Verification drifting = results_of(8, health, 0.5), still = results_of(8, health), few = results_of(4, health, 0.5);
  EXPECT_NEAR(drifting.extra("drift", 0, 2, 0).at(0), 0.5, 0.1);
  EXPECT_LT(drifting.extra("drift_p", 0, 2, 0).at(0), 1e-4);
  EXPECT_GT(still.extra("drift_p", 0, 2, 0).at(0), 0.05);
  EXPECT_TRUE(std::isnan(drifting.extra("drift", 0, 0, 0).at(0)));
  EXPECT_TRUE(std::isnan(few.extra("drift_p", 0, 2, 0).at(0)));
}

}  // namespace
}  // namespace myriad::diag
