#include "src/io/grib_series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "src/base/files.hpp"
#include "tests/unit/io/grib_fixture.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

double smooth(double latitude, double longitude) {
  return 250.0 + 0.3 * latitude + 8.0 * std::cos(longitude * 0.0174533) +
         3.0 * std::sin(2.0 * longitude * 0.0174533 + 0.01 * latitude);
}

GribSpec temperature() {
  GribSpec spec;
  spec.field = smooth;
  return spec;
}

class GribSeries : public ::testing::Test {
 protected:
  std::unique_ptr<FieldSeries> open(std::vector<ChannelRequest> channels = {}) {
    options.files = {(dir.path() / "*.grib").string()};
    options.channels = std::move(channels);
    return open_field_series(options);
  }
  void write(const std::vector<GribSpec>& messages, const std::string& name = "a.grib") {
    append_grib(dir / name, messages);
  }
  Error error(std::vector<ChannelRequest> channels = {}) {
    return error_of([&] { open(channels); });
  }
  void expect_field(FieldSeries& series, std::int64_t time, const std::string& channel,
                    const GribSpec& spec, double tolerance = 1e-4) {
    const std::vector<float> read = read_one(series, time, channel);
    const std::vector<float> wanted = on_our_grid(spec);
    ASSERT_EQ(read.size(), wanted.size());
    for (std::size_t i = 0; i < read.size(); ++i)
      ASSERT_NEAR(read[i], wanted[i], tolerance) << "point " << i;
  }
  TemporaryDirectory dir;
  SeriesOptions options;
};

TEST_F(GribSeries, EveryWayOfScanningGivesTheSameField) {
  for (const int edition : {1, 2}) {
    for (const char* grid : {"regular_gg", "regular_ll"}) {
      for (int mode = 0; mode < 8; ++mode) {
        const TemporaryDirectory own;
        GribSpec spec = temperature();
        spec.edition = edition;
        spec.grid = grid;
        if (spec.grid == "regular_ll") spec.rows = 9;
        spec.north = (mode & 1) != 0;
        spec.west = (mode & 2) != 0;
        spec.column_first = (mode & 4) != 0;
        if (spec.west) spec.first_longitude = 360.0 - 360.0 / 16.0;
        SCOPED_TRACE(fmt::format("edition {} {} north {} west {} column first {}", edition, grid,
                                 spec.north, spec.west, spec.column_first));
        append_grib(own / "x.grib", {spec});
        options.files = {(own / "x.grib").string()};
        const auto series = open_field_series(options);
        EXPECT_EQ(series->grid(),
                  Grid(spec.grid == "regular_ll" ? GridType::equiangular : GridType::legendre_gauss,
                       spec.rows, 16));
        expect_field(*series, 0, "t850", spec);
      }
    }
  }
}

TEST_F(GribSeries, LongitudesFromTheDateLineAreTurned) {
  GribSpec spec = temperature();
  spec.first_longitude = 180.0;
  write({spec});
  expect_field(*open(), 0, "t850", spec);
}

TEST_F(GribSeries, AStateIsFoundByParameterAndLevelOverSeveralFilesAndTimes) {
  std::vector<GribSpec> first, second;
  GribSpec spec = temperature();
  const auto add = [&](std::vector<GribSpec>& list, long time, long param, const char* type,
                       long level, double low, double scale) {
    spec.time = time;
    spec.param_id = param;
    spec.level_type = type;
    spec.level = level;
    spec.field = [=](double a, double o) {
      return low * (1.0 + 1e-5 * static_cast<double>(time)) + scale * (smooth(a, o) - 250.0);
    };
    list.push_back(spec);
  };
  for (auto [list, time] : {std::pair{&second, 600L}, std::pair{&first, 0L}}) {
    add(*list, time, 130, "isobaricInhPa", 850, 270.0, 1.0);
    add(*list, time, 129, "isobaricInhPa", 500, 54000.0, 50.0);
    add(*list, time, 131, "isobaricInhPa", 250, 10.0, 1.0);
    add(*list, time, 133, "isobaricInhPa", 850, 0.01, 1e-4);
    add(*list, time, 134, "surface", 0, 98000.0, 50.0);
    add(*list, time, 167, "heightAboveGround", 2, 280.0, 1.0);
    add(*list, time, 165, "heightAboveGround", 10, 3.0, 0.3);
    add(*list, time, 151, "meanSea", 0, 101000.0, 30.0);
    add(*list, time, 203, "isobaricInhPa", 850, 1.0, 0.0);  // ozone: no channel has it
  }
  write(second, "a_later.grib");
  write(first, "b_earlier.grib");
  const auto series = open();
  std::vector<std::string> names;
  for (const Channel& c : series->channels()) names.push_back(c.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("t850", "z500", "u250", "q850", "sp", "t2m",
                                                     "u10m", "msl"));
  ASSERT_EQ(series->times().size(), 2U);
  EXPECT_EQ(series->times()[0].iso(), "2003-01-15T00:00:00Z");
  EXPECT_EQ(series->times()[1].iso(), "2003-01-15T06:00:00Z");
  EXPECT_EQ(series->step(), Duration::hours(6));
  ASSERT_EQ(first.size(), names.size() + 1);
  EXPECT_TRUE(series->notes().empty());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* order[] = {"t850", "z500", "u250", "q850", "sp", "t2m", "u10m", "msl"};
    expect_field(*series, 0, order[i], first[i], std::abs(first[i].field(0, 0)) * 1e-6);
    expect_field(*series, 1, order[i], second[i], std::abs(second[i].field(0, 0)) * 1e-6);
  }
}

