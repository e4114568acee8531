#include "diagnostics/families/events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

EventOptions options_of(std::int64_t members, std::int64_t bins = 10) {
  EventOptions o;
  o.channels = test::two_channels();
  o.events = {{"t2m", Relation::above, 1.0, ""}};
  o.members = members;
  o.bins = bins;
  return o;
}

/// One point: \p k of \p n members at 2, the others at 0, truth 2 or 0; the event is "above 1".
Case one_point(int k, int n, bool happened) {
  std::vector<std::vector<float>> members;
  for (int i = 0; i < n; ++i) members.push_back({i < k ? 2.0F : 0.0F});
  return test::row_case(members, {happened ? 2.0F : 0.0F});
}

/// Probability and outcome of every point.
struct Forecasts {
  std::vector<double> p, o;
};
Forecasts forecasts_of(const Case& c, double threshold) {
  Forecasts f;
  for (std::size_t i = 0; i < c.truth.size(); ++i) {
    double k = 0.0;
    for (double x : test::members_at(c, i)) k += x > threshold ? 1.0 : 0.0;
    f.p.push_back(k / static_cast<double>(c.members));
    f.o.push_back(static_cast<double>(c.truth[i]) > threshold ? 1.0 : 0.0);
  }
  return f;
}

TEST(EventFamily, FairBrierScoreHasItsGoldenValues) {
  const auto fair = [](int k, int n, bool happened) {
    return scores_of(*make_event_family(options_of(n)), one_point(k, n, happened))
        .at("brier_fair_above_1")[0];
  };
  EXPECT_NEAR(fair(3, 10, true), 0.466666667, 1e-9);
  EXPECT_NEAR(fair(3, 10, false), 0.066666667, 1e-9);
  EXPECT_NEAR(fair(1, 2, false), 0.0, 1e-15);
}

TEST(EventFamily, ScoresAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(6, 50, 7, 21);
  const Scores s = scores_of(*make_event_family(options_of(7)), c);
  const Forecasts f = forecasts_of(c, 1.0);
  const double count = static_cast<double>(f.p.size());
  double brier = 0.0, fair = 0.0, log_score = 0.0, frequency = 0.0;
  double hits = 0.0, alarms = 0.0, misses = 0.0;
  for (std::size_t i = 0; i < f.p.size(); ++i) {
    const double e = (f.p[i] - f.o[i]) * (f.p[i] - f.o[i]);
    brier += e / count;
    fair += (e - f.p[i] * (1.0 - f.p[i]) / 6.0) / count;
    log_score -= std::log(std::max(f.o[i] > 0.0 ? f.p[i] : 1.0 - f.p[i], 1e-9)) / count;
    frequency += f.o[i] / count;
    const bool warned = f.p[i] >= 0.5;
    hits += warned && f.o[i] > 0.0 ? 1.0 : 0.0;
    alarms += warned && f.o[i] == 0.0 ? 1.0 : 0.0;
    misses += !warned && f.o[i] > 0.0 ? 1.0 : 0.0;
  }
  EXPECT_NEAR(s.at("brier_above_1")[0], brier, 1e-14);
  EXPECT_NEAR(s.at("brier_fair_above_1")[0], fair, 1e-14);
  EXPECT_NEAR(s.at("log_score_above_1")[0], log_score, 1e-13);
  EXPECT_NEAR(s.at("brier_uncertainty_above_1")[0], frequency * (1.0 - frequency), 1e-14);
  EXPECT_NEAR(s.at("brier_skill_above_1")[0], 1.0 - brier / (frequency * (1.0 - frequency)), 1e-13);
  const double chance = (hits + alarms) * (hits + misses) / count;
  EXPECT_NEAR(s.at("ets_above_1")[0], (hits - chance) / (hits + alarms + misses - chance), 1e-13);
}

