#include "diagnostics/return_levels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/families/regional_values.hpp"
#include "diagnostics/inferences/return_levels.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using Samples = std::vector<std::vector<double>>;  ///< [start][value]

/// Draws of a distribution; \p shared is the share of the starts whose members are all alike.
Samples draws(const ExtremeDistribution& from, std::size_t starts, std::size_t members,
              std::uint64_t seed, bool shared = false) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(1e-12, 1.0 - 1e-12);
  Samples out(starts);
  for (auto& start : out) {
    const double common = from.quantile(uniform(engine));
    for (std::size_t i = 0; i < members; ++i)
      start.push_back(shared ? common : from.quantile(uniform(engine)));
  }
  return out;
}

ReturnLevelOptions options_for(std::vector<double> periods, int replicates = 200) {
  ReturnLevelOptions options;
  options.periods = std::move(periods);
  options.bootstrap.replicates = replicates;
  return options;
}

TEST(ReturnLevels, AreThoseOfTheDistributionThatMembersAreDrawnFrom) {
  for (double shape : {-0.15, 0.0, 0.12}) {
    const ExtremeDistribution truth{300.0, 4.0, shape};
    const auto found =
        pooled_return_levels(draws(truth, 100, 50, 3), {}, options_for({5.0, 50.0, 500.0}));
    EXPECT_EQ(found.values, 5000U);
    EXPECT_NEAR(found.fit.shape, shape, 0.03);
    EXPECT_NEAR(found.fit.location, 300.0, 0.2);
    EXPECT_NEAR(found.fit.scale, 4.0, 0.15);
    for (std::size_t i = 0; i < 3; ++i) {
      const double wanted = return_level(truth, options_for({5.0, 50.0, 500.0}).periods[i]);
      EXPECT_LT(found.low[i], wanted) << shape << ' ' << i;
      EXPECT_GT(found.high[i], wanted) << shape << ' ' << i;
      EXPECT_NEAR(found.level[i], wanted, 0.1 * (wanted - 300.0));
      EXPECT_NEAR(found.members[i], wanted, 0.25 * (wanted - 300.0)) << shape << ' ' << i;
      EXPECT_TRUE(std::isnan(found.truth[i]) && std::isnan(found.exceedance[i]));
    }
  }
}

TEST(ReturnLevels, MembersThatShareTheirWeatherAreNoMoreEvidenceThanOne) {
  const ExtremeDistribution truth{20.0, 3.0, 0.0};
  int held = 0;
  double width = 0.0, width_apart = 0.0;
  constexpr int k_repeats = 80;
  for (int e = 0; e < k_repeats; ++e) {
    const auto seed = static_cast<std::uint64_t>(e);
    const auto alike =
        pooled_return_levels(draws(truth, 40, 8, seed, true), {}, options_for({20.0}));
    const auto apart = pooled_return_levels(draws(truth, 40, 8, seed), {}, options_for({20.0}));
    const double wanted = return_level(truth, 20.0);
    held += alike.low[0] <= wanted && wanted <= alike.high[0] ? 1 : 0;
    width += (alike.high[0] - alike.low[0]) / k_repeats;
    width_apart += (apart.high[0] - apart.low[0]) / k_repeats;
  }
  // 90 % is stated; percentile intervals of 40 starts are somewhat narrow. Drawn value by value
  // they would hold the level 44 % of the time, 35 times.
  EXPECT_GT(held, 55);
  // Eight times the evidence: intervals narrower by about the root of it.
  EXPECT_NEAR(width / width_apart, std::sqrt(8.0), 0.6);
}

TEST(ReturnLevels, StartsThatFollowEachOtherAreDrawnTogether) {
  // Starts come in fives of one value.
  auto five = draws({20.0, 3.0, 0.0}, 20, 1, 7);
  Samples starts;
  for (const auto& one : five) starts.insert(starts.end(), 5, one);
  ReturnLevelOptions options = options_for({20.0});
  const auto single = pooled_return_levels(starts, {}, options);
  options.bootstrap.block = 5;
  const auto blocks = pooled_return_levels(starts, {}, options);
  EXPECT_EQ(single.level, blocks.level);
  EXPECT_GT(blocks.high[0] - blocks.low[0], 1.5 * (single.high[0] - single.low[0]));
  options.bootstrap.block = 25;  // four blocks do not tell
  EXPECT_TRUE(std::isnan(pooled_return_levels(starts, {}, options).low[0]));
}

