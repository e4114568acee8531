#include "diagnostics/families/variogram.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

TEST(VariogramFamily, ScoresAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(3, 12, 5, 4);
  for (double order : {0.5, 1.0, 1.5}) {
    const Scores s = scores_of(*make_variogram_family({12, order, {30.0, 150.0}}), c);
    const std::size_t lags[] = {1, 5};
    for (std::size_t k = 0; k < 2; ++k) {
      double score = 0.0, fair = 0.0;
      for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t a = 0; a < 12; ++a) {
          const std::size_t p = row * 12 + a, q = row * 12 + (a + lags[k]) % 12;
          const auto x = test::members_at(c, p), z = test::members_at(c, q);
          const double vy = std::pow(
              std::abs(static_cast<double>(c.truth[p]) - static_cast<double>(c.truth[q])), order);
          double mean = 0.0, variance = 0.0;
          for (std::size_t i = 0; i < 5; ++i) mean += std::pow(std::abs(x[i] - z[i]), order) / 5.0;
          for (std::size_t i = 0; i < 5; ++i)
            variance += std::pow(std::pow(std::abs(x[i] - z[i]), order) - mean, 2) / 4.0;
          score += (vy - mean) * (vy - mean) / 36.0;
          fair += ((vy - mean) * (vy - mean) - variance / 5.0) / 36.0;
        }
      }
      EXPECT_NEAR(s.at("variogram_score")[k], std::pow(score, 0.5 / order), 1e-12) << order;
      EXPECT_NEAR(s.at("variogram_score_fair")[k],
                  std::copysign(std::pow(std::abs(fair), 0.5 / order), fair), 1e-12)
          << order;
    }
  }
}

TEST(VariogramFamily, WorkedExampleOfFourColumns) {
  // Truth 0 1 0 1: neighbours differ by 1, columns two apart by 0. Member 0 4 0 4: by 4 and 0.
  const Case c = test::row_case({{0.0F, 4.0F, 0.0F, 4.0F}}, {0.0F, 1.0F, 0.0F, 1.0F});
  const auto family = make_variogram_family({4, 0.5, {90.0, 180.0}});
  EXPECT_NEAR(scores_of(*family, c).at("variogram_score")[0], 1.0, 1e-15);  // (1 - 2)^2
  EXPECT_EQ(scores_of(*family, c).at("variogram_score")[1], 0.0);
  EXPECT_EQ(test::output_of(*family, "variogram_score").axis_units, "degree");
  EXPECT_TRUE(std::isnan(scores_of(*family, c).at("variogram_score_fair")[0]));
}

TEST(VariogramFamily, FairScoreDoesNotDependOnTheEnsembleSize) {
  test::expect_fair(
      [](std::int64_t) {
        return make_variogram_family({30, 0.5, {12.0}});
      },
      "variogram_score_fair", test::gaussian_case(2, 30, 40, 5), {2, 5, 20});
}

TEST(VariogramFamily, SeesNoiseThatNeighboursShouldShare) {
  // Truth and one ensemble share a number along each row, the other has it point by point; both
  // have the same distribution at each point.
  const auto draws = test::normals(40 * 21 + 40 * 20 * 20, 5);
  Case shared = test::gaussian_case(40, 20, 20, 1), single = shared;
  for (std::size_t p = 0; p < 800; ++p) {
    shared.truth[p] = static_cast<float>(draws[p / 20]);
    for (std::size_t i = 0; i < 20; ++i) {
      shared.ensemble[i * 800 + p] = static_cast<float>(draws[40 * (i + 1) + p / 20]);
      single.ensemble[i * 800 + p] = static_cast<float>(draws[840 + i * 800 + p]);
    }
  }
  single.truth = shared.truth;
  const auto family = make_variogram_family({20, 0.5, {18.0}});
  EXPECT_EQ(scores_of(*family, shared).at("variogram_score")[0], 0.0);
  EXPECT_GT(scores_of(*family, single).at("variogram_score")[0], 0.5);
}

TEST(VariogramFamily, TrueDistributionScoresBest) {
  const auto value = [](double spread) {
    return scores_of(*make_variogram_family({100, 0.5, {36.0}}),
                     test::gaussian_case(20, 100, 30, 19, spread))
        .at("variogram_score_fair")[0];
  };
  EXPECT_LT(value(1.0), value(0.3));
  EXPECT_LT(value(1.0), value(2.5));
}

TEST(VariogramFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13}) {
    test::expect_family_rules(*make_variogram_family({12, 0.5, {30.0, 90.0}}),
                              test::gaussian_case(5, 12, members, 6));
  }
}

TEST(VariogramFamily, OnAWindowPairsDoNotReachAcrossItsEdges) {
  // Columns 2 degrees apart: one pair of neighbours differs by 4, the others by 0.
  const Case c = test::row_case({{0.0F, 0.0F, 0.0F, 0.0F}}, {0.0F, 0.0F, 0.0F, 4.0F});
  const auto window = make_variogram_family({4, 0.5, {2.0, 6.0}, 2.0});
  EXPECT_NEAR(scores_of(*window, c).at("variogram_score")[0], 4.0 / 3.0, 1e-15);
  EXPECT_NEAR(scores_of(*window, c).at("variogram_score")[1], 4.0, 1e-15);  // first and last column
  const auto globe = make_variogram_family({4, 0.5, {90.0}});
  EXPECT_NEAR(scores_of(*globe, c).at("variogram_score")[0], 2.0, 1e-15);
  const auto with = [](std::vector<double> lags, double spacing) {
    return error_id_of([&] { make_variogram_family({4, 0.5, lags, spacing}); });
  };
  EXPECT_EQ(with({6.0}, 2.0), "");
  EXPECT_EQ(with({8.0}, 2.0), "E2556") << "farther than the window is wide";
  EXPECT_EQ(with({3.0}, 2.0), "E2556");
  EXPECT_EQ(with({180.0}, 90.0), "") << "a window that goes round";
  EXPECT_EQ(with({2.0}, 0.0), "E2556");
  EXPECT_EQ(with({2.0}, std::nan("")), "E2556");
}

TEST(VariogramFamily, RefusesLagsThatTheGridDoesNotHave) {
  const auto with = [](double order, std::vector<double> lags) {
    return error_id_of([&] { make_variogram_family({1440, order, lags}); });
  };
  EXPECT_EQ(with(0.5, {0.25, 3.0, 180.0}), "");
  EXPECT_EQ(with(0.5, {}), "E2556");
  EXPECT_EQ(with(0.5, {0.3}), "E2556");
  EXPECT_EQ(with(0.5, {0.0}), "E2556");
  EXPECT_EQ(with(0.5, {181.0}), "E2556");
  EXPECT_EQ(with(0.5, {3.0, 3.0}), "E2556");
  EXPECT_EQ(with(0.0, {3.0}), "E2556");
}

}  // namespace
}  // namespace myriad::diag