TEST(EventFamily, BrierScoreIsTheSumOfItsTermsWithDistinctAndWithPooledValues) {
  const Case c = test::gaussian_case(5, 64, 25, 4, 0.6, 0.3);
  for (std::int64_t bins : {2, 7, 10, 25}) {
    const Scores s = scores_of(*make_event_family(options_of(25, bins)), c);
    const double within = s.at("brier_within_bins_above_1")[0];
    EXPECT_NEAR(s.at("brier_above_1")[0],
                s.at("brier_reliability_above_1")[0] - s.at("brier_resolution_above_1")[0] +
                    s.at("brier_uncertainty_above_1")[0] + within,
                1e-14);
    if (bins == 25) {
      EXPECT_NEAR(within, 0.0, 1e-15);
      EXPECT_EQ(s.at("reliability_above_1").size(), 26U);
    } else {
      EXPECT_GT(std::abs(within), 1e-5) << bins;
      EXPECT_EQ(s.at("reliability_above_1").size(), static_cast<std::size_t>(bins));
    }
  }
}

TEST(EventFamily, TermsOfPooledBinsAreThoseOfPlainLoops) {
  const Case c = test::gaussian_case(4, 64, 30, 9);
  const Scores s = scores_of(*make_event_family(options_of(30)), c);
  const Forecasts f = forecasts_of(c, 1.0);
  std::vector<double> n(10, 0.0), p(10, 0.0), o(10, 0.0);
  for (std::size_t i = 0; i < f.p.size(); ++i) {
    // k/30 at an edge of tenths, rounded up so that it lies in the upper bin
    const auto b = static_cast<std::size_t>(std::min(9.0, std::floor(f.p[i] * 10.0 + 1e-9)));
    n[b] += 1.0;
    p[b] += f.p[i];
    o[b] += f.o[i];
  }
  const double total = static_cast<double>(f.p.size());
  const double mean = std::accumulate(o.begin(), o.end(), 0.0) / total;
  double reliability = 0.0, resolution = 0.0;
  for (std::size_t b = 0; b < 10; ++b) {
    EXPECT_NEAR(s.at("forecast_share_above_1")[b], n[b] / total, 1e-15);
    ASSERT_GT(n[b], 0.0);
    EXPECT_NEAR(s.at("reliability_above_1")[b], o[b] / n[b], 1e-13);
    EXPECT_NEAR(s.at("mean_probability_above_1")[b], p[b] / n[b], 1e-13);
    reliability += n[b] / total * std::pow(p[b] / n[b] - o[b] / n[b], 2);
    resolution += n[b] / total * std::pow(o[b] / n[b] - mean, 2);
  }
  EXPECT_NEAR(s.at("brier_reliability_above_1")[0], reliability, 1e-14);
  EXPECT_NEAR(s.at("brier_resolution_above_1")[0], resolution, 1e-14);
  const auto axis = test::output_of(*make_event_family(options_of(30)), "reliability_above_1");
  EXPECT_EQ(axis.axis, "forecast_probability");
  EXPECT_NEAR(axis.axis_values[0], 0.05, 1e-15);
  EXPECT_NEAR(axis.axis_values[9], 0.95, 1e-15);
}

TEST(EventFamily, AreaBelowTheCurveIsTheProbabilityThatAnEventHadTheHigherForecast) {
  // Mann and Whitney's statistic, ties counted half.
  const Case c = test::gaussian_case(3, 60, 9, 2);
  const Scores s = scores_of(*make_event_family(options_of(9)), c);
  const Forecasts f = forecasts_of(c, 1.0);
  double wins = 0.0, pairs = 0.0;
  for (std::size_t i = 0; i < f.p.size(); ++i) {
    for (std::size_t j = 0; j < f.p.size(); ++j) {
      if (f.o[i] < 0.5 || f.o[j] > 0.5) continue;
      pairs += 1.0;
      wins += f.p[i] > f.p[j] ? 1.0 : f.p[i] == f.p[j] ? 0.5 : 0.0;
    }
  }
  EXPECT_NEAR(s.at("roc_area_above_1")[0], wins / pairs, 1e-13);
  EXPECT_NEAR(s.at("roc_hit_rate_above_1")[0], 1.0, 1e-14);
  EXPECT_NEAR(s.at("roc_false_alarm_rate_above_1")[0], 1.0, 1e-14);
}

