/// Readers on the files of real models and centres. Expected numbers were computed with Debian's
/// xarray 2023.01 and netCDF4 1.6.2 (numpy, packed values unpacked in fp64), not with this library.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "src/io/field_series.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

std::string data(const std::string& name) {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::string root =
      shared != nullptr ? shared : std::string(std::getenv("MYRIAD_SOURCE_DIR")) + "/../shared";
  return root + "/data/" + name;
}

double mean(const std::vector<float>& field) {
  double sum = 0.0;
  for (const float value : field) sum += static_cast<double>(value);
  return sum / static_cast<double>(field.size());
}

SeriesOptions options_for(const std::string& file, std::vector<ChannelRequest> channels = {}) {
  SeriesOptions options;
  options.files = {data(file)};
  options.channels = std::move(channels);
  return options;
}

TEST(SpeedyArchive, AYearReadsToTheKnownValues) {
  const auto series = open_field_series(
      options_for("speedy/speedy_t30_2001.nc", requests_for(channel_set("speedy12"))));
  EXPECT_EQ(series->grid(), Grid(GridType::legendre_gauss, 32, 64));
  ASSERT_EQ(series->times().size(), 1460U);
  EXPECT_EQ(series->times().front().iso(), "2001-01-01T00:00:00Z");
  EXPECT_EQ(series->times().back().iso(), "2001-12-31T18:00:00Z");
  EXPECT_EQ(series->step(), Duration::hours(6));
  EXPECT_TRUE(series->notes().empty());
  struct Point {
    const char* channel;
    std::int64_t time;
    std::size_t row;
    std::size_t column;
    float value;
  };
  const Point points[] = {{"z500", 0, 0, 0, 5092.0F},     {"z500", 730, 10, 17, 5808.0F},
                          {"t850", 1459, 31, 63, 256.4F}, {"q850", 100, 16, 5, 0.0138F},
                          {"tp06", 1, 20, 30, 0.0F},      {"u250", 12, 7, 40, 31.0F},
                          {"sp", 500, 3, 9, 101420.0F}};
  for (const Point& point : points) {
    EXPECT_FLOAT_EQ(read_one(*series, point.time, point.channel)[point.row * 64 + point.column],
                    point.value)
        << point.channel;
  }
  EXPECT_NEAR(mean(read_one(*series, 730, "z500")), 5556.94140625, 1e-9);
  EXPECT_NEAR(mean(read_one(*series, 730, "t850")), 276.1458984375, 1e-5);
  EXPECT_NEAR(mean(read_one(*series, 730, "q850")), 0.00591142578125, 1e-9);
  EXPECT_NEAR(mean(read_one(*series, 730, "sp")), 97222.919921875, 1e-6);
}

TEST(SpeedyArchive, TheFirstPrecipitationIsMissingAndEverythingElseIsNot) {
  const auto series =
      open_field_series(options_for("speedy/speedy_t30_2001.nc", {{"tp06", ""}, {"z500", ""}}));
  EXPECT_EQ(series->channels()[0].units, "kg m-2");
  EXPECT_EQ(series->channels()[1].units, "m");
  EXPECT_EQ(error_of([&] { read_one(*series, 0, "tp06"); }).id(), "E2044");
  EXPECT_NO_THROW(read_one(*series, 0, "z500"));
}

TEST(SpeedyArchive, ThreeYearsJoinWithoutAGapAndPassTheRangeChecks) {
  const auto series = open_field_series(
      options_for("speedy/speedy_t30_200[123].nc", requests_for(channel_set("speedy11"))));
  ASSERT_EQ(series->times().size(), 4380U);
  EXPECT_EQ(series->require(Instant::parse("2003-01-01T00Z")), 2920);
  std::vector<float> state(11 * 2048);
  for (std::int64_t t = 0; t < 4380; t += 40) EXPECT_NO_THROW(series->read(t, state)) << t;
}

