#include "diagnostics/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

Moments case_moments(const test::Case& c) {
  std::vector<Moments> rows(static_cast<std::size_t>(c.nlat));
  test::row_moments(test::backend(), c.view(), rows);
  return area_mean(rows, std::vector<double>(rows.size(), 1.0 / static_cast<double>(rows.size())));
}

Interval bias_interval(std::span<const Moments> dates, const BootstrapOptions& options) {
  const std::vector<const Score*> which{&find_score("bias")};
  return bootstrap_intervals(which, dates, 1, options)[0];
}

TEST(Scores, SpreadSkillRatiosReproduceTheWorkedExample) {
  test::Case c{1, 2, 2, {1.0F, 2.0F, 3.0F, 2.0F}, {2.5F, 1.0F}, {}, {}, {}, {}};  // {1,3} and {2,2}
  const std::vector<Moments> dates{case_moments(c)};
  EXPECT_NEAR(evaluate(find_score("spread_skill_ratio"), dates, 2), 1.549193338482967, 1e-14);
  EXPECT_NEAR(evaluate(find_score("spread_skill_ratio_makani"), dates, 2), 2.8284271247461903,
              1e-14);
  EXPECT_NEAR(evaluate(find_score("spread"), dates, 2), 1.0, 1e-15);
  EXPECT_NEAR(evaluate(find_score("rmse"), dates, 2), std::sqrt(0.625), 1e-15);
  EXPECT_NEAR(evaluate(find_score("rmse_fair"), dates, 2), std::sqrt(0.125), 1e-15);
}