TEST(EventFamily, RatesDependenceAndValueAreThoseOfTheContingencyTable) {
  const Case c = test::gaussian_case(4, 80, 8, 31);
  const auto family = make_event_family(options_of(8));
  const Scores s = scores_of(*family, c);
  const Forecasts f = forecasts_of(c, 1.0);
  const auto thresholds = test::output_of(*family, "edi_above_1").axis_values;
  ASSERT_EQ(thresholds.size(), 9U);
  const double total = static_cast<double>(f.p.size());
  std::vector<std::array<double, 3>> tables;  // hits, false alarms, misses
  for (std::size_t b = 0; b < thresholds.size(); ++b) {
    double hits = 0.0, alarms = 0.0, misses = 0.0;
    for (std::size_t i = 0; i < f.p.size(); ++i) {
      const bool warned = f.p[i] >= thresholds[b] - 1e-12;
      hits += warned ? f.o[i] : 0.0;
      alarms += warned ? 1.0 - f.o[i] : 0.0;
      misses += warned ? 0.0 : f.o[i];
    }
    const double h = hits / (hits + misses), fa = alarms / (total - hits - misses);
    EXPECT_NEAR(s.at("roc_hit_rate_above_1")[b], h, 1e-13);
    EXPECT_NEAR(s.at("roc_false_alarm_rate_above_1")[b], fa, 1e-13);
    const double edi = (std::log(fa) - std::log(h)) / (std::log(fa) + std::log(h));
    if (b == 0) {
      EXPECT_TRUE(std::isnan(s.at("edi_above_1")[b]));
    } else {
      EXPECT_NEAR(s.at("edi_above_1")[b], edi, 1e-12);
    }
    tables.push_back({hits / total, alarms / total, misses / total});
  }
  const auto ratios = test::output_of(*family, "economic_value_above_1").axis_values;
  const double frequency = tables[0][0] + tables[0][2];
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const double without = std::min(ratios[i], frequency);
    double best = without;
    for (const auto& [hits, alarms, misses] : tables)
      best = std::min(best, ratios[i] * (hits + alarms) + misses);
    EXPECT_NEAR(s.at("economic_value_above_1")[i],
                (without - best) / (without - ratios[i] * frequency), 1e-12);
  }
}

TEST(EventFamily, PerfectForecastsHaveAllTheSkillAndBlindOnesNone) {
  Case c = test::gaussian_case(4, 40, 3, 8);
  for (std::size_t i = 0; i < c.ensemble.size(); ++i) c.ensemble[i] = c.truth[i % c.truth.size()];
  const Scores perfect = scores_of(*make_event_family(options_of(3)), c);
  EXPECT_EQ(perfect.at("brier_above_1")[0], 0.0);
  EXPECT_EQ(perfect.at("brier_skill_above_1")[0], 1.0);
  EXPECT_NEAR(perfect.at("roc_area_above_1")[0], 1.0, 1e-14);
  EXPECT_NEAR(perfect.at("ets_above_1")[0], 1.0, 1e-14);
  EXPECT_NEAR(perfect.at("log_score_above_1")[0], 0.0, 1e-15);
  for (double v : perfect.at("economic_value_above_1")) EXPECT_NEAR(v, 1.0, 1e-12);
  for (std::size_t i = 0; i < c.ensemble.size(); ++i)
    c.ensemble[i] = i < c.truth.size() ? 2.0F : 0.0F;  // p = 1/3 everywhere
  const Scores blind = scores_of(*make_event_family(options_of(3)), c);
  EXPECT_NEAR(blind.at("brier_resolution_above_1")[0], 0.0, 1e-15);
  EXPECT_NEAR(blind.at("roc_area_above_1")[0], 0.5, 1e-14);
  for (double v : blind.at("economic_value_above_1")) EXPECT_NEAR(v, 0.0, 1e-12);
}

TEST(EventFamily, ScoresThatDoNotExistAreAbsent) {
  const Scores never = scores_of(*make_event_family(options_of(4)), one_point(2, 4, false));
  for (const char* name : {"brier_skill_above_1", "roc_area_above_1", "roc_hit_rate_above_1"})
    EXPECT_TRUE(std::isnan(never.at(name)[0])) << name;
  EXPECT_TRUE(std::isnan(never.at("reliability_above_1")[0]));  // no forecast of 0
  EXPECT_NEAR(never.at("reliability_above_1")[2], 0.0, 0.0);
  const Scores single = scores_of(*make_event_family(options_of(1)), one_point(1, 1, true));
  EXPECT_TRUE(std::isnan(single.at("brier_fair_above_1")[0]));
  EXPECT_EQ(single.at("brier_above_1")[0], 0.0);
  // Without a truth at all (NaN) nothing exists.
  const auto family = make_event_family(options_of(4));
  const std::vector<double> absent(family->record_size(), std::nan(""));
  for (const auto& [name, values] : scores_of(*family, absent, 4)) {
    for (double v : values) EXPECT_TRUE(std::isnan(v)) << name;
  }
}

