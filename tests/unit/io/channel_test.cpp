#include "src/io/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "src/io/bitround.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using test::error_of;

TEST(ChannelTable, TheHensListHasItsOrderAndItsLandmarks) {
  // sfno.md 4.1: z500 = 42, t500 = 55, t850 = 58, d2m = 8.
  const std::vector<Channel> channels = channel_set("hens74");
  ASSERT_EQ(channels.size(), 74U);
  EXPECT_EQ(channels[0].name, "u10m");
  EXPECT_EQ(channels[8].name, "d2m");
  EXPECT_EQ(channels[9].name, "u50");
  EXPECT_EQ(channels[42].name, "z500");
  EXPECT_EQ(channels[55].name, "t500");
  EXPECT_EQ(channels[58].name, "t850");
  EXPECT_EQ(channels[73].name, "q1000");
  std::set<std::string> names;
  for (const Channel& channel : channels) names.insert(channel.name);
  EXPECT_EQ(names.size(), 74U);
  EXPECT_EQ(channel_set("sfno73").size(), 73U);
}

TEST(ChannelTable, U100IsAPressureLevelAndU100mAHeight) {
  EXPECT_EQ(make_channel("u100").level, (Level{LevelKind::pressure, 10000.0}));
  EXPECT_EQ(make_channel("u100m").level, (Level{LevelKind::height, 100.0}));
  EXPECT_EQ(make_channel("u100m").variable, "u100");
  EXPECT_EQ(make_channel("100u").name, "u100m");
}

TEST(ChannelTable, TheReleasedSpelling2dIsD2m) {
  EXPECT_EQ(make_channel("2d").name, "d2m");
}

TEST(ChannelTable, Z500InMetresIsAGeopotentialHeight) {
  EXPECT_EQ(make_channel("z500").standard_name, "geopotential");
  EXPECT_EQ(make_channel("z500").units, "m2 s-2");
  const Channel height = make_channel("z500", "m");
  EXPECT_EQ(height.name, "z500");
  EXPECT_EQ(height.standard_name, "geopotential_height");
  EXPECT_EQ(height.units, "m");
}

TEST(ChannelTable, SpeedyChannelsCarryTheUnitsOfTheArchive) {
  const std::vector<Channel> channels = channel_set("speedy12");
  ASSERT_EQ(channels.size(), 12U);
  EXPECT_EQ(channels[7].units, "m");
  EXPECT_EQ(channels[11].units, "kg m-2");
  EXPECT_EQ(channels[11].sum_hours, 6);
}

TEST(ChannelTable, UnknownNamesGetTheNearestKnownOne) {
  const Error error = error_of([] { make_channel("z5000"); });
  EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
  EXPECT_EQ(error.id(), "E2020");
  EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'z500'"));
  EXPECT_EQ(error_of([] { make_channel("t850", "degC"); }).id(), "E2021");
  EXPECT_EQ(error_of([] { channel_set("hens75"); }).id(), "E2022");
}

TEST(ChannelTable, PhysicalRangesTellHeightFromGeopotentialAndKelvinFromCelsius) {
  for (int hpa : {50, 250, 500, 850}) {
    const Channel z = make_channel("z" + std::to_string(hpa));
    const Channel gh = make_channel("z" + std::to_string(hpa), "m");
    const double middle = 0.5 * (z.minimum + z.maximum);
    EXPECT_GT(middle, gh.maximum) << hpa;
    EXPECT_LT(middle / 9.80665, z.minimum) << hpa;
    EXPECT_GT(middle / 9.80665, gh.minimum) << hpa;
  }
  EXPECT_GT(make_channel("t850").minimum, 60.0);
  EXPECT_GT(make_channel("sp").minimum, 1200.0);
}

TEST(ChannelTable, StandardHeightsSitInTheMiddleOfTheGeopotentialRange) {
  // ICAO standard atmosphere, heights of pressure levels in m.
  const std::pair<int, double> table[] = {
      {1000, 110.9}, {500, 5574.4}, {200, 11784.1}, {50, 20576.0}, {10, 31055.0}};
  for (const auto& [hpa, height] : table) {
    const Channel channel = make_channel("gh" + std::to_string(hpa));
    EXPECT_NEAR(0.5 * (channel.minimum + channel.maximum), height, 5.0) << hpa;
  }
}

TEST(Rounding, NoValueMovesByMoreThanTheTolerance) {
  for (const char* name : {"t850", "z500", "sp", "u250", "tcwv"}) {
    const Channel channel = make_channel(name);
    const int bits = significant_bits(channel);
    double worst = 0.0;
    for (int i = 0; i <= 20000; ++i) {
      const double share = static_cast<double>(i) / 20000.0;
      float value =
          static_cast<float>(channel.minimum + share * (channel.maximum - channel.minimum));
      const float before = value;
      bitround(std::span<float>(&value, 1), bits);
      worst = std::max(worst, std::abs(static_cast<double>(value) - static_cast<double>(before)));
    }
    EXPECT_LE(worst, channel.rounding_tolerance) << name;
    EXPECT_GT(worst, 0.24 * channel.rounding_tolerance) << name << " keeps more bits than it needs";
  }
}

TEST(Rounding, BitroundRoundsHalvesAwayFromZeroAndIsIdempotent) {
  std::vector<float> values{1.0F,           1.0F + 0x1p-4F, 1.0F + 0x1p-5F, -(1.0F + 0x1p-5F),
                            1.0F + 0x1p-6F, 0.0F,           -0.0F};
  bitround(values, 4);
  EXPECT_THAT(values, testing::ElementsAre(1.0F, 1.0625F, 1.0625F, -1.0625F, 1.0F, 0.0F, -0.0F));
  std::vector<float> again(values);
  bitround(again, 4);
  EXPECT_EQ(again, values);
}

}  // namespace
}  // namespace myriad::io