TEST(Scores, RootOfTheMeanOverDatesAndMeanOfRootsDiffer) {
  std::vector<Moments> dates(2);
  dates[0](Forecast::ensemble_mean, ErrorMoment::squared) = 1.0;
  dates[1](Forecast::ensemble_mean, ErrorMoment::squared) = 9.0;
  EXPECT_DOUBLE_EQ(evaluate(find_score("rmse"), dates, 1), std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(evaluate(find_score("rmse_per_date"), dates, 1), 2.0);
}

TEST(Scores, MicroCorrelationPoolsSumsAndMacroCorrelationAveragesRatios) {
  std::vector<Moments> dates(2);
  const auto set = [](Moments& m, double covariance, double forecast_power, double truth_power) {
    m(Forecast::ensemble_mean, ErrorMoment::covariance) = covariance;
    m(Forecast::ensemble_mean, ErrorMoment::power) = forecast_power;
    m(CaseMoment::truth_power) = truth_power;
  };
  set(dates[0], 1.0, 1.0, 1.0);
  set(dates[1], 0.0, 4.0, 9.0);
  EXPECT_DOUBLE_EQ(evaluate(find_score("acc"), dates, 1), 0.5 / std::sqrt(2.5 * 5.0));
  EXPECT_DOUBLE_EQ(evaluate(find_score("acc_per_date"), dates, 1), 0.5);
}

TEST(Scores, ActivitiesAreThoseOfPlainLoops) {
  for (std::int64_t members : {1, 6}) {
    const test::Case c = test::gaussian_case(4, 9, members, 8, 0.6, 0.3);
    double of_mean = 0.0, of_members = 0.0, of_truth = 0.0;
    for (std::size_t p = 0; p < 36; ++p) {
      const double climate = static_cast<double>(c.climate_mean[p]);
      double mean = 0.0;
      for (std::int64_t i = 0; i < members; ++i) {
        const double x = static_cast<double>(c.ensemble[static_cast<std::size_t>(i) * 36 + p]);
        mean += x / static_cast<double>(members);
        of_members += (x - climate) * (x - climate) / static_cast<double>(36 * members);
      }
      const double y = static_cast<double>(c.truth[p]);
      of_mean += (mean - climate) * (mean - climate) / 36.0;
      of_truth += (y - climate) * (y - climate) / 36.0;
    }
    const std::vector<Moments> dates{case_moments(c)};
    const int n = static_cast<int>(members);
    EXPECT_NEAR(evaluate(find_score("activity"), dates, n), std::sqrt(of_mean), 1e-12);
    EXPECT_NEAR(evaluate(find_score("activity_members"), dates, n), std::sqrt(of_members), 1e-12);
    EXPECT_NEAR(evaluate(find_score("activity_truth"), dates, n), std::sqrt(of_truth), 1e-12);
  }
}

TEST(Scores, AForecastEqualToTheTruthIsPerfectAndOneEqualToClimateHasTheClimateError) {
  test::Case c = test::gaussian_case(6, 12, 1, 5);
  c.ensemble = c.truth;
  const std::vector<Moments> perfect{case_moments(c)};
  EXPECT_EQ(evaluate(find_score("rmse"), perfect, 1), 0.0);
  EXPECT_EQ(evaluate(find_score("bias"), perfect, 1), 0.0);
  EXPECT_NEAR(evaluate(find_score("acc"), perfect, 1), 1.0, 1e-15);
  c.ensemble = c.climate_mean;
  const std::vector<Moments> climate{case_moments(c)};
  EXPECT_EQ(evaluate(find_score("rmse"), climate, 1),
            evaluate(find_score("rmse_climatology"), climate, 1));
  EXPECT_EQ(evaluate(find_score("mae"), climate, 1),
            evaluate(find_score("mae_climatology"), climate, 1));
}

TEST(Scores, AReliableEnsembleHasRatioOneAndItsFlawsAreSeen) {
  const auto ratio = [](const test::Case& c) {
    return evaluate(find_score("spread_skill_ratio"), std::vector<Moments>{case_moments(c)},
                    static_cast<int>(c.members));
  };
  EXPECT_NEAR(ratio(test::gaussian_case(40, 250, 4, 8)), 1.0, 0.02);
  EXPECT_NEAR(ratio(test::gaussian_case(40, 250, 4, 8, 0.5)),
              0.5 * std::sqrt(1.25 / (1.0 + 0.25 / 4.0)), 0.02);
  EXPECT_LT(ratio(test::gaussian_case(40, 250, 4, 8, 1.0, 1.0)), 0.8);
}

TEST(Scores, ScoresWithoutTheirInputsAreAbsentNotZero) {
  const std::vector<Moments> nothing(1);
  for (const Score& score : scores())
    EXPECT_TRUE(std::isnan(evaluate(score, nothing, 8))) << score.name;
  const test::Case single = test::gaussian_case(4, 8, 1, 2);
  const std::vector<Moments> one{case_moments(single)};
  EXPECT_TRUE(std::isnan(evaluate(find_score("spread"), one, 1)));
  EXPECT_TRUE(std::isfinite(evaluate(find_score("crps_standard"), one, 1)));
}

TEST(Scores, NamesAreUniqueAndEveryScoreHasAnEquation) {
  std::set<std::string> names;
  for (const Score& score : scores()) {
    EXPECT_TRUE(names.insert(score.name).second) << score.name;
    EXPECT_FALSE(score.definition.empty()) << score.name;
    EXPECT_NE(score.value, nullptr) << score.name;
  }
  EXPECT_GE(names.size(), 30U);
}

TEST(Scores, AnUnknownNameSuggestsTheNearestScore) {
  try {
    find_score("crps_fare");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2502");
    EXPECT_NE(std::string(error.what()).find("crps_fair"), std::string::npos) << error.what();
  }
}

TEST(Bootstrap, IntervalOfAMeanHasTheWidthOfSamplingTheory) {
  const auto draws = test::normals(40, 99);
  std::vector<Moments> dates(40);
  double mean = 0.0, square = 0.0;
  for (std::size_t i = 0; i < 40; ++i) {
    dates[i](Forecast::ensemble_mean, ErrorMoment::bias) = draws[i];
    mean += draws[i] / 40.0;
    square += draws[i] * draws[i] / 40.0;
  }
  const double standard_error = std::sqrt((square - mean * mean) / 40.0);
  BootstrapOptions options;
  options.replicates = 2000;
  const Interval interval = bias_interval(dates, options);
  EXPECT_NEAR(interval.high - interval.low, 2.0 * 1.645 * standard_error, 0.12 * standard_error);
  EXPECT_LT(interval.low, mean);
  EXPECT_GT(interval.high, mean);
  const Interval again = bias_interval(dates, options);
  EXPECT_EQ(interval.low, again.low);
  EXPECT_EQ(interval.high, again.high);
}

TEST(Bootstrap, BlocksWidenTheIntervalOfCorrelatedDates) {
  std::vector<Moments> dates(64);
  for (std::size_t i = 0; i < 64; ++i)
    dates[i](Forecast::ensemble_mean, ErrorMoment::bias) = (i / 8) % 2 == 0 ? 1.0 : -1.0;
  BootstrapOptions single, blocks;
  blocks.block = 8;
  const Interval narrow = bias_interval(dates, single);
  const Interval wide = bias_interval(dates, blocks);
  EXPECT_GT(wide.high - wide.low, 1.5 * (narrow.high - narrow.low));
  EXPECT_TRUE(std::isnan(bias_interval(std::span(dates).first(2), single).low));
}

}  // namespace
}  // namespace myriad::diag