TEST(ReturnLevels, SmallestValuesAreTheMirrorImageOfLargest) {
  const auto members = draws({20.0, 3.0, 0.1}, 30, 4, 11);
  const auto truth = draws({20.0, 3.0, 0.1}, 1, 30, 12)[0];
  Samples negative = members;
  for (auto& start : negative) {
    for (double& v : start) v = -v;
  }
  std::vector<double> negative_truth = truth;
  for (double& v : negative_truth) v = -v;
  ReturnLevelOptions options = options_for({3.0, 20.0});
  const auto largest = pooled_return_levels(members, truth, options);
  options.extreme = Extreme::smallest;
  const auto smallest = pooled_return_levels(negative, negative_truth, options);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(smallest.level[i], -largest.level[i]);
    EXPECT_EQ(smallest.low[i], -largest.high[i]);
    EXPECT_EQ(smallest.members[i], -largest.members[i]);
    EXPECT_EQ(smallest.truth[i], -largest.truth[i]);
    EXPECT_EQ(smallest.exceedance[i], largest.exceedance[i]);
  }
  EXPECT_EQ(smallest.fit.location, -largest.fit.location);
  EXPECT_EQ(smallest.fit.shape, largest.fit.shape);
}

TEST(ReturnLevels, TruthIsCountedAndRanked) {
  Samples members;
  std::vector<double> truth;
  for (int s = 0; s < 19; ++s) {
    members.push_back({10.0 + s, 11.0 + 0.7 * s});
    truth.push_back(2.0 * ((s * 7) % 19));  // 0, 2, ..., 36 in disorder
  }
  const auto found = pooled_return_levels(members, truth, options_for({2.0, 20.0, 21.0, 4.0}));
  EXPECT_DOUBLE_EQ(found.truth[0], 18.0);  // the tenth of nineteen
  EXPECT_DOUBLE_EQ(found.truth[1], 36.0);  // the nineteenth
  EXPECT_TRUE(std::isnan(found.truth[2]));
  EXPECT_DOUBLE_EQ(found.truth[3], 28.0);  // the fifteenth
  for (std::size_t i = 0; i < 4; ++i) {
    double beyond = 0.0;
    for (double y : truth) beyond += y > found.level[i] ? 1.0 / 19.0 : 0.0;
    EXPECT_NEAR(found.exceedance[i], beyond, 1e-15);
    EXPECT_GT(beyond, 0.0);
  }
}

TEST(ReturnLevels, AreAbsentWhereTheSampleSaysNothing) {
  const auto few = pooled_return_levels(draws({0.0, 1.0, 0.0}, 7, 2, 1), {}, options_for({5.0}));
  EXPECT_EQ(few.values, 14U);
  EXPECT_TRUE(std::isnan(few.level[0]) && std::isnan(few.fit.scale));
  EXPECT_TRUE(std::isfinite(few.members[0]));
  const auto flat = pooled_return_levels(Samples(20, {1.0, 1.0}), {}, options_for({5.0}));
  EXPECT_TRUE(std::isnan(flat.level[0]) && std::isnan(flat.low[0]));
  const auto one_start =
      pooled_return_levels(draws({0.0, 1.0, 0.0}, 1, 100, 1), {}, options_for({5.0}));
  EXPECT_TRUE(std::isfinite(one_start.level[0]));
  EXPECT_TRUE(std::isnan(one_start.low[0])) << "one start does not tell how starts differ";
}

TEST(LeadWindows, EndWithWholeWindowsAfterTheLeadsLeftOut) {
  const std::vector<double> leads{0, 6, 12, 18, 24, 30, 36, 42, 48, 54};
  const auto of = [&](const LeadWindows& windows, std::size_t last) {
    return windows.leads_of(leads, last);
  };
  using Leads = std::vector<std::size_t>;
  EXPECT_EQ(of({0.0, 24.0}, 4), (Leads{1, 2, 3, 4}));
  EXPECT_EQ(of({0.0, 24.0}, 8), (Leads{5, 6, 7, 8}));
  EXPECT_EQ(of({0.0, 24.0}, 9), Leads{}) << "a window that is not complete";
  EXPECT_EQ(of({0.0, 24.0}, 0), Leads{});
  EXPECT_EQ(of({6.0, 24.0}, 5), (Leads{2, 3, 4, 5}));
  EXPECT_EQ(of({6.0, 48.0}, 9), (Leads{2, 3, 4, 5, 6, 7, 8, 9}));
}

/// A verification of synthetic forecasts whose value at every lead is drawn from \p from.
struct Forecasts {
  static constexpr std::size_t k_starts = 80, k_leads = 8;
  static constexpr std::int64_t k_members = 24;
  Verification results;

  Forecasts(const ExtremeDistribution& from, const LeadWindows& windows,
            const ReturnLevelOptions& options, std::size_t lacking = k_starts)
      : results(shape_of(windows, options)) {
    std::mt19937_64 engine(17);
    std::uniform_real_distribution<double> uniform(1e-12, 1.0 - 1e-12);
    const std::size_t points = 4 * 8;
    CaseRunner runner(test::backend(), results.shape(), {});
    for (std::size_t s = 0; s < k_starts; ++s) {
      StartRecord record(results.shape());
      for (std::size_t t = 0; t < k_leads; ++t) {
        test::Case c = test::gaussian_case(4, 8, k_members, 1);
        // One value all over the globe with a pattern whose mean over any row is 0.
        for (std::size_t i = 0; i <= k_members; ++i) {
          const double value = from.quantile(uniform(engine));
          for (std::size_t p = 0; p < points; ++p) {
            const auto x = static_cast<float>(value + (p % 2 == 0 ? 1.0 : -1.0));
            if (i == k_members) {
              c.truth[p] = x;
            } else {
              c.ensemble[i * points + p] = x;
            }
          }
        }
        if (s == lacking && t == 3) continue;  // no verifying field
        runner.begin(0, t, static_cast<std::uint32_t>(s));
        runner.add_rows(c.view(), 0);
        runner.finish(record);
      }
      results.add(record);
    }
  }

