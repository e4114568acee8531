/// \file
/// Ensembles of real centres: ERA5 in GRIB and NetCDF, MOGREPS-UK on its projection, GEFS at one
/// station. Numbers by NumPy from the same files.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"
#include "src/base/error.hpp"
#include "src/io/ensemble_series.hpp"
#include "src/io/member_writer.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::pipelines {
namespace {

std::string data(const std::string& file) {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? std::filesystem::path(shared)
                        : std::filesystem::path(std::getenv("MYRIAD_SOURCE_DIR")) / "../shared";
  return (root / "data/real/ensemble" / file).string();
}

diag::Verification verify(const std::string& yaml) {
  VerifyRun run(Config::from_text(std::make_shared<const Schema>(verify_schema()),
                                  "out: unused\n" + yaml, "test.yaml"));
  diag::Verification results(run.shape());
  for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
  return results;
}

double score(const diag::Verification& results, const char* name, std::size_t channel = 0,
             std::size_t region = 0) {
  return results.score(diag::find_score(name), channel, 0, region);
}

/// The control of the ensemble as an analysis.
void write_control(const std::filesystem::path& path) {
  io::EnsembleOptions options;
  options.files = {data("era5_eda_members_20170101.nc")};
  options.channels = {{"z500", ""}, {"t850", ""}};
  options.lead_if_absent = Duration{};
  const auto ensemble = io::open_ensemble_series(options);
  ASSERT_EQ(ensemble->members().size(), 10U);
  ASSERT_EQ(ensemble->starts().size(), 4U);
  io::MemberMetadata metadata;
  metadata.start = ensemble->starts().front();
  for (const Instant& start : ensemble->starts()) metadata.leads.push_back(start - metadata.start);
  io::MemberWriterOptions exact;
  exact.rounding = io::Rounding::none;
  io::MemberWriter writer(path, ensemble->grid(), ensemble->channels(), metadata, exact);
  const auto points = static_cast<std::size_t>(ensemble->grid().points());
  std::vector<float> state(2 * points);
  for (std::size_t s = 0; s < 4; ++s) {
    for (std::size_t c = 0; c < 2; ++c)
      ensemble->read(s, 0, 0, c, std::span(state).subspan(c * points, points));
    writer.append(static_cast<std::int64_t>(s), state);
  }
  writer.finish();
}

TEST(Era5Members, ScoreAlikeInGribAndNetcdf) {
  const test::TemporaryDirectory directory;
  write_control(directory / "control.nc");
  const std::string common =
      fmt::format("analysis: [{}]\nchannels: [z500, t850]\n", (directory / "control.nc").string());
  const auto grib =
      verify(fmt::format("forecasts: [{}]\n{}", data("era5_eda_members_20170101.grib"), common));
  const auto netcdf = verify(fmt::format("forecasts: [{}]\nlead_if_absent: 0h\n{}",
                                         data("era5_eda_members_20170101.nc"), common));
  ASSERT_EQ(grib.shape().members, 9);
  ASSERT_EQ(netcdf.shape().members, 9);
  ASSERT_EQ(grib.starts(), 4U);
  EXPECT_EQ(grib.shape().grid.describe(), "equiangular 61x120");
  // The copy is packed: z to 1 m2 s-2, t to 0.01 K, so a value moves by half of that at most
  // and a score, where errors of rounding are independent, by far less.
  for (const auto& [channel, step] :
       {std::pair{std::size_t{0}, 1.0}, std::pair{std::size_t{1}, 0.01}}) {
    for (std::size_t region = 0; region < 4; ++region) {
      for (const char* name : {"rmse", "mae", "bias", "crps_fair", "spread"}) {
        const double value = score(netcdf, name, channel, region);
        EXPECT_NEAR(score(grib, name, channel, region), value, 0.1 * step) << name << region;
        if (std::string(name) != "bias") {
          EXPECT_GT(value, 2 * step) << name << region;
        }
      }
    }
  }
  // The control is its own analysis, up to the packing.
  EXPECT_EQ(score(netcdf, "rmse_control", 1), 0.0);
  EXPECT_LT(score(grib, "rmse_control", 1), 0.005);
}

TEST(Era5Members, WithoutLeadInNetcdfAreToldApartFromForecasts) {
  try {
    verify(
        fmt::format("forecasts: [{0}]\nanalysis: [{0}]\n", data("era5_eda_members_20170101.nc")));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2048") << error.what();
  }
}

TEST(MogrepsUk, ScoresOnItsProjectionAreThoseOfNumPy) {
  const auto temperature = verify(fmt::format(
      "forecasts: [{}]\nvariables: [t2m=fcst]\ntruth: {{variables: [t2m=truth]}}\ncontrol: none\n",
      data("mogreps_uk_t1p5m_20170602-04.nc")));
  ASSERT_EQ(temperature.starts(), 3U);
  EXPECT_EQ(temperature.shape().lead_hours, (std::vector<double>{12.0}));
  EXPECT_EQ(temperature.shape().grid.describe(), "equal-weight 200x200");
  EXPECT_NEAR(score(temperature, "rmse"), 0.617235973585, 1e-9);
  EXPECT_NEAR(score(temperature, "bias"), -0.245113649813, 1e-9);
  EXPECT_NEAR(score(temperature, "crps_fair"), 0.365941244707, 1e-5);
  EXPECT_NEAR(score(temperature, "spread"), 0.414181651148, 1e-9);
  EXPECT_NEAR(score(temperature, "spread_skill_ratio"), 0.6984264509, 1e-9);
  // A quantity that the channel table does not have.
  const auto wind =
      verify(fmt::format("forecasts: [{}]\nvariables: [ws10m=fcst]\ntruth: {{variables: "
                         "[ws10m=truth]}}\ncontrol: none\n",
                         data("mogreps_uk_ws10m_20170602-04.nc")));
  EXPECT_EQ(wind.shape().channels[0].units, "m s-1");
  EXPECT_NEAR(score(wind, "rmse"), 0.984696241628, 1e-9);
  EXPECT_NEAR(score(wind, "crps_fair"), 0.496030645403, 1e-5);
  EXPECT_NEAR(score(wind, "spread_skill_ratio"), 0.857879991936, 1e-9);
}

TEST(GefsInnsbruck, AtOneStationGivesTheScoresOfNumPy) {
  const auto run = [](const std::string& name, const std::string& lead) {
    return verify(fmt::format(
        "forecasts: [{0}]\nvariables: [{1}={1}_fcst]\nlead_if_absent: {2}\ncontrol: none\ntruth: "
        "{{variables: [{1}={1}_obs]}}\n",
        data("gefs_innsbruck.nc"), name, lead));
  };
  const auto tmin = run("tmin_18to30h", "30h");
  ASSERT_EQ(tmin.starts(), 2749U);
  ASSERT_EQ(tmin.shape().members, 11);
  EXPECT_NEAR(score(tmin, "rmse"), 9.80484464357, 1e-9);
  EXPECT_NEAR(score(tmin, "bias"), -8.91713242157, 1e-9);
  EXPECT_NEAR(score(tmin, "crps_fair"), 8.50986884538, 1e-4);
  const auto rain = run("precip_5to8d", "192h");
  ASSERT_EQ(rain.starts(), 4971U);
  EXPECT_NEAR(score(rain, "rmse"), 13.6690980541, 1e-9);
  EXPECT_NEAR(score(rain, "crps_fair"), 6.54316436063, 1e-4);
  EXPECT_NEAR(score(rain, "spread_skill_ratio"), 0.769769716861, 1e-9);
}

}  // namespace
}  // namespace myriad::pipelines
