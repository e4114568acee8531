#include "diagnostics/families/regional_mean.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::Scores;
using test::scores_of;

std::shared_ptr<const ScoreFamily> family_of(std::int64_t members) {
  return make_regional_mean_family({members});
}

TEST(RegionalMeanFamily, ScoresAreThoseOfTheAreaMeans) {
  // Row means x + 3 and x - 1 weighted 1 to 3: members 1, 2, 4, 7 and truth 3, the worked example
  // of the CRPS.
  Case c;
  c.nlat = 2;
  c.nlon = 2;
  c.members = 4;
  for (float x : {1.0F, 2.0F, 4.0F, 7.0F}) {
    for (float offset : {4.0F, 2.0F, -2.0F, 0.0F}) c.ensemble.push_back(x + offset);
  }
  c.truth = {9.0F, 3.0F, 2.0F, 2.0F};
  const auto family = family_of(8);
  const auto mean = test::mean_record(*family, c, {1.0, 3.0});
  EXPECT_NEAR(mean[0], 3.0, 1e-15);
  EXPECT_NEAR(mean[4], 7.0, 1e-15);
  EXPECT_TRUE(std::isnan(mean[5]));
  const Scores s = scores_of(*family, mean, 4);
  EXPECT_NEAR(s.at("regional_crps_standard")[0], 0.75, 1e-14);
  EXPECT_NEAR(s.at("regional_crps_fair")[0], 1.0 / 3.0, 1e-14);
  EXPECT_NEAR(s.at("regional_spread")[0], std::sqrt(7.0), 1e-14);
  EXPECT_NEAR(s.at("regional_error")[0], 0.5, 1e-14);
  EXPECT_NEAR(s.at("regional_error_expected")[0], std::sqrt(5.0 / 3.0) * 2.0, 1e-14);
  for (const FamilyOutput& o : family->outputs(0)) EXPECT_EQ(o.pooling, Pooling::per_date);
}

TEST(RegionalMeanFamily, ReliableEnsembleErrsAsMuchAsItsSpreadLetsExpect) {
  // 4000 dates; the mean over 25 independent points has variance 1/25.
  double error = 0.0, expected = 0.0, crps = 0.0;
  for (std::uint64_t date = 0; date < 4000; ++date) {
    const Scores s = scores_of(*family_of(64), test::gaussian_case(5, 5, 10, date));
    error += s.at("regional_error")[0] / 4000.0;
    expected += s.at("regional_error_expected")[0] / 4000.0;
    crps += s.at("regional_crps_fair")[0] / 4000.0;
  }
  const double exact = std::sqrt(2.0 / std::numbers::pi) * 0.2 * std::sqrt(1.1);
  EXPECT_NEAR(expected, exact, 0.003);  // standard error 0.0007
  EXPECT_NEAR(error, exact, 0.008);     // 0.002
  EXPECT_NEAR(crps, 0.2 / std::sqrt(std::numbers::pi), 0.008);
}

TEST(RegionalMeanFamily, NoiseCommonToAllPointsShowsAsTooMuchSpread) {
  // Pointwise reliable, but each member has one number for all its points.
  Case c = test::gaussian_case(5, 20, 10, 3);
  const auto common = test::normals(10, 8);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t p = 0; p < 100; ++p) c.ensemble[i * 100 + p] = static_cast<float>(common[i]);
  }
  const Scores s = scores_of(*family_of(64), c);
  const Scores reliable = scores_of(*family_of(64), test::gaussian_case(5, 20, 10, 3));
  EXPECT_GT(s.at("regional_spread")[0], 5.0 * reliable.at("regional_spread")[0]);
}

TEST(RegionalMeanFamily, LooksAtTheFirstMembersOnly) {
  const Case c = test::gaussian_case(3, 8, 9, 5);
  const Scores few = scores_of(*family_of(4), c);
  EXPECT_TRUE(
      test::agree(few, scores_of(*family_of(64), test::with_members(c, {0, 1, 2, 3})), 0.0));
  EXPECT_GT(std::abs(few.at("regional_spread")[0] -
                     scores_of(*family_of(64), c).at("regional_spread")[0]),
            1e-3);
}

TEST(RegionalMeanFamily, FairScoreDoesNotDependOnTheEnsembleSize) {
  test::expect_fair([](std::int64_t) { return family_of(64); }, "regional_crps_fair",
                    test::gaussian_case(2, 10, 40, 5), {2, 5, 20});
}

TEST(RegionalMeanFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*family_of(64), test::gaussian_case(5, 12, members, 6));
  EXPECT_EQ(test::error_id_of([] { family_of(1); }), "E2554");
}

}  // namespace
}  // namespace myriad::diag