TEST_F(GribSeries, TimeIsDatePlusStepAndOneStartMeansAForecast) {
  GribSpec spec = temperature();
  spec.time = 1200;
  std::vector<GribSpec> steps;
  for (const char* step : {"0", "6", "24"}) {
    spec.step = step;
    steps.push_back(spec);
  }
  write(steps);
  options.time_check = TimeCheck::increasing;
  const auto series = open();
  ASSERT_EQ(series->times().size(), 3U);
  EXPECT_EQ(series->times().back().iso(), "2003-01-16T12:00:00Z");
  ASSERT_TRUE(series->forecast_reference_time().has_value());
  EXPECT_EQ(series->forecast_reference_time()->iso(), "2003-01-15T12:00:00Z");
}

TEST_F(GribSeries, GeopotentialHeightAndGeopotentialStandForEachOther) {
  GribSpec spec = temperature();
  spec.param_id = 156;
  spec.level = 500;
  spec.field = [](double a, double o) { return 5500.0 + smooth(a, o) - 250.0; };
  write({spec});
  EXPECT_EQ(open({{"z500", "m"}})->channels()[0].units, "m");
  EXPECT_EQ(open({{"z500", ""}})->channels()[0].units, "m")
      << "the file's unit where there is a choice";
  const auto series = open({{"z500", "m2 s-2"}});
  EXPECT_THAT(series->notes(), ::testing::ElementsAre(::testing::HasSubstr("9.80665")));
  GribSpec geopotential = spec;
  geopotential.field = [&](double a, double o) { return 9.80665 * spec.field(a, o); };
  expect_field(*series, 0, "z500", geopotential, 0.01);
}

TEST_F(GribSeries, AccumulationsMustHaveTheLengthOfTheChannel) {
  GribSpec spec = temperature();
  spec.param_id = 228;
  spec.level_type = "surface";
  spec.step = "0-6";
  spec.field = [](double a, double) { return 0.001 + 1e-5 * a; };
  write({spec});
  const auto series = open();
  ASSERT_EQ(series->channels().size(), 1U);
  EXPECT_EQ(series->channels()[0].name, "tp06");
  EXPECT_EQ(series->times()[0].iso(), "2003-01-15T06:00:00Z");
  const Error other = error({{"tp12", ""}});
  EXPECT_EQ(other.id(), "E2037");
  EXPECT_THAT(other.what(), ::testing::HasSubstr("summed over 6 h"));
}

TEST_F(GribSeries, MembersOfAnEnsembleNeedAChoice) {
  std::vector<GribSpec> members;
  for (long number : {0L, 1L, 2L}) {
    GribSpec spec = temperature();
    spec.number = number;
    spec.field = [number](double a, double o) {
      return smooth(a, o) + static_cast<double>(number);
    };
    members.push_back(spec);
  }
  write(members);
  EXPECT_EQ(error().id(), "E2043");
  options.fixed_indices = {{"number", 2}};
  const auto series = open();
  EXPECT_EQ(series->realization(), 2);
  expect_field(*series, 0, "t850", members[2]);
  options.fixed_indices = {{"step", 2}};
  EXPECT_EQ(error().id(), "E2055");
}

TEST_F(GribSeries, WhatIsMissingIsNamed) {
  write({temperature()});
  EXPECT_EQ(error({{"u850", ""}}).id(), "E2037");
  const Error level = error({{"t500", ""}});
  EXPECT_EQ(level.id(), "E2038");
  EXPECT_THAT(level.what(), ::testing::HasSubstr("isobaricInhPa 850"));
  EXPECT_EQ(error_of([&] { open()->require(Instant::parse("2003-01-16T00Z")); }).id(), "E2034");
  EXPECT_EQ(error_of([&] {
              options.files = {(dir / "nothing-*.grib").string()};
              open_field_series(options);
            }).id(),
            "E2030");
}

TEST_F(GribSeries, DoubledTimesAndGapsAreRefused) {
  GribSpec spec = temperature();
  write({spec}, "a.grib");
  write({spec}, "b.grib");
  EXPECT_EQ(error().id(), "E2032");
  std::filesystem::remove(dir / "b.grib");
  spec.time = 600;
  GribSpec wind = spec;
  wind.param_id = 131;
  write({spec, wind}, "b.grib");
  EXPECT_EQ(error().id(), "E2033") << "u850 lacks the first time";
  spec.time = 1800;
  write({spec}, "c.grib");
  EXPECT_EQ(error({{"t850", ""}}).id(), "E2033") << "a gap in a uniform series";
}

