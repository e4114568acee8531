#include "diagnostics/families/spread_skill.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

std::shared_ptr<const ScoreFamily> family_of(std::vector<double> relative,
                                             std::vector<SpreadEdges> absolute = {}) {
  return make_spread_skill_family({test::two_channels(), std::move(relative), std::move(absolute)});
}

TEST(SpreadSkillFamily, BinsAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(6, 40, 8, 4);  // climate standard deviation sqrt(10)
  const std::vector<double> edges{0.2, 0.3, 0.35};
  for (bool relative : {true, false}) {
    std::vector<double> scaled;
    for (double e : edges) scaled.push_back(e * 3.0);
    const auto family = relative ? family_of(edges) : family_of({9.0}, {{"t2m", scaled}});
    const double unit = relative ? static_cast<double>(c.climate_std[0]) : 3.0;
    std::vector<double> count(4, 0.0), variance(4, 0.0), error(4, 0.0);
    for (std::size_t p = 0; p < 240; ++p) {
      const auto x = test::members_at(c, p);
      double mean = 0.0, square = 0.0;
      for (double v : x) mean += v / 8.0;
      for (double v : x) square += (v - mean) * (v - mean) / 7.0;
      std::size_t b = 0;
      while (b < 3 && std::sqrt(square) >= edges[b] * unit) ++b;
      count[b] += 1.0;
      variance[b] += square;
      error[b] += std::pow(mean - static_cast<double>(c.truth[p]), 2);
    }
    const Scores s = scores_of(*family, c);
    double reliability = 0.0;
    for (std::size_t b = 0; b < 4; ++b) {
      ASSERT_GT(count[b], 5.0);
      const double spread = std::sqrt(variance[b] / count[b]);
      const double rms = std::sqrt(error[b] / count[b]);
      EXPECT_NEAR(s.at("binned_share")[b], count[b] / 240.0, 1e-14);
      EXPECT_NEAR(s.at("binned_spread")[b], spread, 1e-13);
      EXPECT_NEAR(s.at("binned_error")[b], rms, 1e-13);
      EXPECT_NEAR(s.at("binned_spread_skill_ratio")[b], std::sqrt(9.0 / 8.0) * spread / rms, 1e-12);
      reliability += count[b] / 240.0 * std::abs(rms - std::sqrt(9.0 / 8.0) * spread);
    }
    EXPECT_NEAR(s.at("spread_reliability")[0], reliability, 1e-13);
    const auto axis = test::output_of(*family, "binned_error");
    EXPECT_EQ(axis.axis_units, relative ? "1" : "K");
    EXPECT_EQ(axis.axis_values.size(), 4U);
    EXPECT_EQ(axis.axis_values[0], 0.0);
  }
}

TEST(SpreadSkillFamily, ErrorsGrowWithAReliableSpread) {
  // Points whose standard deviation is 1 or 4: with 100 members the bins find them, ratio 1 in
  // both.
  Case c;
  c.nlat = 40;
  c.nlon = 100;
  c.members = 100;
  const auto draws = test::normals(4000 * 101, 12);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    const double s = k % 2 == 0 ? 1.0 : 4.0;
    (k < 4000 ? c.truth : c.ensemble).push_back(static_cast<float>(s * draws[k]));
  }
  const Scores s = scores_of(*family_of({1.0}, {{"t2m", {2.0}}}), c);
  EXPECT_NEAR(s.at("binned_error")[0], std::sqrt(1.01), 0.06);  // standard error 0.016
  EXPECT_NEAR(s.at("binned_error")[1], 4.0 * std::sqrt(1.01), 0.25);
  for (double ratio : s.at("binned_spread_skill_ratio")) EXPECT_NEAR(ratio, 1.0, 0.06);
}

TEST(SpreadSkillFamily, EmptyBinsAreAbsentAndDoNotCount) {
  const Case c = test::row_case({{0.0F}, {2.0F}}, {2.0F});  // s = sqrt 2, error 1
  const Scores s = scores_of(*family_of({1.0}, {{"t2m", {1.0, 3.0}}}), c);
  EXPECT_TRUE(std::isnan(s.at("binned_error")[0]));
  EXPECT_NEAR(s.at("binned_error")[1], 1.0, 1e-15);
  EXPECT_EQ(s.at("binned_share")[2], 0.0);
  EXPECT_NEAR(s.at("spread_reliability")[0], std::sqrt(3.0) - 1.0, 1e-14);
}

TEST(SpreadSkillFamily, NeedsAClimateForRelativeBinsAndTwoMembers) {
  Case c = test::gaussian_case(2, 4, 5, 1);
  const auto family = family_of({0.3}, {{"u10m", {1.0}}});
  EXPECT_FALSE(std::isnan(scores_of(*family, c).at("spread_reliability")[0]));
  c.climate_std.clear();
  EXPECT_TRUE(std::isnan(scores_of(*family, c).at("spread_reliability")[0]));
  EXPECT_FALSE(std::isnan(scores_of(*family, c, 1).at("spread_reliability")[0]));
  const Scores single = scores_of(*family, test::gaussian_case(2, 4, 1, 1), 1);
  EXPECT_TRUE(std::isnan(single.at("binned_share")[0]));
}

TEST(SpreadSkillFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13}) {
    test::expect_family_rules(*make_spread_skill_family({test::two_channels(), {0.1, 0.3}, {}}),
                              test::gaussian_case(5, 12, members, 6));
  }
}

TEST(SpreadSkillFamily, RefusesBinsThatAreNone) {
  const auto with = [](std::vector<double> relative, std::vector<SpreadEdges> absolute) {
    return error_id_of([&] { family_of(relative, absolute); });
  };
  EXPECT_EQ(with({0.1, 0.2}, {{"t2m", {1.0}}}), "");
  EXPECT_EQ(with({}, {}), "E2557");
  EXPECT_EQ(with({0.2, 0.1}, {}), "E2557");
  EXPECT_EQ(with({0.0, 0.1}, {}), "E2557");
  EXPECT_EQ(with({0.1}, {{"z500", {1.0}}}), "E2557");
  EXPECT_EQ(with({0.1}, {{"t2m", {-1.0}}}), "E2557");
  EXPECT_EQ(with({0.1}, {{"t2m", {1.0}}, {"t2m", {2.0}}}), "E2557");
}

}  // namespace
}  // namespace myriad::diag
