#include "diagnostics/families/quantiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

/// Quantile at real rank h of 1..N, linear between neighbours.
double quantile(std::vector<double> x, double h) {
  std::sort(x.begin(), x.end());
  h = std::clamp(h, 1.0, static_cast<double>(x.size()));
  const auto low = static_cast<std::size_t>(h);
  const double upper = low < x.size() ? x[low] : x.back();
  return x[low - 1] + (h - static_cast<double>(low)) * (upper - x[low - 1]);
}

TEST(QuantileFamily, ScoresAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(4, 30, 12, 3);
  QuantileScoreOptions options;
  options.probabilities = {0.1, 0.5, 0.93};
  options.levels = {0.5, 0.9};
  const Scores s = scores_of(*make_quantile_family(options), c);
  const auto mean_of = [&](auto&& value) {
    double sum = 0.0;
    for (std::size_t p = 0; p < c.truth.size(); ++p) {
      sum += value(test::members_at(c, p), static_cast<double>(c.truth[p]));
    }
    return sum / static_cast<double>(c.truth.size());
  };
  for (std::size_t k = 0; k < 3; ++k) {
    const double p = options.probabilities[k];
    EXPECT_NEAR(s.at("quantile_score")[k], mean_of([&](const auto& x, double y) {
                  const double q = quantile(x, 13.0 * p);
                  return y >= q ? p * (y - q) : (1.0 - p) * (q - y);
                }),
                1e-12);
  }
  for (std::size_t k = 0; k < 2; ++k) {
    const double a = 1.0 - options.levels[k];
    const auto low = [&](const auto& x) { return quantile(x, 13.0 * a / 2.0); };
    const auto high = [&](const auto& x) { return quantile(x, 13.0 * (1.0 - a / 2.0)); };
    EXPECT_NEAR(s.at("interval_coverage")[k], mean_of([&](const auto& x, double y) {
                  return y >= low(x) && y <= high(x) ? 1.0 : 0.0;
                }),
                1e-12);
    EXPECT_NEAR(s.at("interval_width")[k],
                mean_of([&](const auto& x, double) { return high(x) - low(x); }), 1e-12);
    EXPECT_NEAR(s.at("interval_score")[k], mean_of([&](const auto& x, double y) {
                  double score = high(x) - low(x);
                  if (y < low(x)) score += 2.0 / a * (low(x) - y);
                  if (y > high(x)) score += 2.0 / a * (y - high(x));
                  return score;
                }),
                1e-11);
  }
}

TEST(QuantileFamily, IntervalScoreIsTheSumOfTheScoresOfItsBounds) {
  // Gneiting and Raftery 2007: (S_l + S_u) 2/alpha.
  QuantileScoreOptions options;
  options.probabilities = {0.05, 0.95};
  options.levels = {0.9};
  const Scores s = scores_of(*make_quantile_family(options), test::gaussian_case(3, 40, 30, 7));
  EXPECT_NEAR(s.at("interval_score")[0],
              (s.at("quantile_score")[0] + s.at("quantile_score")[1]) * 2.0 / 0.1, 1e-11);
}

TEST(QuantileFamily, ScoreOfTheMedianIsHalfItsAbsoluteError) {
  const Case c = test::row_case({{1.0F, 1.0F}, {2.0F, 2.0F}, {7.0F, 7.0F}}, {5.0F, 1.5F});
  QuantileScoreOptions options;
  options.probabilities = {0.5};
  options.levels = {};
  const auto family = make_quantile_family(options);
  EXPECT_EQ(family->outputs(0).size(), 1U);
  EXPECT_DOUBLE_EQ(scores_of(*family, c).at("quantile_score")[0], 0.5 * (3.0 + 0.5) / 2.0);
}

TEST(QuantileFamily, CalibratedEnsembleIsCoveredAsOftenAsTheLevelSays) {
  // 10 000 independent points: two standard errors of the coverage are 0.01 or less.
  const Case c = test::gaussian_case(100, 100, 19, 23);
  QuantileScoreOptions options;
  options.probabilities = {};
  options.levels = {0.5, 0.8, 0.9};
  const Scores s = scores_of(*make_quantile_family(options), c);
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(s.at("interval_coverage")[k], options.levels[k], 0.012);
  // Type 7: the bounds lie at ranks (N - 1) p + 1, so that c (N - 1)/(N + 1) is expected.
  options.definition = QuantileDefinition::hyndman_fan_7;
  const Scores narrow = scores_of(*make_quantile_family(options), c);
  EXPECT_NEAR(narrow.at("interval_coverage")[2], 0.9 * 18.0 / 20.0, 0.012);
}

TEST(QuantileFamily, TrueDistributionScoresBest) {
  const auto value = [](double spread, double shift) {
    const Case c = test::gaussian_case(30, 100, 99, 19, spread, shift);
    return scores_of(*make_quantile_family({}), c);
  };
  const Scores best = value(1.0, 0.0);
  for (const Scores& other : {value(0.6, 0.0), value(1.6, 0.0), value(1.0, 0.5)}) {
    EXPECT_LT(best.at("quantile_score")[0], other.at("quantile_score")[0]);
    EXPECT_LT(best.at("interval_score")[2], other.at("interval_score")[2]);
  }
}

TEST(QuantileFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*make_quantile_family({}), test::gaussian_case(5, 12, members, 6));
}

TEST(QuantileFamily, RefusesWhatItCannotScore) {
  const auto with = [](std::vector<double> probabilities, std::vector<double> levels) {
    QuantileScoreOptions o;
    o.probabilities = std::move(probabilities);
    o.levels = std::move(levels);
    return error_id_of([&] { make_quantile_family(o); });
  };
  EXPECT_EQ(with({0.5}, {}), "");
  EXPECT_EQ(with({}, {0.9}), "");
  EXPECT_EQ(with({}, {}), "E2551");
  EXPECT_EQ(with({0.0}, {}), "E2551");
  EXPECT_EQ(with({0.5, 0.5}, {}), "E2551");
  EXPECT_EQ(with({0.5}, {90.0}), "E2551");
  EXPECT_EQ(with({0.5}, {std::nan("")}), "E2551");
}

}  // namespace
}  // namespace myriad::diag
