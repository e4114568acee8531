#include "diagnostics/families/energy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::Scores;
using test::scores_of;

std::shared_ptr<const ScoreFamily> family_of(std::int64_t members) {
  return make_energy_family({members});
}

TEST(EnergyFamily, ScoresAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(3, 10, 6, 4);
  const std::vector<double> weights{1.0, 2.5, 0.5};
  const auto distance = [&](auto&& a, auto&& b) {
    double sum = 0.0;
    for (std::size_t p = 0; p < 30; ++p) {
      const double d = static_cast<double>(a(p)) - static_cast<double>(b(p));
      sum += weights[p / 10] / 40.0 * d * d;
    }
    return std::sqrt(sum);
  };
  const auto truth = [&](std::size_t p) { return c.truth[p]; };
  const auto member = [&](std::size_t i) {
    return [&c, i](std::size_t p) { return c.ensemble[i * 30 + p]; };
  };
  double skill = 0.0, all = 0.0, squares = 0.0, squared_errors = 0.0, nearest = 1e9;
  for (std::size_t i = 0; i < 6; ++i) {
    skill += distance(member(i), truth) / 6.0;
    squared_errors += std::pow(distance(member(i), truth), 2) / 6.0;
    for (std::size_t j = 0; j < 6; ++j) {
      all += distance(member(i), member(j));
      squares += std::pow(distance(member(i), member(j)), 2);
      if (i != j) nearest = std::min(nearest, distance(member(i), member(j)));
    }
  }
  const auto family = family_of(32);
  const Scores s = scores_of(*family, test::mean_record(*family, c, weights), 6);
  EXPECT_NEAR(s.at("energy_score")[0], skill - all / 72.0, 1e-13);
  EXPECT_NEAR(s.at("energy_score_fair")[0], skill - all / 60.0, 1e-13);
  EXPECT_NEAR(s.at("energy_skill")[0], skill, 1e-13);
  EXPECT_NEAR(s.at("energy_diversity")[0], all / 60.0, 1e-13);
  EXPECT_NEAR(s.at("diversity_share")[0], squares / 72.0 / squared_errors, 1e-13);
  EXPECT_NEAR(s.at("nearest_pair_ratio")[0], nearest / (all / 30.0), 1e-13);
  for (const FamilyOutput& o : family->outputs(0)) EXPECT_EQ(o.pooling, Pooling::per_date);
}

TEST(EnergyFamily, OfOnePointItIsTheCrps) {
  const Scores s =
      scores_of(*family_of(32), test::row_case({{1.0F}, {2.0F}, {4.0F}, {7.0F}}, {3.0F}));
  EXPECT_NEAR(s.at("energy_score")[0], 0.75, 1e-15);
  EXPECT_NEAR(s.at("energy_score_fair")[0], 1.0 / 3.0, 1e-15);
}

TEST(EnergyFamily, MeanRemovesTheShareOfTheSquaredErrorThatIsDiversity) {
  const Case c = test::gaussian_case(2, 15, 5, 9);
  double of_mean = 0.0, of_members = 0.0;
  for (std::size_t p = 0; p < 30; ++p) {
    const double y = static_cast<double>(c.truth[p]);
    double mean = 0.0;
    for (double x : test::members_at(c, p)) {
      mean += x / 5.0;
      of_members += (x - y) * (x - y) / 5.0;
    }
    of_mean += (mean - y) * (mean - y);
  }
  EXPECT_NEAR(scores_of(*family_of(32), c).at("diversity_share")[0], 1.0 - of_mean / of_members,
              1e-12);
}

TEST(EnergyFamily, CopiedMembersShowAtAnySpread) {
  Case c = test::gaussian_case(4, 25, 8, 2);
  EXPECT_GT(scores_of(*family_of(32), c).at("nearest_pair_ratio")[0], 0.7);
  std::copy_n(c.ensemble.begin() + 300, 100, c.ensemble.begin() + 700);
  EXPECT_EQ(scores_of(*family_of(32), c).at("nearest_pair_ratio")[0], 0.0);
  for (std::size_t p = 0; p < 100; ++p) c.ensemble[700 + p] += (p % 2 == 0 ? 0.01F : -0.01F);
  const double near = scores_of(*family_of(32), c).at("nearest_pair_ratio")[0];
  EXPECT_LT(near, 0.02);
  for (float& v : c.ensemble) v *= 64.0F;
  EXPECT_NEAR(scores_of(*family_of(32), c).at("nearest_pair_ratio")[0], near, 1e-12);
}

TEST(EnergyFamily, FairScoreDoesNotDependOnTheEnsembleSize) {
  test::expect_fair([](std::int64_t) { return family_of(40); }, "energy_score_fair",
                    test::gaussian_case(2, 10, 40, 5), {2, 5, 20});
}

TEST(EnergyFamily, TrueDistributionScoresBest) {
  const auto value = [](double spread, double shift) {
    double sum = 0.0;
    for (std::uint64_t date = 0; date < 60; ++date) {
      sum += scores_of(*family_of(32), test::gaussian_case(3, 10, 20, date, spread, shift))
                 .at("energy_score_fair")[0];
    }
    return sum;
  };
  EXPECT_LT(value(1.0, 0.0), value(0.6, 0.0));
  EXPECT_LT(value(1.0, 0.0), value(1.5, 0.0));
  EXPECT_LT(value(1.0, 0.0), value(1.0, 0.4));
}

TEST(EnergyFamily, LooksAtTheFirstMembersOnly) {
  const Case c = test::gaussian_case(3, 8, 9, 5);
  EXPECT_TRUE(test::agree(scores_of(*family_of(4), c),
                          scores_of(*family_of(32), test::with_members(c, {0, 1, 2, 3})), 1e-15));
}

TEST(EnergyFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*family_of(32), test::gaussian_case(5, 12, members, 6));
  EXPECT_EQ(test::error_id_of([] { family_of(1); }), "E2555");
}

}  // namespace
}  // namespace myriad::diag
