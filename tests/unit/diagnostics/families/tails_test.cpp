#include "diagnostics/families/tails.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::Scores;
using test::scores_of;

std::shared_ptr<const ScoreFamily> upper(double t) {
  return make_tail_family({test::two_channels(), {{"t2m", Relation::above, t, ""}}});
}
std::shared_ptr<const ScoreFamily> lower(double t) {
  return make_tail_family({test::two_channels(), {{"t2m", Relation::below, t, ""}}});
}

/// Integral over [from, to] of (F(x) - [x >= y])^2, F the distribution function of the members: the
/// definition of the weighted score, step by step.
double integral(std::vector<double> members, double y, double from, double to) {
  std::vector<double> edges = members;
  edges.insert(edges.end(), {y, from, to});
  std::sort(edges.begin(), edges.end());
  double sum = 0.0;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k) {
    const double a = std::max(edges[k], from), b = std::min(edges[k + 1], to);
    if (b <= a) continue;
    double f = 0.0;
    for (double x : members) f += x <= a ? 1.0 / static_cast<double>(members.size()) : 0.0;
    f -= a >= y ? 1.0 : 0.0;
    sum += f * f * (b - a);
  }
  return sum;
}

TEST(TailFamily, ReproducesTheWorkedExampleOfFourMembers) {
  const Case c = test::row_case({{1.0F}, {2.0F}, {4.0F}, {7.0F}}, {3.0F});
  const Scores s = scores_of(*upper(3.5), c);
  EXPECT_DOUBLE_EQ(s.at("twcrps_standard_above_3p5")[0], 0.3125);
  // max(x, 3.5) = 3.5, 3.5, 4, 7: mean distance 1, sum over pairs 0.5 + 3.5 + 0.5 + 3.5 + 3 = 11.
  EXPECT_NEAR(s.at("twcrps_fair_above_3p5")[0], 1.0 - 11.0 / 12.0, 1e-15);
  EXPECT_DOUBLE_EQ(s.at("twmae_above_3p5")[0], 0.0);  // the mean is 3.5
  EXPECT_TRUE(std::isnan(s.at("owcrps_above_3p5")[0]));
  EXPECT_EQ(s.at("owcrps_share_above_3p5")[0], 0.0);
  EXPECT_TRUE(std::isnan(s.at("twmae_control_above_3p5")[0]));
}

TEST(TailFamily, OutcomeWeightedScoreTakesTheMembersBeyondTheThreshold) {
  // Truth 5 beyond 3.5: members 4 and 7: mean distance 1.5, minus 3/4.
  const Case some = test::row_case({{1.0F}, {2.0F}, {4.0F}, {7.0F}}, {5.0F});
  EXPECT_DOUBLE_EQ(scores_of(*upper(3.5), some).at("owcrps_above_3p5")[0], 0.75);
  // Two points of three: 0.75, and 1 from the largest member where none is beyond.
  const Case mixed = test::row_case(
      {{1.0F, 1.0F, 9.0F}, {2.0F, 3.0F, 9.0F}, {4.0F, 2.0F, 9.0F}, {7.0F, 3.0F, 9.0F}},
      {5.0F, 4.0F, 1.0F});
  const Scores s = scores_of(*upper(3.5), mixed);
  EXPECT_NEAR(s.at("owcrps_above_3p5")[0], (0.75 + 1.0) / 2.0, 1e-15);
  EXPECT_NEAR(s.at("owcrps_share_above_3p5")[0], 2.0 / 3.0, 1e-15);
  // The lower tail is the upper one of the negative.
  Case mirrored = mixed;
  for (auto* field : {&mirrored.ensemble, &mirrored.truth}) {
    for (float& v : *field) v = -v;
  }
  EXPECT_NEAR(scores_of(*lower(-3.5), mirrored).at("owcrps_below_m3p5")[0], 0.875, 1e-15);
}

