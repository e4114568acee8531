/// What must be refused on the way in, and how (reliability.md R9).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "src/io/field_series.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;
using testing::HasSubstr;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

SeriesOptions options_for(const std::filesystem::path& path, std::vector<ChannelRequest> channels) {
  SeriesOptions options;
  options.files = {path.string()};
  options.channels = std::move(channels);
  return options;
}

/// \p field with \p value at one point of one time.
Field poisoned(const Field& field, double value, double hours, double latitude_above,
               double longitude_at) {
  return [=](double h, double level, double latitude, double longitude) {
    const bool here = h == hours && latitude > latitude_above && latitude < latitude_above + 25.0 &&
                      std::abs(longitude - longitude_at) < 1.0;
    return here ? value : field(h, level, latitude, longitude);
  };
}

TEST(InputChecks, OnePoisonedPointIsNamedWithFieldLevelTimePlaceAndValue) {
  const TemporaryDirectory dir;
  struct Poison {
    double value;
    const char* id;
    const char* text;
  };
  const Poison poisons[] = {{k_nan, "E2044", "missing or NaN"},
                            {std::numeric_limits<double>::infinity(), "E2044", "infinite"},
                            {9.96920996838686905e36, "E2044", "missing or NaN"},
                            {12.5, "E2045", "value 12.5 K"}};
  for (const NcType type : {NcType::f32, NcType::f64}) {
    for (const Poison& poison : poisons) {
      SyntheticFile file = two_channels();
      file.variables[0].type = type;
      file.variables[0].field = poisoned(file.variables[0].field, poison.value, 6.0, 40.0, 67.5);
      write_synthetic(dir / "x.nc", file);
      const auto series =
          open_field_series(options_for(dir / "x.nc", {{"t850", ""}, {"u850", ""}}));
      EXPECT_NO_THROW(read_one(*series, 0, "t850"));
      EXPECT_NO_THROW(read_one(*series, 1, "u850"));
      const Error error = error_of([&] { read_one(*series, 1, "t850"); });
      EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
      EXPECT_EQ(exit_code(error.kind()), 65);
      EXPECT_EQ(error.id(), poison.id);
      for (const char* part : {poison.text, "t850 (level 850 hPa)", "2001-01-01T06:00:00Z",
                               "longitude 67.5", "x.nc"}) {
        EXPECT_THAT(error.what(), HasSubstr(part));
      }
    }
  }
}

TEST(InputChecks, PackedFillValuesAreMissing) {
  const TemporaryDirectory dir;
  SyntheticFile file;
  file.variables.push_back({"t850", "K", "air_temperature",
                            poisoned(distinct(240.0, 300.0), k_nan, 12.0, -20.0, 90.0),
                            NcType::int16, 0.1, 270.0});
  write_synthetic(dir / "x.nc", file);
  SeriesOptions options = options_for(dir / "x.nc", {{"t850", ""}});
  const auto strict = open_field_series(options);
  EXPECT_EQ(error_of([&] { read_one(*strict, 2, "t850"); }).id(), "E2044");
  options.may_be_missing = {"t850"};
  const auto tolerant = open_field_series(options);
  std::size_t missing = 0;
  for (const float value : read_one(*tolerant, 2, "t850")) missing += std::isnan(value) ? 1U : 0U;
  EXPECT_GE(missing, 1U);
  EXPECT_LE(missing, 2U);
}

TEST(InputChecks, ValuesOutsideTheDeclaredValidRangeAreMissing) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.variables[0].extra = {{"valid_range", std::vector<double>{200.0, 320.0}}};
  file.variables[0].field = poisoned(file.variables[0].field, 199.0, 0.0, 40.0, 0.0);
  write_synthetic(dir / "x.nc", file);
  const auto series = open_field_series(options_for(dir / "x.nc", {{"t850", ""}}));
  EXPECT_EQ(error_of([&] { read_one(*series, 0, "t850"); }).id(), "E2044");
}