TEST(EventFamily, TrueProbabilityScoresBest) {
  // Members drawn with the truth's distribution against members that are too warm or too sure.
  for (const char* name : {"brier_fair_above_1", "log_score_above_1"}) {
    const auto value = [&](double spread, double shift) {
      const Case c = test::gaussian_case(20, 100, 40, 17, spread, shift);
      return scores_of(*make_event_family(options_of(40)), c).at(name)[0];
    };
    const double best = value(1.0, 0.0);
    EXPECT_LT(best, value(1.0, 0.4)) << name;
    EXPECT_LT(best, value(0.5, 0.0)) << name;
    EXPECT_LT(best, value(1.8, 0.0)) << name;
  }
}

TEST(EventFamily, FairBrierScoreDoesNotDependOnTheEnsembleSize) {
  const Case c = test::gaussian_case(1, 60, 40, 5);
  test::expect_fair([](std::int64_t n) { return make_event_family(options_of(n)); },
                    "brier_fair_above_1", c, {2, 5, 20});
}

TEST(EventFamily, CountsStandardDeviationsOfTheClimateWhereAsked) {
  Case c = test::gaussian_case(4, 10, 8, 21);
  for (std::size_t p = 0; p < 40; ++p) {
    c.climate_mean[p] = 0.1F * static_cast<float>(p % 7);
    c.climate_std[p] = 0.5F + 0.02F * static_cast<float>(p);
  }
  EventOptions o = options_of(8);
  o.events = {{"t2m", Relation::above, 0.5, k_sigma},
              {"t2m", Relation::below, -1.0, k_sigma},
              {"t2m", Relation::above, 0.5, ""}};
  const Scores s = scores_of(*make_event_family(o), c);
  const auto brier = [&](double k, bool above) {
    double sum = 0.0;
    for (std::size_t p = 0; p < 40; ++p) {
      const double t = static_cast<double>(c.climate_mean[p]) +
                       k * static_cast<double>(c.climate_std[p]);
      const auto holds = [&](double x) { return above ? x > t : x < t; };
      double share = 0.0;
      for (double x : test::members_at(c, p)) share += holds(x) ? 1.0 / 8.0 : 0.0;
      const double d = share - (holds(static_cast<double>(c.truth[p])) ? 1.0 : 0.0);
      sum += d * d / 40.0;
    }
    return sum;
  };
  EXPECT_NEAR(s.at("brier_above_0p5_sigma")[0], brier(0.5, true), 1e-12);
  EXPECT_NEAR(s.at("brier_below_m1_sigma")[0], brier(-1.0, false), 1e-12);
  EXPECT_NE(s.at("brier_above_0p5")[0], s.at("brier_above_0p5_sigma")[0]);

  c.climate_mean.clear();
  c.climate_std.clear();
  const Scores without = scores_of(*make_event_family(o), c);
  EXPECT_TRUE(std::isnan(without.at("brier_above_0p5_sigma")[0]));
  EXPECT_EQ(without.at("brier_above_0p5")[0], s.at("brier_above_0p5")[0]);
}

TEST(EventFamily, StandardDeviationsAreRefusedWhereNoClimateIsKnown) {
  EXPECT_EQ(error_id_of([] {
              const std::vector<Threshold> sigma{{"t2m", Relation::above, 2.0, k_sigma}};
              resolve_thresholds(units_of(test::two_channels()), sigma);
            }),
            "E2532");
}

TEST(EventFamily, ConvertsTheThresholdAndLooksAtTheRightSideOfIt) {
  EventOptions o = options_of(4);
  o.events = {{"t2m", Relation::below, -2.5, "degC"}, {"t2m", Relation::above, 270.65, ""}};
  const auto family = make_event_family(o);
  const Case c = test::row_case({{269.0F}, {270.0F}, {280.0F}, {281.0F}}, {269.5F});
  const Scores s = scores_of(*family, c);
  EXPECT_NEAR(s.at("brier_below_m2p5_degC")[0], 0.25, 1e-15);
  EXPECT_NEAR(s.at("brier_above_270p65")[0], 0.25, 1e-15);
  EXPECT_EQ(s.at("reliability_below_m2p5_degC")[2], 1.0);
  EXPECT_EQ(s.at("reliability_above_270p65")[2], 0.0);
  EXPECT_TRUE(family->outputs(1).empty());
  for (double v : test::row_record(*family, c, 1)) EXPECT_TRUE(std::isnan(v));
}