TEST(TailFamily, ThresholdWeightedScoreIsItsIntegralOverTheTail) {
  const Case c = test::gaussian_case(4, 30, 11, 3);
  for (double t : {-2.5, 0.25, 4.0}) {
    double above = 0.0, below = 0.0, mean_error = 0.0, control_error = 0.0;
    for (std::size_t p = 0; p < c.truth.size(); ++p) {
      const auto x = test::members_at(c, p);
      const double y = static_cast<double>(c.truth[p]);
      above += integral(x, y, t, 1e3) / 120.0;
      below += integral(x, y, -1e3, t) / 120.0;
      double m = 0.0;
      for (double v : x) m += v / 11.0;
      mean_error += std::abs(std::max(m, t) - std::max(y, t)) / 120.0;
      control_error +=
          std::abs(std::max(static_cast<double>(c.control[p]), t) - std::max(y, t)) / 120.0;
    }
    const auto up = upper(t), down = lower(t);
    const Scores u = scores_of(*up, c), d = scores_of(*down, c);
    const std::string name = up->outputs(0)[0].name, name_down = down->outputs(0)[0].name;
    ASSERT_TRUE(name.starts_with("twcrps_standard_above_"));
    EXPECT_NEAR(u.at(name)[0], above, 1e-12);
    EXPECT_NEAR(d.at(name_down)[0], below, 1e-12);
    EXPECT_NEAR(u.at(up->outputs(0)[2].name)[0], mean_error, 1e-7);  // the mean is cut in fp32
    EXPECT_NEAR(u.at(up->outputs(0)[3].name)[0], control_error, 1e-12);
  }
}

TEST(TailFamily, BothTailsTogetherAreTheWholeScore) {
  const Case c = test::gaussian_case(5, 20, 9, 12);
  std::vector<Moments> rows(5);
  test::row_moments(test::backend(), c.view(), rows);
  double standard = 0.0, fair = 0.0;
  for (const Moments& row : rows) {
    standard += row(CaseMoment::crps_standard) / 5.0;
    fair += row(CaseMoment::crps_fair) / 5.0;
  }
  const Scores u = scores_of(*upper(0.5), c), d = scores_of(*lower(0.5), c);
  EXPECT_NEAR(u.at("twcrps_standard_above_0p5")[0] + d.at("twcrps_standard_below_0p5")[0], standard,
              1e-6);
  EXPECT_NEAR(u.at("twcrps_fair_above_0p5")[0] + d.at("twcrps_fair_below_0p5")[0], fair, 1e-6);
}

TEST(TailFamily, FairScoreDoesNotDependOnTheEnsembleSize) {
  const Case c = test::gaussian_case(1, 60, 40, 5);
  test::expect_fair([](std::int64_t) { return upper(1.0); }, "twcrps_fair_above_1", c, {2, 5, 20});
}

TEST(TailFamily, TrueDistributionScoresBest) {
  const auto value = [](double spread, double shift) {
    const Case c = test::gaussian_case(20, 100, 40, 19, spread, shift);
    return scores_of(*upper(2.0), c).at("twcrps_fair_above_2")[0];
  };
  EXPECT_LT(value(1.0, 0.0), value(1.0, 0.3));
  EXPECT_LT(value(1.0, 0.0), value(0.6, 0.0));
  EXPECT_LT(value(1.0, 0.0), value(1.6, 0.0));
}

TEST(TailFamily, KeepsTheRulesOfFamilies) {
  const auto family = make_tail_family(
      {test::two_channels(),
       {{"t2m", Relation::above, 1.0, ""}, {"t2m", Relation::below, -270.0, "degC"}}});
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*family, test::gaussian_case(5, 12, members, 6));
  EXPECT_TRUE(family->outputs(1).empty());
  EXPECT_EQ(test::error_id_of([] {
              make_tail_family({test::two_channels(), {{"q700", Relation::above, 1.0, ""}}});
            }),
            "E2532");
}

}  // namespace
}  // namespace myriad::diag