TEST_F(GribSeries, OtherGridsAreRefusedWithAHint) {
  for (const char* grid : {"reduced_gg", "sh"}) {
    const TemporaryDirectory own;
    GribSpec spec = temperature();
    spec.grid = grid;
    append_grib(own / "x.grib", {spec});
    options.files = {(own / "x.grib").string()};
    const Error refused = error_of([&] { open_field_series(options); });
    EXPECT_EQ(refused.id(), "E2035") << grid;
    EXPECT_THAT(refused.what(), ::testing::HasSubstr(grid));
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("cdo"));
  }
  options.expected_grid = Grid(GridType::legendre_gauss, 32, 64);
  write({temperature()});
  EXPECT_EQ(error().id(), "E2036");
}

TEST_F(GribSeries, MissingValuesAndWrongUnitsAreFoundWhenReading) {
  GribSpec spec = temperature();
  spec.field = [](double a, double o) {
    return a > 60 && o < 30 ? std::numeric_limits<double>::quiet_NaN() : smooth(a, o);
  };
  write({spec});
  EXPECT_EQ(error_of([&] { read_one(*open(), 0, "t850"); }).id(), "E2044");
  options.may_be_missing = {"t850"};
  const std::vector<float> field = read_one(*open(), 0, "t850");
  EXPECT_TRUE(std::isnan(field[0]));
  EXPECT_FALSE(std::isnan(field.back()));
  options.may_be_missing = {};
  GribSpec celsius = temperature();
  celsius.time = 600;
  celsius.field = [](double a, double o) { return smooth(a, o) - 273.15; };
  write({celsius}, "b.grib");
  EXPECT_EQ(error_of([&] { read_one(*open(), 1, "t850"); }).id(), "E2045");
}

TEST_F(GribSeries, DamagedFilesAreErrorsWithTheByteOfTheMessage) {
  write({temperature(), temperature()});
  const std::vector<std::byte> whole = read_binary_file(dir / "a.grib");
  for (const std::size_t keep : {whole.size() - 3, whole.size() / 2 + 40, std::size_t{20}}) {
    publish_bytes(dir / "a.grib", std::span(whole).first(keep), Existing::replace);
    EXPECT_EQ(error().id(), "E2054") << keep;
  }
  publish_text(dir / "a.grib", "GRIB", Existing::replace);
  EXPECT_EQ(error().id(), "E2054");
}

TEST_F(GribSeries, BulletinHeadersAndPaddingBetweenMessagesArePassedOver) {
  GribSpec later = temperature();
  later.time = 600;
  append_grib(dir / "one", {temperature()});
  append_grib(dir / "two", {later});
  const std::string text = read_text_file(dir / "one") + std::string(100000, '\0') +
                           "HTLA85 ECMF 150000\r\r\n" + read_text_file(dir / "two") +
                           std::string(7, '\0');
  publish_text(dir / "a.grib", text);
  EXPECT_EQ(open()->times().size(), 2U);
}

TEST_F(GribSeries, LengthsThatLieAreRefusedBeforeTheLibrarySeesThem) {
  for (const int edition : {1, 2}) {
    GribSpec spec = temperature();
    spec.edition = edition;
    const TemporaryDirectory own;
    append_grib(own / "x.grib", {spec});
    const std::string whole = read_text_file(own / "x.grib");
    options.files = {(own / "x.grib").string()};
    // Every byte of the first sections, set to extremes: an error or the same grid, never a crash.
    for (std::size_t at = 4; at < 80; ++at) {
      for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
        std::string bytes = whole;
        bytes[at] = value;
        publish_text(own / "x.grib", bytes, Existing::replace, Durability::rename_only);
        try {
          const auto series = open_field_series(options);
          EXPECT_GT(series->grid().points(), 0);
        } catch (const Error& error) {
          EXPECT_EQ(exit_code(error.kind()) == 65 || exit_code(error.kind()) == 66, true)
              << error.what();
        }
      }
    }
  }
}

TEST_F(GribSeries, AMessageOfSeveralFieldsIsRefusedInsteadOfReadInPart) {
  GribSpec wind = temperature();
  wind.param_id = 131;
  append_two_fields(dir / "a.grib", temperature(), wind);
  const Error refused = error();
  EXPECT_EQ(refused.id(), "E2054");
  EXPECT_THAT(refused.what(), ::testing::HasSubstr("several fields"));
}

TEST_F(GribSeries, ASidecarIsComparedBeforeTheFileIsOpened) {
  write({temperature()});
  publish_text(dir / "a.grib.sha256", std::string(64, '0') + "  a.grib\n");
  EXPECT_EQ(error().id(), "E1057");
}

TEST_F(GribSeries, AnUnusualShortNameCanBeGiven) {
  GribSpec spec = temperature();
  spec.param_id = 203;  // ozone: never a temperature unless somebody says so
  write({spec});
  EXPECT_EQ(error({{"t850", ""}}).id(), "E2037");
  options.variable_names = {{"t850", "o3"}};
  EXPECT_EQ(error({{"t850", ""}}).id(), "E2041") << "its unit still has to fit";
}

}  // namespace
}  // namespace myriad::io
