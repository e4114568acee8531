#include "src/io/netcdf_series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

SeriesOptions options_for(const std::filesystem::path& path,
                          std::vector<ChannelRequest> channels = {}) {
  SeriesOptions options;
  options.files = {path.string()};
  options.channels = std::move(channels);
  return options;
}

void expect_field(FieldSeries& series, const SyntheticFile& file, std::size_t variable,
                  const std::string& channel, double level = 0.0) {
  for (std::size_t t = 0; t < file.hours.size(); ++t) {
    EXPECT_EQ(read_one(series, static_cast<std::int64_t>(t), channel),
              expected(file, file.variables[variable].field, file.hours[t], level))
        << channel << " at " << file.hours[t];
  }
}

TEST(NetcdfSeries, FloatFieldsComeBackBitForBit) {
  const TemporaryDirectory dir;
  const SyntheticFile file = two_channels();
  write_synthetic(dir / "a.nc", file);
  const auto series = open_field_series(options_for(dir / "a.nc", {{"u850", ""}, {"t850", ""}}));
  EXPECT_EQ(series->grid(), Grid(GridType::legendre_gauss, 8, 16));
  EXPECT_EQ(series->channels()[0].name, "u850");
  EXPECT_EQ(series->times().size(), 3U);
  EXPECT_EQ(series->times()[1].iso(), "2001-01-01T06:00:00Z");
  EXPECT_EQ(series->calendar(), Calendar::standard);
  EXPECT_EQ(series->step(), Duration::hours(6));
  expect_field(*series, file, 0, "t850");
  expect_field(*series, file, 1, "u850");
}

TEST(NetcdfSeries, OrientationOfTheFileDoesNotMatter) {
  const TemporaryDirectory dir;
  const std::vector<std::vector<std::string>> orders = {{"time", "level", "lat", "lon"},
                                                        {"level", "lon", "lat", "time"},
                                                        {"lat", "time", "lon", "level"},
                                                        {"lon", "level", "time", "lat"}};
  int n = 0;
  for (const auto& order : orders) {
    for (const bool south_first : {false, true}) {
      for (const double first_longitude : {0.0, -180.0, 90.0}) {
        SyntheticFile file;
        file.order = order;
        file.south_first = south_first;
        file.first_longitude = first_longitude;
        file.grid = GridType::equiangular;
        file.nlat = 7;
        file.levels = {850.0, 500.0};
        file.variables.push_back(
            {"t", "K", "air_temperature", distinct(240.0, 300.0), NcType::f32, 1.0, 0.0, true});
        const std::filesystem::path path = dir / ("o" + std::to_string(n++) + ".nc");
        write_synthetic(path, file);
        const auto series = open_field_series(options_for(path, {{"t500", ""}, {"t850", ""}}));
        for (const double level : {500.0, 850.0}) {
          const std::vector<float> got = read_one(*series, 2, level == 500.0 ? "t500" : "t850");
          const std::vector<float> want = expected(file, file.variables[0].field, 12.0, level);
          for (std::size_t i = 0; i < want.size(); ++i)
            ASSERT_NEAR(got[i], want[i], 2e-4) << path << " " << i;
        }
      }
    }
  }
}

TEST(NetcdfSeries, PackedShortsUnpackToHalfAStep) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.variables.push_back(
      {"t850", "K", "air_temperature", distinct(240.0, 300.0), NcType::int16, 0.1, 270.0});
  write_synthetic(dir / "p.nc", file);
  const auto series = open_field_series(options_for(dir / "p.nc", {{"t850", ""}}));
  const std::vector<float> got = read_one(*series, 1, "t850");
  const std::vector<float> want = expected(file, file.variables[0].field, 6.0, 0.0);
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], 0.0501);
    EXPECT_EQ(got[i], static_cast<float>(
                          std::round((static_cast<double>(got[i]) - 270.0) / 0.1) * 0.1 + 270.0));
  }
}

TEST(NetcdfSeries, DeclaredUnitsAreConvertedAndTheConversionIsNoted) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.levels = {500.0};
  file.variables.push_back(
      {"ta", "degC", "air_temperature", distinct(-40.0, 10.0), NcType::f32, 1.0, 0.0, true});
  file.variables.push_back(
      {"zg", "m", "geopotential_height", distinct(5000.0, 5900.0), NcType::f32, 1.0, 0.0, true});
  file.variables.push_back({"ps", "hPa", "surface_air_pressure", distinct(950.0, 1030.0)});
  write_synthetic(dir / "c.nc", file);
  const auto series =
      open_field_series(options_for(dir / "c.nc", {{"t500", ""}, {"z500", "m2 s-2"}, {"sp", ""}}));
  const std::vector<float> t = read_one(*series, 0, "t500");
  const std::vector<float> z = read_one(*series, 0, "z500");
  const std::vector<float> p = read_one(*series, 0, "sp");
  const std::vector<float> t0 = expected(file, file.variables[0].field, 0.0, 500.0);
  const std::vector<float> z0 = expected(file, file.variables[1].field, 0.0, 500.0);
  const std::vector<float> p0 = expected(file, file.variables[2].field, 0.0, 0.0);
  for (std::size_t i = 0; i < t.size(); ++i) {
    EXPECT_FLOAT_EQ(t[i], t0[i] + 273.15F);
    EXPECT_FLOAT_EQ(z[i], z0[i] * 9.80665F);
    EXPECT_FLOAT_EQ(p[i], p0[i] * 100.0F);
  }
  EXPECT_EQ(series->notes().size(), 3U);
}

