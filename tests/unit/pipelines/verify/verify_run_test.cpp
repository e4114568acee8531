#include "pipelines/verify/verify_run.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/error.hpp"
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
      EXPECT_NEAR(a.data()[i], b.data()[i], 1e-13 * std::abs(a.data()[i])) << i;
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
  world.write_analysis({world.start(0), world.start(0) + Duration::hours(24)});
  VerifyRun run(world.config("leads: [24h]\n"));
  EXPECT_EQ(id([&] { run.score_start(0, [] {}); }), "E2669");
}

}  // namespace
}  // namespace myriad::pipelines