  static VerificationShape shape_of(const LeadWindows& windows, const ReturnLevelOptions& options) {
    VerificationShape shape{Grid(GridType::legendre_gauss, 4, 8),
                            standard_regions(),
                            {{"t2m", "temperature", "K", "air_temperature"},
                             {"q2m", "humidity", "1", "specific_humidity"}},
                            {},
                            static_cast<int>(k_members),
                            static_cast<int>(k_members) + 1};
    for (std::size_t t = 1; t <= k_leads; ++t)
      shape.lead_hours.push_back(6.0 * static_cast<double>(t));
    const auto values = make_regional_values_family({0}, k_members);
    shape.families = {values};
    shape.inferences = {make_return_levels(values, {0}, windows, options)};
    return shape;
  }
};

TEST(ReturnLevels, OfForecastsAreThoseOfTheLargestOfTheLeadsInAWindow) {
  // The largest of n draws of a distribution of this kind is one of the same kind, moved and
  // stretched: mu + sigma (n^xi - 1)/xi, sigma n^xi, xi.
  const double shape = 0.08, n = 4.0;
  const ExtremeDistribution lead{280.0, 2.0, shape};
  const ExtremeDistribution window{280.0 + 2.0 * (std::pow(n, shape) - 1.0) / shape,
                                   2.0 * std::pow(n, shape), shape};
  const ReturnLevelOptions options = options_for({2.0, 10.0, 100.0});
  const Forecasts forecasts(lead, {0.0, 24.0}, options);
  const Verification& results = forecasts.results;
  for (std::size_t t : {3UL, 7UL}) {
    for (std::size_t region : {0UL, 2UL}) {
      const auto of = [&](const char* name) { return results.extra(name, 0, t, region); };
      EXPECT_EQ(of("block_maxima")[0], 80.0 * 24.0);
      EXPECT_NEAR(of("gev_shape")[0], shape, 0.05);
      EXPECT_NEAR(of("gev_location")[0], window.location, 0.15);
      EXPECT_NEAR(of("gev_scale")[0], window.scale, 0.1);
      for (std::size_t i = 0; i < 3; ++i) {
        const double wanted = return_level(window, options.periods[i]);
        // Four standard deviations of the fit to as many values (of 60 simulations).
        const double chance[] = {0.3, 0.7, 2.3};
        EXPECT_NEAR(of("return_level")[i], wanted, chance[i]) << t << ' ' << i;
        EXPECT_LT(of("return_level_low")[i], of("return_level")[i]);
        EXPECT_LT(of("return_level")[i], of("return_level_high")[i]);
      }
      // Truth and members are exchangeable: the level of period 10 is exceeded once in ten.
      EXPECT_NEAR(of("return_level_exceedance")[1], 0.1, 3.0 * std::sqrt(0.09 / 80.0));
      EXPECT_NEAR(of("return_level_truth")[0], return_level(window, 2.0), 1.2);
    }
  }
  EXPECT_TRUE(std::isnan(results.extra("return_level", 0, 4, 0)[0])) << "no window ends there";
  EXPECT_TRUE(results.extra("return_level", 1, 3, 0).empty()) << "a channel not asked for";

  const auto curves = return_level_curves(results);
  ASSERT_EQ(curves.size(), 8U);  // four regions, two windows
  EXPECT_EQ(curves[5].region, 2U);
  EXPECT_EQ(curves[5].lead_hours, 48.0);
  EXPECT_EQ(curves[5].level, results.extra("return_level", 0, 7, 2));
  EXPECT_EQ(curves[5].periods, options.periods);
}

TEST(ReturnLevels, AStartThatLacksALeadIsLeftOutOfThatWindowAlone) {
  const ReturnLevelOptions options = options_for({10.0}, 20);
  const Forecasts all({280.0, 2.0, 0.0}, {0.0, 24.0}, options);
  const Forecasts lacking({280.0, 2.0, 0.0}, {0.0, 24.0}, options, 5);
  const auto maxima = [](const Forecasts& f, std::size_t t) {
    return f.results.extra("block_maxima", 0, t, 0)[0];
  };
  EXPECT_EQ(maxima(lacking, 3), 79.0 * 24.0);
  EXPECT_EQ(maxima(lacking, 7), 80.0 * 24.0);
  EXPECT_EQ(lacking.results.extra("return_level", 0, 7, 0),
            all.results.extra("return_level", 0, 7, 0));
  EXPECT_NE(lacking.results.extra("return_level", 0, 3, 0),
            all.results.extra("return_level", 0, 3, 0));
}

}  // namespace
}  // namespace myriad::diag