TEST(NetcdfSeries, WithoutAUnitInTheRequestTheFileDecidesBetweenHeightAndGeopotential) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.variables.push_back({"z500", "m", "geopotential_height", distinct(5000.0, 5900.0)});
  write_synthetic(dir / "h.nc", file);
  const auto series = open_field_series(options_for(dir / "h.nc", {{"z500", ""}}));
  EXPECT_EQ(series->channels()[0].units, "m");
  EXPECT_TRUE(series->notes().empty());
  expect_field(*series, file, 0, "z500");
}

TEST(NetcdfSeries, SeveralFilesSplitByTimeAndByVariableAreOneSeries) {
  const TemporaryDirectory dir;
  SyntheticFile whole = two_channels();
  whole.hours = {0.0, 6.0, 12.0, 18.0};
  write_synthetic(dir / "whole.nc", whole);
  for (const std::size_t variable : {0U, 1U}) {
    for (const int half : {1, 0}) {
      SyntheticFile part = whole;
      part.variables = {whole.variables[variable]};
      part.hours = half == 0 ? std::vector<double>{0.0, 6.0} : std::vector<double>{12.0, 18.0};
      write_synthetic(dir / ("part" + std::to_string(1 - half) + std::to_string(variable) + ".nc"),
                      part);
    }
  }
  SeriesOptions options = options_for(dir / "part*.nc", {{"t850", ""}, {"u850", ""}});
  const auto parts = open_field_series(options);
  EXPECT_EQ(parts->files().size(), 4U);
  EXPECT_EQ(parts->times().size(), 4U);
  expect_field(*parts, whole, 0, "t850");
  expect_field(*parts, whole, 1, "u850");
}

TEST(NetcdfSeries, MoreFilesThanHandlesAreReadInAnyOrder) {
  const TemporaryDirectory dir;
  for (int f = 0; f < 20; ++f) {
    SyntheticFile file = two_channels();
    file.hours = {6.0 * f};
    write_synthetic(dir / fmt::format("f{:02d}.nc", f), file);
  }
  const auto series = open_field_series(options_for(dir / "f*.nc", {{"t850", ""}}));
  ASSERT_EQ(series->times().size(), 20U);
  const SyntheticFile file = two_channels();
  for (const std::int64_t t : {19, 0, 7, 18, 1, 0, 19}) {
    EXPECT_EQ(read_one(*series, t, "t850"),
              expected(file, file.variables[0].field, 6.0 * static_cast<double>(t), 0.0));
  }
}

TEST(NetcdfSeries, NoleapDatesSkipTheLeapDay) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.calendar = "noleap";
  file.time_units = "days since 2004-02-28";
  file.hours = {0.0, 1.0};
  write_synthetic(dir / "n.nc", file);
  const auto series = open_field_series(options_for(dir / "n.nc", {{"t850", ""}}));
  EXPECT_EQ(series->calendar(), Calendar::noleap);
  EXPECT_EQ(series->times()[1].iso(), "2004-03-01T00:00:00Z");
  EXPECT_EQ(series->step(), Duration::days(1));
  EXPECT_EQ(series->find(Instant::parse("2004-03-01")), 1);
  EXPECT_FALSE(series->find(Instant::parse("2004-02-29")));
}

TEST(NetcdfSeries, AFieldWithoutTimeHoldsAtEveryTime) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.variables.push_back({"lsm", "1", "land_binary_mask", distinct(0.0, 1.0)});
  file.variables.back().time = false;
  write_synthetic(dir / "s.nc", file);
  const auto series = open_field_series(options_for(dir / "s.nc", {{"t850", ""}, {"lsm", ""}}));
  EXPECT_EQ(read_one(*series, 0, "lsm"), read_one(*series, 2, "lsm"));
}