TEST(EventFamily, AreasAndDatesAreAveragedBeforeTheScores) {
  // Two rows of which the second counts three times.
  Case c = one_point(1, 4, true);
  c.nlat = 2;
  c.truth = {2.0F, 0.0F};
  c.ensemble = {2.0F, 2.0F, 0.0F, 2.0F, 0.0F, 2.0F, 0.0F, 0.0F};  // p = 1/4, 3/4
  const auto family = make_event_family(options_of(4));
  const Scores s = scores_of(*family, test::mean_record(*family, c, {1.0, 3.0}), 4);
  EXPECT_NEAR(s.at("brier_above_1")[0], 0.5625, 1e-15);
  EXPECT_NEAR(s.at("brier_uncertainty_above_1")[0], 0.25 * 0.75, 1e-15);
  EXPECT_NEAR(s.at("forecast_share_above_1")[3], 0.75, 1e-15);
  EXPECT_EQ(s.at("roc_area_above_1")[0], 0.0);
}

TEST(EventFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13}) {
    EventOptions o = options_of(members);
    o.events.push_back({"t2m", Relation::below, 0.5, ""});
    test::expect_family_rules(*make_event_family(o), test::gaussian_case(5, 12, members, 6));
  }
}

TEST(EventFamily, SaysHowManyMembersAProbabilityTakes) {
  const Case c = test::gaussian_case(4, 40, 9, 3);
  const auto family = make_event_family(options_of(9));
  const Scores s = scores_of(*family, c);
  double frequency = 0.0, probability = 0.0;
  for (std::size_t p = 0; p < c.truth.size(); ++p) {
    frequency += c.truth[p] > 1.0F ? 1.0 / 160.0 : 0.0;
    for (double x : test::members_at(c, p)) probability += x > 1.0 ? 1.0 / 160.0 / 9.0 : 0.0;
  }
  EXPECT_NEAR(s.at("event_frequency_above_1")[0], frequency, 1e-12);
  EXPECT_NEAR(s.at("event_probability_above_1")[0], probability, 1e-12);
  // Wilson's interval written out: z(0.95) = 1.6448536.
  const auto reach = [&](double n) {
    const double z2 = 1.6448536269514722 * 1.6448536269514722;
    const double centre = (probability + 0.5 * z2 / n) / (1.0 + z2 / n);
    const double half = std::sqrt(z2 * (probability * (1.0 - probability) / n + 0.25 * z2 / (n * n))) / (1.0 + z2 / n);
    return std::abs(centre - probability) + half;
  };
  const auto errors = test::output_of(*family, "members_needed_above_1").axis_values;
  ASSERT_EQ(errors, (std::vector<double>{0.1, 0.05, 0.02}));
  for (std::size_t i = 0; i < 3; ++i) {
    const double n = s.at("members_needed_above_1")[i];
    EXPECT_LE(reach(n), errors[i]);
    EXPECT_GT(reach(n - 1.0), errors[i]);
  }
}

TEST(EventFamily, RefusesWhatItCannotScore) {
  const auto with = [](auto&& change) {
    EventOptions o = options_of(4);
    change(o);
    return error_id_of([&] { make_event_family(o); });
  };
  EXPECT_EQ(with([](EventOptions&) {}), "");
  EXPECT_EQ(with([](EventOptions& o) { o.members = 0; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.bins = 1; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.log_floor = 0.0; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.cost_loss = {0.2, 1.0}; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.cost_loss = {0.2, 0.2}; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.member_errors = {0.0}; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) { o.member_errors = {0.2, 0.2}; }), "E2550");
  EXPECT_EQ(with([](EventOptions& o) {
              o.events = {{"z500", Relation::above, 1.0, ""}};
            }),
            "E2532");
  EXPECT_EQ(with([](EventOptions& o) {
              o.events = {{"t2m", Relation::above, 1.0, "m"}};
            }),
            "E2532");
}

}  // namespace
}  // namespace myriad::diag
