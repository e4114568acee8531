#include "diagnostics/event_curves.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/families/events.hpp"
#include "diagnostics/families/gaussian.hpp"
#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

constexpr std::int64_t k_nlat = 8, k_nlon = 16;
constexpr int k_members = 5;
constexpr std::uint64_t k_starts = 3;

const std::vector<Threshold> k_thresholds{{"u10m", Relation::below, 0.25, ""},
                                          {"u10m", Relation::above, 100.0, "cm s-1"},
                                          {"u10m", Relation::above, 99.0, ""}};

test::Case case_of(std::uint64_t start, std::size_t channel) {
  return test::gaussian_case(k_nlat, k_nlon, k_members, 17 * start + channel);
}

VerificationShape shape_of(ScoreFamilies families) {
  VerificationShape shape{Grid(GridType::legendre_gauss, k_nlat, k_nlon),
                          standard_regions(),
                          test::two_channels(),
                          {0.0, 24.0, 48.0},
                          k_members,
                          k_members + 1};
  shape.families = std::move(families);
  return shape;
}

std::vector<std::vector<Event>> events() {
  return resolve_thresholds(units_of(test::two_channels()), k_thresholds);
}

/// Leads 1 and 2 have the same fields; nothing verifies lead 0.
Verification results_with(ScoreFamilies families) {
  Verification results(shape_of(std::move(families)));
  for (std::uint64_t start = 0; start < k_starts; ++start) {
    CaseRunner runner(test::backend(), results.shape(), {});
    StartRecord record(results.shape());
    for (std::size_t c = 0; c < 2; ++c) {
      const test::Case fields = case_of(start, c);
      for (std::size_t lead : {1U, 2U}) {
        runner.begin(c, lead, 0);
        runner.add_rows(fields.view(), 0);
        runner.finish(record);
      }
    }
    results.add(record);
  }
  return results;
}

Verification results() {
  EventOptions options;
  options.channels = test::two_channels();
  options.events = k_thresholds;
  options.members = k_members;
  return results_with(
      {make_gaussian_family({test::two_channels(), 1e-3, {}}), make_event_family(options)});
}

/// Weight of every number k of members with the event, of all cases and of those that had it.
struct Plain {
  std::vector<double> all = std::vector<double>(k_members + 1, 0.0);
  std::vector<double> happened = std::vector<double>(k_members + 1, 0.0);
};

Plain plain_sums(const Event& event) {
  Plain plain;
  const auto weights = Grid(GridType::legendre_gauss, k_nlat, k_nlon).row_weights();
  for (std::uint64_t start = 0; start < k_starts; ++start) {
    const test::Case c = case_of(start, 1);
    for (std::size_t p = 0; p < c.truth.size(); ++p) {
      std::size_t k = 0;
      for (double x : test::members_at(c, p)) k += event.holds(x) ? 1 : 0;
      const double w = weights[p / k_nlon] / k_nlon / static_cast<double>(k_starts);
      plain.all[k] += w;
      if (event.holds(static_cast<double>(c.truth[p]))) plain.happened[k] += w;
    }
  }
  return plain;
}

TEST(EventCurves, AreThoseOfPlainSumsOverPointsAndStarts) {
  const std::vector<std::size_t> leads{0, 2};
  const EventCurves curves = event_curves(results(), events(), leads, 0);
  ASSERT_EQ(curves.reliability.size(), 3U) << "nothing verifies lead 0";
  ASSERT_EQ(curves.roc.size(), 2U) << "the third event never happens";
  for (std::size_t e = 0; e < 2; ++e) {
    const Event event = events()[1][e];
    const Plain plain = plain_sums(event);
    const ReliabilityCurve& reliability = curves.reliability[e];
    double total = 0.0, rate = 0.0;
    for (std::size_t k = 0; k <= k_members; ++k) {
      ASSERT_GT(plain.all[k], 0.0) << "the case has all probabilities";
      EXPECT_NEAR(reliability.counts[k], plain.all[k], 1e-14);
      EXPECT_NEAR(reliability.forecast_probability[k], static_cast<double>(k) / k_members, 1e-14);
      EXPECT_NEAR(reliability.observed_frequency[k], plain.happened[k] / plain.all[k], 1e-13);
      total += plain.all[k];
      rate += plain.happened[k];
    }
    EXPECT_NEAR(total, 1.0, 1e-13);
    EXPECT_NEAR(reliability.base_rate, rate, 1e-13);

    const RocCurve& roc = curves.roc[e];
    ASSERT_EQ(roc.hit_rate.size(), k_members + 2U);
    double hits = 0.0, alarms = 0.0, area = 0.0;
    for (std::size_t i = 0; i <= k_members + 1U; ++i) {
      EXPECT_NEAR(roc.hit_rate[i], hits, 1e-13) << i;
      EXPECT_NEAR(roc.false_alarm_rate[i], alarms, 1e-13) << i;
      if (i > k_members) break;
      const std::size_t k = k_members - i;  // the next lower threshold
      const double more_hits = plain.happened[k] / rate;
      const double more_alarms = (plain.all[k] - plain.happened[k]) / (1.0 - rate);
      area += more_alarms * (hits + 0.5 * more_hits);
      hits += more_hits;
      alarms += more_alarms;
    }
    EXPECT_NEAR(roc.area, area, 1e-13);
  }
}

TEST(EventCurves, SayWhatTheyAreAbout) {
  const std::vector<std::size_t> leads{1, 2};
  const EventCurves curves = event_curves(results(), events(), leads, 1);
  ASSERT_EQ(curves.reliability.size(), 6U);
  const VerifiedEvent& event = curves.reliability[3].event;
  EXPECT_EQ(event.channel, 1U);
  EXPECT_EQ(event.lead_hours, 48.0);
  EXPECT_EQ(event.name, "above 100");
  EXPECT_EQ(event.units, "cm s-1");
  EXPECT_EQ(event.threshold, 100.0);
  EXPECT_EQ(event.members, k_members);
  EXPECT_EQ(curves.roc[0].event.name, "below 0.25");
  EXPECT_EQ(curves.roc[0].event.units, "m s-1");
  EXPECT_EQ(curves.reliability[5].base_rate, 0.0) << "never";
}

TEST(EventCurves, NeedTheFamily) {
  const std::vector<std::size_t> leads{1};
  const EventCurves curves = event_curves(
      results_with({make_gaussian_family({test::two_channels(), 1e-3, {}})}), events(), leads, 0);
  EXPECT_TRUE(curves.reliability.empty());
  EXPECT_TRUE(curves.roc.empty());
}

}  // namespace
}  // namespace myriad::diag