TEST(SpeedyArchive, StaticFieldsOnTwoGridsOfOneFileAreToldApart) {
  SeriesOptions options =
      options_for("speedy/speedy_t30_static.nc", {{"orography", ""}, {"lsm", ""}});
  options.time_if_absent = Instant::parse("2001-01-01");
  const auto series = open_field_series(options);
  EXPECT_EQ(series->grid(), Grid(GridType::legendre_gauss, 32, 64));
  EXPECT_EQ(series->channels()[0].units, "m2 s-2");
  const NetcdfFile file = NetcdfFile::open(data("speedy/speedy_t30_static.nc"));
  const std::vector<double> height = file.read_values(file.require("orog"));
  const std::vector<float> geopotential = read_one(*series, 0, "orography");
  for (std::size_t i = 0; i < height.size(); ++i)
    EXPECT_NEAR(geopotential[i], height[i] * 9.80665, 0.01);
}

TEST(SpeedyArchive, EnsembleFilesAreReadMemberByMember) {
  SeriesOptions options =
      options_for("speedy/speedy_t30_ensemble_2004.nc", {{"z500", ""}, {"t850", ""}});
  options.time_check = TimeCheck::increasing;
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2043");
  options.fixed_indices = {{"realization", 19}, {"lead", 11}};
  const auto series = open_field_series(options);
  EXPECT_EQ(series->times().size(), 12U);
  EXPECT_EQ(series->times()[0].civil().year, 2004);
  EXPECT_NO_THROW(read_one(*series, 11, "t850"));
}

TEST(Era5Tl31, TransposedSouthToNorthFileWithoutConventionsIsReadRight) {
  const auto series =
      open_field_series(options_for("real/analysis/era5_tl31_19590102T00.nc",
                                    {{"t500", ""}, {"z500", "m2 s-2"}, {"q850", ""}, {"u10", ""}}));
  EXPECT_EQ(series->grid(), Grid(GridType::legendre_gauss, 32, 64));
  ASSERT_EQ(series->times().size(), 1U);
  EXPECT_EQ(series->times()[0].iso(), "1959-01-02T00:00:00Z");
  EXPECT_EQ(series->channels()[3].level.value, 1000.0) << "u10 of a list is 10 hPa";
  const std::vector<float> t = read_one(*series, 0, "t500");
  EXPECT_FLOAT_EQ(t[0], 231.4407501220703F);
  EXPECT_FLOAT_EQ(t[10 * 64 + 17], 262.543212890625F);
  EXPECT_FLOAT_EQ(t[31 * 64 + 63], 237.0884552001953F);
  EXPECT_NEAR(mean(t), 251.4251892566681, 1e-9);
  EXPECT_FLOAT_EQ(read_one(*series, 0, "z500")[5 * 64 + 6], 50860.59375F);
  EXPECT_FLOAT_EQ(read_one(*series, 0, "q850")[20 * 64 + 33], 0.009530102834105492F);
}

TEST(Era5Tl31, FieldsWithoutALevelAxisAreReadTransposedToo) {
  const auto series =
      open_field_series(options_for("real/analysis/era5_tl31_19590102T00.nc", {{"sst", ""}}));
  EXPECT_FLOAT_EQ(read_one(*series, 0, "sst")[16 * 64 + 40], 299.3673095703125F);
}

TEST(Gfs, TheMissingHumidityLevelIsNamed) {
  const auto series = open_field_series(options_for(
      "real/forecast/gfs_20110110T12_f120.nc",
      {{"r20", ""}, {"r850", ""}, {"gh500", ""}, {"z500", ""}, {"u10m", ""}, {"tp06", ""}}));
  EXPECT_EQ(series->grid(), Grid(GridType::equiangular, 73, 144));
  EXPECT_EQ(series->times()[0].iso(), "2011-01-15T12:00:00Z");
  EXPECT_EQ(series->forecast_reference_time()->iso(), "2011-01-10T12:00:00Z");
  const Error error = error_of([&] { read_one(*series, 0, "r20"); });
  EXPECT_EQ(error.id(), "E2044");
  EXPECT_THAT(error.what(), testing::HasSubstr("r20 (level 20 hPa)"));
  EXPECT_FLOAT_EQ(read_one(*series, 0, "r850")[30 * 144 + 40], 0.56F);
  const std::vector<float> height = read_one(*series, 0, "gh500");
  EXPECT_FLOAT_EQ(height[10 * 144 + 20], 5281.0F);
  EXPECT_NEAR(mean(height), 5509.424562404871, 1e-6);
  EXPECT_EQ(series->channels()[3].units, "m") << "the file holds heights";
  EXPECT_NO_THROW(read_one(*series, 0, "u10m"));
  EXPECT_NO_THROW(read_one(*series, 0, "tp06"));
}