TEST(InputChecks, UnitsThatLieAreCaughtByThePhysicalRange) {
  // R9: unit swaps Pa / hPa, K / degC, geopotential / height, with the attribute claiming the right
  // unit.
  const TemporaryDirectory dir;
  struct Swap {
    const char* channel;
    const char* units;
    Field field;
  };
  const Swap swaps[] = {
      {"sp", "Pa", distinct(950.0, 1030.0)},        {"t500", "K", distinct(-40.0, 5.0)},
      {"z500", "m2 s-2", distinct(5000.0, 5900.0)}, {"z500", "m", distinct(49000.0, 58000.0)},
      {"q850", "kg kg-1", distinct(0.1, 12.0)},     {"r850", "1", distinct(5.0, 99.0)}};
  for (const Swap& swap : swaps) {
    SyntheticFile file;
    file.variables.push_back({swap.channel, swap.units, "", swap.field});
    write_synthetic(dir / "x.nc", file);
    SeriesOptions options = options_for(dir / "x.nc", {{swap.channel, swap.units}});
    const auto series = open_field_series(options);
    const Error error = error_of([&] { read_one(*series, 0, swap.channel); });
    EXPECT_EQ(error.id(), "E2045") << swap.channel;
    EXPECT_EQ(exit_code(error.kind()), 65);
    options.range_check = RangeCheck::none;
    const auto unchecked = open_field_series(options);
    EXPECT_NO_THROW(read_one(*unchecked, 0, swap.channel));
  }
}

TEST(InputChecks, UnitsWithoutAnExactConversionAreRefusedAtOpening) {
  const TemporaryDirectory dir;
  const auto open_with = [&](const std::string& units, const std::string& standard_name) {
    SyntheticFile file;
    file.variables.push_back({"t850", units, standard_name, distinct(240.0, 300.0)});
    write_synthetic(dir / "x.nc", file);
    return error_of([&] { open_field_series(options_for(dir / "x.nc", {{"t850", ""}})); });
  };
  const Error wrong = open_with("m s-1", "");
  EXPECT_EQ(wrong.id(), "E2041");
  EXPECT_EQ(exit_code(wrong.kind()), 65);
  for (const char* part : {"'t850'", "'m s-1'", "'K'"}) EXPECT_THAT(wrong.what(), HasSubstr(part));
  EXPECT_EQ(open_with("kelvins?", "").id(), "E2041");
  EXPECT_EQ(open_with("", "").id(), "E2040");
  EXPECT_EQ(open_with("K", "eastward_wind").id(), "E2042");
}

TEST(InputChecks, MissingFilesChannelsAndLevelsAreMissingInput) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.levels = {500.0, 250.0};
  file.variables.push_back(
      {"v", "m s-1", "northward_wind", distinct(-40.0, 50.0), NcType::f32, 1.0, 0.0, true});
  write_synthetic(dir / "x.nc", file);
  const auto open = [&](const std::string& name, const std::string& channel) {
    return error_of([&] { open_field_series(options_for(dir / name, {{channel, ""}})); });
  };
  EXPECT_EQ(open("absent.nc", "t850").id(), "E2001");
  EXPECT_EQ(exit_code(open("absent.nc", "t850").kind()), 66);
  EXPECT_EQ(open("absent*.nc", "t850").id(), "E2030");
  EXPECT_EQ(open("x.nc", "q850").id(), "E2037");
  EXPECT_EQ(exit_code(open("x.nc", "q850").kind()), 66);
  const Error level = open("x.nc", "v850");
  EXPECT_EQ(level.id(), "E2038");
  EXPECT_THAT(level.what(), HasSubstr("'v' has the levels 500, 250 hPa only"));
}

TEST(InputChecks, GapsDuplicatesAndDisorderInTimeAreRefused) {
  const TemporaryDirectory dir;
  const auto open_with = [&](std::vector<double> hours, TimeCheck check = TimeCheck::uniform) {
    SyntheticFile file = two_channels();
    file.hours = std::move(hours);
    write_synthetic(dir / "x.nc", file);
    SeriesOptions options = options_for(dir / "x.nc", {{"t850", ""}});
    options.time_check = check;
    return error_of([&] { open_field_series(options); });
  };
  const Error gap = open_with({0.0, 6.0, 18.0, 24.0});
  EXPECT_EQ(gap.id(), "E2033");
  EXPECT_EQ(exit_code(gap.kind()), 65);
  EXPECT_THAT(gap.what(),
              HasSubstr("2001-01-01T06:00:00Z is followed by 2001-01-01T18:00:00Z (1 missing"));
  EXPECT_EQ(open_with({0.0, 6.0, 10.0}).id(), "E2033");
  EXPECT_EQ(open_with({0.0, 6.0, 6.0}, TimeCheck::increasing).id(), "E2032");
  EXPECT_EQ(open_with({0.0, 12.0, 6.0}, TimeCheck::increasing).id(), "E2032");
  EXPECT_EQ(open_with({0.0, 6.0, k_nan}).id(), "E2031");
}

