#include "diagnostics/families/gaussian.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

std::shared_ptr<const ScoreFamily> family_of(GaussianOptions o = {}) {
  o.channels = test::two_channels();
  return make_gaussian_family(o);
}

TEST(GaussianFamily, ScoresAreThoseOfTheDensity) {
  const Case c = test::gaussian_case(4, 30, 9, 3);
  double log_score = 0.0, dawid = 0.0;
  for (std::size_t p = 0; p < c.truth.size(); ++p) {
    double mean = 0.0, variance = 0.0;
    for (double x : test::members_at(c, p)) mean += x / 9.0;
    for (double x : test::members_at(c, p)) variance += (x - mean) * (x - mean) / 8.0;
    const double s = std::sqrt(variance), z = (static_cast<double>(c.truth[p]) - mean) / s;
    const double density = std::exp(-0.5 * z * z) / (s * std::sqrt(2.0 * std::numbers::pi));
    log_score -= std::log(density) / 120.0;
    dawid += (std::log(variance) + z * z) / 120.0;
  }
  const Scores s = scores_of(*family_of(), c);
  EXPECT_NEAR(s.at("log_score_gaussian")[0], log_score, 1e-12);
  EXPECT_NEAR(s.at("dawid_sebastiani")[0], dawid, 1e-12);
  EXPECT_EQ(s.at("gaussian_floor_share")[0], 0.0);
}

TEST(GaussianFamily, TwoMembersGiveTheWorkedExample) {
  // m = 2, s^2 = 2, y = 4: ln 2 + 2; half of (ln 2 pi + ln 2 + 2).
  const Scores s = scores_of(*family_of(), test::row_case({{1.0F}, {3.0F}}, {4.0F}));
  EXPECT_NEAR(s.at("dawid_sebastiani")[0], 2.6931471805599454, 1e-14);
  EXPECT_NEAR(s.at("log_score_gaussian")[0], 2.265512123484645, 1e-14);
}

TEST(GaussianFamily, SmallSpreadIsRaisedToTheLargestFloor) {
  const auto dawid = [](const GaussianOptions& o, const Case& c) {
    return scores_of(*family_of(o), c);
  };
  Case c = test::row_case({{8.0F, 1.0F}, {8.0F, 3.0F}}, {8.5F, 2.0F});
  const auto expected = [](double floor) {
    return 0.5 * (2.0 * std::log(floor) + 0.25 / (floor * floor) + std::log(2.0));
  };
  Scores s = dawid({}, c);  // no climate: the resolution of the field
  EXPECT_NEAR(s.at("dawid_sebastiani")[0] / expected(8.0 * 0x1p-23), 1.0, 1e-12);
  EXPECT_EQ(s.at("gaussian_floor_share")[0], 0.5);
  c.climate_mean = {8.0F, 8.0F};
  c.climate_std = {4.0F, 4.0F};
  EXPECT_NEAR(dawid({}, c).at("dawid_sebastiani")[0], expected(4e-3), 1e-8);
  GaussianOptions o;
  o.minimum = {{"t2m", 0.25}};
  EXPECT_NEAR(dawid(o, c).at("dawid_sebastiani")[0], expected(0.25), 1e-12);
  o.minimum = {{"u10m", 0.25}};
  EXPECT_NEAR(dawid(o, c).at("dawid_sebastiani")[0], expected(4e-3), 1e-8);
}

TEST(GaussianFamily, NoSpreadAndNoFloorLeaveTheScoresAbsent) {
  const Scores dry = scores_of(*family_of(), test::row_case({{0.0F}, {0.0F}}, {0.0F}));
  EXPECT_TRUE(std::isnan(dry.at("log_score_gaussian")[0]));
  const Scores single = scores_of(*family_of(), test::row_case({{1.0F}}, {0.0F}));
  EXPECT_TRUE(std::isnan(single.at("dawid_sebastiani")[0]));
}

TEST(GaussianFamily, LargeReliableEnsembleReachesTheEntropyOfItsDistribution) {
  // N(0, 1): ln(2 pi e)/2 = 1.4189385; 10 000 points, standard deviation 1/sqrt(2) of a point.
  const Scores s = scores_of(*family_of(), test::gaussian_case(100, 100, 400, 5));
  EXPECT_NEAR(s.at("log_score_gaussian")[0], 1.4189385332046727, 0.03);
}

TEST(GaussianFamily, TrueDistributionScoresBest) {
  const auto value = [](double spread, double shift) {
    return scores_of(*family_of(), test::gaussian_case(20, 100, 60, 19, spread, shift))
        .at("log_score_gaussian")[0];
  };
  EXPECT_LT(value(1.0, 0.0), value(0.7, 0.0));
  EXPECT_LT(value(1.0, 0.0), value(1.4, 0.0));
  EXPECT_LT(value(1.0, 0.0), value(1.0, 0.4));
}

TEST(GaussianFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*family_of(), test::gaussian_case(5, 12, members, 6));
}

TEST(GaussianFamily, RefusesFloorsThatAreNone) {
  const auto with = [](double share, std::vector<MinimumSpread> minimum) {
    GaussianOptions o;
    o.climate_share = share;
    o.minimum = std::move(minimum);
    return error_id_of([&] { family_of(o); });
  };
  EXPECT_EQ(with(0.0, {{"t2m", 0.1}}), "");
  EXPECT_EQ(with(-0.1, {}), "E2552");
  EXPECT_EQ(with(0.1, {{"t2m", -1.0}}), "E2552");
  EXPECT_EQ(with(0.1, {{"z500", 1.0}}), "E2552");
}

}  // namespace
}  // namespace myriad::diag