TEST(NetcdfSeries, ExtraDimensionsNeedAChoiceUnlessTheyHaveOneElement) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.extra_length = 3;
  write_synthetic(dir / "e.nc", file);
  SeriesOptions options = options_for(dir / "e.nc", {{"t850", ""}});
  const Error error = error_of([&] { open_field_series(options); });
  EXPECT_EQ(error.id(), "E2043");
  EXPECT_THAT(error.what(), HasSubstr("'number' of length 3"));
  options.fixed_indices["number"] = 2;
  const auto series = open_field_series(options);
  const std::vector<float> got = read_one(*series, 0, "t850");
  const std::vector<float> want = expected(file, file.variables[0].field, 0.0, 0.0);
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i] + 2.0F, 1e-4);
  options.fixed_indices["number"] = 3;
  EXPECT_EQ(error_of([&] { open_field_series(options); }).kind(), ErrorKind::config_invalid);
  options.fixed_indices = {{"nunber", 0}};
  EXPECT_EQ(error_of([&] { open_field_series(options); }).kind(), ErrorKind::config_invalid);
}

TEST(NetcdfSeries, WithoutAChannelListEverythingKnownIsFound) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.levels = {500.0, 250.0};
  file.variables.push_back(
      {"u", "m s-1", "eastward_wind", distinct(-40.0, 50.0), NcType::f32, 1.0, 0.0, true});
  file.variables.push_back({"2t", "K", "", distinct(240.0, 300.0)});
  file.variables.push_back({"flux", "W m-2", "", distinct(0.0, 300.0)});
  write_synthetic(dir / "d.nc", file);
  const auto series = open_field_series(options_for(dir / "d.nc"));
  std::vector<std::string> names;
  for (const Channel& channel : series->channels()) names.push_back(channel.name);
  EXPECT_THAT(names, ElementsAre("t850", "u850", "u500", "u250", "t2m"));
}

TEST(NetcdfSeries, AWindNamedU100MustSayWhetherItIsAHeightOrAPressure) {
  const TemporaryDirectory dir;
  SyntheticFile bare;
  bare.variables.push_back({"u100", "m s-1", "eastward_wind", distinct(-20.0, 20.0)});
  write_synthetic(dir / "bare.nc", bare);
  EXPECT_EQ(error_of([&] {
              open_field_series(options_for(dir / "bare.nc", {{"u100", ""}}));
            }).id(),
            "E2039");
  SyntheticFile era5 = bare;
  era5.variables[0].extra = {{"long_name", "100 metre U wind component"}};
  write_synthetic(dir / "era5.nc", era5);
  EXPECT_EQ(
      open_field_series(options_for(dir / "era5.nc", {{"u100m", ""}}))->channels()[0].level.value,
      100.0);
  EXPECT_EQ(error_of([&] {
              open_field_series(options_for(dir / "era5.nc", {{"u100", ""}}));
            }).kind(),
            ErrorKind::input_missing);
  SyntheticFile model = bare;
  model.variables[0].extra = {{"pressure_hPa", 100.0F}};
  write_synthetic(dir / "model.nc", model);
  EXPECT_EQ(
      open_field_series(options_for(dir / "model.nc", {{"u100", ""}}))->channels()[0].level.value,
      1e4);
}

TEST(NetcdfSeries, AVariableMayBeNamedExplicitly) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.variables.push_back({"z500_truth", "m", "geopotential_height", distinct(5000.0, 5900.0)});
  write_synthetic(dir / "v.nc", file);
  SeriesOptions options = options_for(dir / "v.nc", {{"z500", ""}});
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2037");
  options.variable_names["z500"] = "z500_truth";
  expect_field(*open_field_series(options), file, 0, "z500");
  options.variable_names["t500"] = "z500_truth";
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2023");
}

TEST(NetcdfSeries, LevelAxesWithoutUnitsAreReadAsHectopascal) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.levels = {850.0, 500.0};
  file.level_units = "";
  file.variables.push_back(
      {"temperature", "K", "", distinct(240.0, 300.0), NcType::f32, 1.0, 0.0, true});
  write_synthetic(dir / "l.nc", file);
  expect_field(*open_field_series(options_for(dir / "l.nc", {{"t850", ""}})), file, 0, "t850",
               850.0);
}

TEST(NetcdfSeries, RequiredTimesThatAreNotThereNameTheRange) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "a.nc", two_channels());
  const auto series = open_field_series(options_for(dir / "a.nc", {{"t850", ""}}));
  EXPECT_EQ(series->require(Instant::parse("2001-01-01T12Z")), 2);
  const Error error = error_of([&] { series->require(Instant::parse("2001-01-02")); });
  EXPECT_EQ(error.kind(), ErrorKind::input_missing);
  EXPECT_EQ(error.id(), "E2034");
  EXPECT_THAT(error.what(), HasSubstr("2001-01-01T00:00:00Z to 2001-01-01T12:00:00Z"));
}

}  // namespace
}  // namespace myriad::io
