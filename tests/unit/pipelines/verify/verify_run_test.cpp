#include "pipelines/verify/verify_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "diagnostics/contour.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/climate_fixture.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad::pipelines {
namespace {

using test::VerifyWorld;

/// Score every start in order.
diag::Verification verify(VerifyRun& run) {
  diag::Verification results(run.shape());
  for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
  return results;
}

/// Area mean of a point value over all starts, from the fields themselves.
template <class Value>
double mean_over(const VerifyWorld& world, int starts, Duration lead, Value&& value) {
  const auto weights = world.grid().row_weights();
  double sum = 0.0;
  for (int s = 0; s < starts; ++s) {
    const auto truth = world.truth(world.start(s) + lead);
    std::vector<std::vector<float>> members;
    for (int m = 0; m < 5; ++m) members.push_back(world.member(s, m, lead));
    for (std::size_t p = 0; p < truth.size(); ++p) {
      std::vector<double> x;
      for (int m = 1; m < 5; ++m)
        x.push_back(static_cast<double>(members[static_cast<std::size_t>(m)][p]));
      const double w = weights[p / VerifyWorld::k_nlon] / VerifyWorld::k_nlon / starts;
      sum += w * value(s, p, x, static_cast<double>(members[0][p]), static_cast<double>(truth[p]));
    }
  }
  return sum;
}

double mean_of(const std::vector<double>& x) {
  double sum = 0.0;
  for (double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

TEST(VerifyRun, ScoresAgreeWithPlainLoopsOverTheFields) {
  const VerifyWorld world;
  const Config config = world.config();
  VerifyRun run(config);
  const diag::Verification results = verify(run);
  const Duration lead = Duration::hours(48);
  const auto score = [&](const char* name) {
    return results.score(diag::find_score(name), 0, 2, 0);
  };
  const auto climate = [&](int s) {
    return static_cast<double>(world.climate(world.start(s) + lead)[0]);
  };

  EXPECT_NEAR(score("rmse"),
              std::sqrt(mean_over(world, 3, lead,
                                  [](int, std::size_t, const auto& x, double, double y) {
                                    return (mean_of(x) - y) * (mean_of(x) - y);
                                  })),
              1e-9);
  EXPECT_NEAR(score("rmse_control"),
              std::sqrt(mean_over(world, 3, lead,
                                  [](int, std::size_t, const auto&, double c, double y) {
                                    return (c - y) * (c - y);
                                  })),
              1e-9);
  EXPECT_NEAR(score("rmse_persistence"),
              std::sqrt(mean_over(world, 3, lead,
                                  [&](int s, std::size_t p, const auto&, double, double y) {
                                    const double f =
                                        static_cast<double>(world.truth(world.start(s))[p]);
                                    return (f - y) * (f - y);
                                  })),
              1e-9);
  EXPECT_NEAR(score("mae_climatology"),
              mean_over(world, 3, lead,
                        [&](int s, std::size_t, const auto&, double, double y) {
                          return std::abs(climate(s) - y);
                        }),
              1e-4);
  EXPECT_NEAR(score("spread"),
              std::sqrt(mean_over(world, 3, lead,
                                  [](int, std::size_t, const auto& x, double, double) {
                                    double v = 0.0;
                                    for (double xi : x)
                                      v += (xi - mean_of(x)) * (xi - mean_of(x)) / 3.0;
                                    return v;
                                  })),
              1e-9);
  EXPECT_NEAR(score("crps_fair"),
              mean_over(world, 3, lead,
                        [](int, std::size_t, const auto& x, double, double y) {
                          double error = 0.0, pairs = 0.0;
                          for (double a : x) {
                            error += std::abs(a - y) / 4.0;
                            for (double b : x) pairs += std::abs(a - b);
                          }
                          return error - pairs / (2.0 * 4.0 * 3.0);
                        }),
              1e-5);
  EXPECT_GT(score("acc"), 0.9);
  EXPECT_NEAR(score("spread_climatology"), VerifyWorld::k_climate_std, 1e-6);
}

TEST(VerifyRun, ReadingInBandsChangesNothing) {
  const VerifyWorld world(2, 5);
  VerifyRun whole(world.config());
  VerifyRun banded(world.config("memory_mb: 0.001\n"));
  EXPECT_EQ(whole.band_rows(), VerifyWorld::k_nlat);
  EXPECT_LT(banded.band_rows(), VerifyWorld::k_nlat);
  for (std::size_t s = 0; s < 2; ++s) {
    diag::StartRecord a = whole.score_start(s, [] {});
    diag::StartRecord b = banded.score_start(s, [] {});
    for (std::size_t i = 0; i < a.data().size(); ++i)
      EXPECT_TRUE((std::isnan(a.data()[i]) && std::isnan(b.data()[i])) ||
                  std::abs(a.data()[i] - b.data()[i]) <= 1e-13 * std::abs(a.data()[i])) << i;
  }
}

TEST(VerifyRun, KeepsMapsAndPlumesOfTheStartThatIsShown) {
  const VerifyWorld world;
  VerifyRun run(
      world.config("report:\n  start: 2003-01-25\n  map_leads: [24h, 72h]\n  places:\n    - {name: "
                   "Here, latitude: 40, longitude: -90}\n"));
  EXPECT_EQ(run.shown_start(), 1U);
  const diag::Verification results = verify(run);
  const diag::Report report = run.report();
  ASSERT_EQ(report.maps.size(), 1U);
  EXPECT_EQ(report.maps[0].lead_hours, 24.0);
  EXPECT_EQ(report.maps[0].truth, world.truth(world.start(1) + Duration::hours(24)));
  ASSERT_EQ(report.plumes.size(), 1U);
  const diag::Plume& plume = report.plumes[0];
  EXPECT_EQ(plume.longitude, 270.0);
  const auto latitudes = world.grid().latitudes_deg();
  const auto row = static_cast<std::size_t>(
      std::find(latitudes.begin(), latitudes.end(), plume.latitude) - latitudes.begin());
  EXPECT_NEAR(plume.latitude, 40.0, 12.0);
  ASSERT_EQ(plume.members.size(), 4U);
  EXPECT_EQ(plume.members[2][1],
            static_cast<double>(world.member(1, 3, Duration::hours(24))[row * 16 + 12]));
  EXPECT_EQ(plume.control[2],
            static_cast<double>(world.member(1, 0, Duration::hours(48))[row * 16 + 12]));
}

/// Where the report's probabilities and lines are asked for.
constexpr const char* k_shown =
    "report:\n  map_leads: [24h, 48h]\n  events:\n"
    "    - {channel: t850, relation: above, value: 281}\n"
    "    - {channel: t850, relation: below, value: 7, units: degC}\n"
    "    - {channel: z500, value: 5500}\n"
    "  contours:\n    - {channel: t850, value: 8, units: degC}\n";

TEST(VerifyRun, MapsTheShareOfMembersBeyondAThreshold) {
  const VerifyWorld world;
  for (const char* bands : {"", "memory_mb: 0.001\n"}) {
    VerifyRun run(world.config(std::string(k_shown) + bands));
    const diag::Verification results = verify(run);
    const diag::Report report = run.report();
    ASSERT_EQ(report.fields.size(), 4U) << "two events of t850 at two leads; z500 is not verified";
    const diag::FieldPanel& warm = report.fields[2];
    const diag::FieldPanel& cold = report.fields[3];
    EXPECT_EQ(warm.heading, "Probability of more than 281\u202fK");
    EXPECT_EQ(cold.heading, "Probability of less than 7\u202fdegC");
    EXPECT_EQ(warm.lead_hours, 48.0);
    EXPECT_EQ(warm.units, "%");
    std::size_t between = 0;
    for (std::size_t p = 0; p < VerifyWorld::k_points; ++p) {
      double above = 0.0, below = 0.0;
      for (int m = 1; m < 5; ++m) {
        const auto x = static_cast<double>(world.member(0, m, Duration::hours(48))[p]);
        above += x > 281.0 ? 25.0 : 0.0;
        below += x < 7.0 + 273.15 ? 25.0 : 0.0;
      }
      EXPECT_EQ(static_cast<double>(warm.field[p]), above) << p;
      EXPECT_EQ(static_cast<double>(cold.field[p]), below) << p;
      between += above > 0.0 && above < 100.0 ? 1 : 0;
    }
    EXPECT_GT(between, 10U) << "the case tells members apart";
  }
}

TEST(VerifyRun, DrawsOneLineForEveryMember) {
  const VerifyWorld world;
  VerifyRun whole(world.config(k_shown));
  VerifyRun banded(world.config(std::string(k_shown) + "memory_mb: 0.001\n"));
  static_cast<void>(verify(whole));
  static_cast<void>(verify(banded));
  const diag::Report report = whole.report();
  ASSERT_EQ(report.spaghetti.size(), 2U);
  const diag::Spaghetti& lines = report.spaghetti[1];
  EXPECT_DOUBLE_EQ(lines.level, 8.0 + 273.15);
  EXPECT_EQ(lines.members, 4);
  ASSERT_EQ(lines.member_paths.size(), 4U);
  const auto latitudes = world.grid().latitudes_deg();
  for (int m = 1; m < 5; ++m) {
    const auto field = world.member(0, m, Duration::hours(48));
    EXPECT_EQ(
        lines.member_paths[static_cast<std::size_t>(m - 1)],
        diag::contour_path(diag::map_lattice(field, latitudes, VerifyWorld::k_nlon), 281.15, 4.0));
  }
  EXPECT_EQ(banded.report().spaghetti[1].member_paths, lines.member_paths);
  EXPECT_FALSE(lines.truth_path.empty());
}

TEST(VerifyRun, DrawsReliabilityAndRocOfTheEventsThatAreScored) {
  const VerifyWorld world;
  VerifyRun run(
      world.config("scores: {events: [{channel: t850, relation: below, value: 8, units: degC}]}\n"
                   "report: {map_leads: [48h, 72h]}\n"));
  const diag::Verification results = verify(run);
  diag::Report report = run.report();
  run.add_curves(results, report);
  ASSERT_EQ(report.reliability.size(), 1U);
  ASSERT_EQ(report.roc.size(), 1U);
  const diag::ReliabilityCurve& curve = report.reliability[0];
  EXPECT_EQ(curve.event.name, "below 8");
  EXPECT_EQ(curve.event.units, "degC");
  EXPECT_EQ(curve.event.lead_hours, 48.0);
  EXPECT_EQ(curve.event.members, 4);
  for (int k = 0; k <= 4; ++k) {
    const auto share = [&](bool happened) {
      return mean_over(world, 3, Duration::hours(48),
                       [&](int, std::size_t, const auto& x, double, double y) {
                         int count = 0;
                         for (double v : x) count += v < 8.0 + 273.15 ? 1 : 0;
                         return count == k && (!happened || y < 8.0 + 273.15) ? 1.0 : 0.0;
                       });
    };
    const auto bin = static_cast<std::size_t>(k);
    EXPECT_NEAR(curve.counts[bin], share(false), 1e-12) << k;
    EXPECT_NEAR(curve.observed_frequency[bin], share(true) / share(false), 1e-12) << k;
  }
}

/// Climate of t850: warmer by 4 K every month; the points of the first row have one value.
diag::test::ClimateFile quantiles_of_t850() {
  diag::test::ClimateFile file;
  file.channel = "t850";
  file.units = "K";
  file.value = [](int month, double percent, std::size_t point) {
    return 270.0 + 4.0 * month + (point < VerifyWorld::k_nlon ? 0.0 : 0.1 * percent);
  };
  return file;
}

/// (4/pi) of the integral of sin^2 u - F(u) over 0..pi/2, F of the nearest quantile in u.
double plain_extreme_index(const std::vector<double>& x, const diag::test::ClimateFile& climate,
                           int month, std::size_t point) {
  constexpr int k_steps = 20000;
  double sum = 0.0;
  for (int i = 0; i < k_steps; ++i) {
    const double u = 0.5 * std::numbers::pi * (i + 0.5) / k_steps;
    const auto distance = [&](double p) { return std::abs(std::asin(std::sqrt(p / 100.0)) - u); };
    double nearest = climate.percent.front();
    for (double p : climate.percent) {
      if (distance(p) < distance(nearest)) nearest = p;
    }
    const auto quantile = static_cast<float>(climate.value(month, nearest, point));
    double share = 0.0;
    for (double v : x) share += v <= static_cast<double>(quantile) ? 0.25 : 0.0;
    sum += std::sin(u) * std::sin(u) - share;
  }
  return 2.0 * sum / k_steps;
}

TEST(VerifyRun, MapsHowExtremeTheEnsembleIsInItsClimate) {
  const VerifyWorld world;
  const diag::test::ClimateFile climate = quantiles_of_t850();
  climate.write(world.path() / "quantiles.nc", world.grid());
  const std::string more =
      "report: {start: 2003-02-04, map_leads: [24h, 48h], climate_quantiles: " +
      (world.path() / "quantiles.nc").string() + "}\n";
  for (const char* bands : {"", "memory_mb: 0.001\n"}) {
    VerifyRun run(world.config(more + bands));
    static_cast<void>(verify(run));
    const diag::Report report = run.report();
    ASSERT_EQ(report.fields.size(), 6U) << "index and two shifts at two leads";
    const diag::FieldPanel& index = report.fields[3];
    const diag::FieldPanel& upper = report.fields[4];
    EXPECT_EQ(index.heading, "Extreme forecast index");
    EXPECT_EQ(index.lead_hours, 48.0);
    EXPECT_THAT(index.estimator, testing::HasSubstr("climate of a test"));
    EXPECT_EQ(upper.heading, "Shift of the upper tail");
    EXPECT_EQ(report.fields[5].heading, "Shift of the lower tail");
    for (std::size_t p = 0; p < VerifyWorld::k_points; ++p) {
      std::vector<double> x;
      for (int m = 1; m < 5; ++m)
        x.push_back(static_cast<double>(world.member(2, m, Duration::hours(48))[p]));
      EXPECT_NEAR(static_cast<double>(index.field[p]), plain_extreme_index(x, climate, 2, p), 1e-3)
          << p;
      std::sort(x.begin(), x.end());
      const double q90 = x[2] + 0.7 * (x[3] - x[2]);  // rank 0.9 (N - 1)
      const double c90 = climate.value(2, 90, p), c99 = climate.value(2, 99, p);
      if (p < VerifyWorld::k_nlon) {
        EXPECT_TRUE(std::isnan(upper.field[p])) << p;
      } else {
        EXPECT_NEAR(static_cast<double>(upper.field[p]), (q90 - c99) / (c99 - c90), 1e-3) << p;
      }
    }
    const auto known = run.provenance();
    EXPECT_TRUE(std::find(known.begin(), known.end(),
                          std::pair<std::string, std::string>("Climate quantiles",
                                                              "climate of a test")) != known.end());
  }
}

TEST(VerifyRun, RefusesContradictoryOrHopelessConfigurations) {
  const VerifyWorld world(1, 2);
  const auto id = [](const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("none");
  };
  EXPECT_EQ(id([&] { VerifyRun run(world.config("archive: some.nc\n")); }), "E2667");
  EXPECT_EQ(id([&] { VerifyRun run(world.config("report: {start: 2003-01-16}\n")); }), "E2668");
  EXPECT_EQ(
      id([&] {
        VerifyRun run(world.config("report: {events: [{channel: t850, value: 3, units: m}]}\n"));
      }),
      "E2703");
  world.write_analysis({world.start(0), world.start(0) + Duration::hours(24)});
  VerifyRun run(world.config("leads: [24h]\n"));
  EXPECT_EQ(id([&] { run.score_start(0, [] {}); }), "E2669");
}

}  // namespace
}  // namespace myriad::pipelines