TEST(Gfs, EveryFieldTheTableKnowsPassesTheRangeCheckButTheMissingLevel) {
  const auto series = open_field_series(options_for("real/forecast/gfs_20111008T00_f072.nc"));
  EXPECT_GT(series->channels().size(), 100U);
  int missing = 0;
  for (const Channel& channel : series->channels()) {
    try {
      read_one(*series, 0, channel.name);
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2044") << error.what();
      ++missing;
    }
  }
  EXPECT_LE(missing, 1);
}

TEST(EcmwfForecast, HalfDegreeGeopotentialIsReadAndConverts) {
  const auto series = open_field_series(
      options_for("real/forecast/ecmwf_20100304T12_f024_0p5deg.nc", {{"z500", "m"}, {"msl", ""}}));
  EXPECT_EQ(series->grid(), Grid(GridType::equiangular, 361, 720));
  EXPECT_FLOAT_EQ(read_one(*series, 0, "z500")[100 * 720 + 200],
                  static_cast<float>(54194.0 / 9.80665));
  EXPECT_THAT(series->notes(), testing::ElementsAre(testing::HasSubstr("g0")));
}

TEST(NcepClimatology, ADateForAFileWithoutTimeIsTakenFromTheOptions) {
  SeriesOptions options = options_for("real/analysis/ncep_june_climatology_t42.nc",
                                      {{"q1000", ""}, {"t2m", ""}, {"z500", "m"}});
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2031");
  options.time_if_absent = Instant::parse("2001-06-15");
  const auto series = open_field_series(options);
  EXPECT_EQ(series->grid(), Grid(GridType::legendre_gauss, 64, 128));
  for (const Channel& channel : series->channels())
    EXPECT_NO_THROW(read_one(*series, 0, channel.name));
}

TEST(EraInterim, AllLevelsArePhysical) {
  const auto series =
      open_field_series(options_for("real/analysis/erainterim_20050123T00_uvt37.nc"));
  EXPECT_EQ(series->channels().size(), 111U);
  for (const Channel& channel : series->channels())
    EXPECT_NO_THROW(read_one(*series, 0, channel.name)) << channel.name;
}

TEST(Era5Eda, MembersAreChosenByIndex) {
  SeriesOptions options =
      options_for("real/ensemble/era5_eda_members_20170101.nc", {{"z500", ""}, {"t850", ""}});
  options.fixed_indices = {{"realization", 9}};
  const auto series = open_field_series(options);
  EXPECT_EQ(series->times().size(), 4U);
  EXPECT_EQ(series->step(), Duration::hours(12));
  for (std::int64_t t = 0; t < 4; ++t) EXPECT_NO_THROW(read_one(*series, t, "z500"));
}

TEST(RegionalAndProjectedFiles, AreRefusedWithAReason) {
  for (const char* file :
       {"real/ensemble/mogreps_uk_t1p5m_20170602-04.nc",
        "real/ensemble/ecmwf_s5_era5_tas_mediterranean.nc", "real/ensemble/gefs_innsbruck.nc"}) {
    const Error error = error_of([&] { open_field_series(options_for(file)); });
    EXPECT_THAT(error.kind(), testing::AnyOf(ErrorKind::input_corrupt, ErrorKind::input_missing))
        << file;
  }
}

}  // namespace
}  // namespace myriad::io