TEST(InputChecks, AnIrregularAxisPassesWhereOnlyOrderIsAsked) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  file.hours = {0.0, 6.0, 30.0};
  write_synthetic(dir / "x.nc", file);
  SeriesOptions options = options_for(dir / "x.nc", {{"t850", ""}});
  options.time_check = TimeCheck::increasing;
  EXPECT_FALSE(open_field_series(options)->step());
}

TEST(InputChecks, TheExpectedStepIsHeld) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "x.nc", two_channels());
  SeriesOptions options = options_for(dir / "x.nc", {{"t850", ""}});
  options.expected_step = Duration::hours(6);
  EXPECT_NO_THROW(open_field_series(options));
  options.expected_step = Duration::hours(3);
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2033");
}

TEST(InputChecks, ATimeInTwoFilesAndAChannelWithHolesAreRefused) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "a1.nc", two_channels());
  SyntheticFile overlap = two_channels();
  overlap.hours = {12.0, 18.0};
  write_synthetic(dir / "a2.nc", overlap);
  const Error twice = error_of([&] {
    open_field_series(options_for(dir / "a*.nc", {{"t850", ""}}));
  });
  EXPECT_EQ(twice.id(), "E2032");
  EXPECT_THAT(twice.what(), HasSubstr("2001-01-01T12:00:00Z"));
  SyntheticFile partial = two_channels();
  partial.variables.pop_back();
  partial.hours = {18.0, 24.0};
  write_synthetic(dir / "a2.nc", partial);
  const Error hole = error_of([&] {
    open_field_series(options_for(dir / "a*.nc", {{"t850", ""}, {"u850", ""}}));
  });
  EXPECT_EQ(hole.id(), "E2033");
  EXPECT_THAT(hole.what(), HasSubstr("'u850' lacks the time 2001-01-01T18:00:00Z"));
}

TEST(InputChecks, GridsAreComparedAndUnusableOnesExplained) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "a1.nc", two_channels());
  SeriesOptions options = options_for(dir / "a1.nc", {{"t850", ""}});
  options.expected_grid = Grid(GridType::equiangular, 721, 1440);
  const Error wrong = error_of([&] { open_field_series(options); });
  EXPECT_EQ(wrong.id(), "E2036");
  EXPECT_THAT(wrong.what(), HasSubstr(Grid(GridType::legendre_gauss, 8, 16).describe()));
  EXPECT_THAT(wrong.what(), HasSubstr(options.expected_grid->describe()));
  SyntheticFile other = two_channels();
  other.nlon = 32;
  other.hours = {18.0};
  write_synthetic(dir / "a2.nc", other);
  EXPECT_EQ(error_of([&] {
              open_field_series(options_for(dir / "a*.nc", {{"t850", ""}}));
            }).id(),
            "E2036");
  SyntheticFile shifted = two_channels();
  shifted.first_longitude = 3.0;
  write_synthetic(dir / "b.nc", shifted);
  EXPECT_EQ(error_of([&] {
              open_field_series(options_for(dir / "b.nc", {{"t850", ""}}));
            }).id(),
            "E2035");
}

TEST(InputChecks, MixedCalendarsAreRefused) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "a1.nc", two_channels());
  SyntheticFile noleap = two_channels();
  noleap.calendar = "noleap";
  noleap.hours = {18.0};
  write_synthetic(dir / "a2.nc", noleap);
  EXPECT_EQ(error_of([&] {
              open_field_series(options_for(dir / "a*.nc", {{"t850", ""}}));
            }).id(),
            "E2031");
}

TEST(InputChecks, ChannelListsWithMistakesAreConfigurationErrors) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "x.nc", two_channels());
  const auto open = [&](std::vector<ChannelRequest> channels) {
    return error_of([&] { open_field_series(options_for(dir / "x.nc", std::move(channels))); });
  };
  EXPECT_EQ(open({{"t850", ""}, {"t850", "K"}}).id(), "E2023");
  EXPECT_EQ(open({{"d2m", ""}, {"2d", ""}}).id(), "E2023");
  EXPECT_EQ(open({{"t8500", ""}}).kind(), ErrorKind::config_invalid);
}

}  // namespace
}  // namespace myriad::io
