#include "src/io/units.hpp"

#include <gtest/gtest.h>

#include <string>

namespace myriad::io {
namespace {

TEST(Units, SpellingsOfOneUnitAreTheSame) {
  const Unit reference = *parse_unit("m s-1");
  for (const char* text : {"m s**-1", "m/s", "m s^-1", "m.s-1", " m  s-1 ", "meter second-1"}) {
    const std::optional<Unit> unit = parse_unit(text);
    ASSERT_TRUE(unit) << text;
    EXPECT_TRUE(unit->same_dimension(reference)) << text;
    EXPECT_EQ(unit->scale, 1.0) << text;
  }
  EXPECT_TRUE(parse_unit("m**2 s**-2")->same_dimension(*parse_unit("J kg-1")));
  EXPECT_TRUE(parse_unit("(0 - 1)")->same_dimension(*parse_unit("kg kg**-1")));
}

TEST(Units, UnknownOrMalformedTextsAreNoUnits) {
  for (const char* text :
       {"", " ", "furlong", "m s-", "m s**", "m/s/s", "K degC", "m s-99", "-", "degC m", "1 1"}) {
    EXPECT_FALSE(parse_unit(text)) << "'" << text << "'";
  }
}

TEST(Units, ExactConversionsGiveTheTabulatedNumbers) {
  const auto convert = [](double value, const char* from, const char* to, const char* name) {
    const std::optional<UnitConversion> rule = unit_conversion(from, to, name);
    return rule ? value * rule->scale + rule->offset : -1e30;
  };
  EXPECT_DOUBLE_EQ(convert(0.0, "degC", "K", "air_temperature"), 273.15);
  EXPECT_DOUBLE_EQ(convert(1013.25, "hPa", "Pa", "surface_air_pressure"), 101325.0);
  EXPECT_DOUBLE_EQ(convert(12.0, "g kg-1", "kg kg-1", "specific_humidity"), 0.012);
  EXPECT_DOUBLE_EQ(convert(55.0, "%", "1", "relative_humidity"), 0.55);
  EXPECT_DOUBLE_EQ(convert(5500.0, "m", "m2 s-2", "geopotential"), 53936.575);
  EXPECT_DOUBLE_EQ(convert(53936.575, "m**2 s**-2", "m", "geopotential_height"), 5500.0);
  EXPECT_DOUBLE_EQ(convert(3.0, "kg m-2", "m", "lwe_thickness_of_precipitation_amount"), 0.003);
  EXPECT_DOUBLE_EQ(convert(3.0, "mm", "kg m-2", "precipitation_amount"), 3.0);
}

TEST(Units, TextsWhoseScaleLeavesTheRangeOfNumbersAreNoUnits) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "g ";
  EXPECT_FALSE(parse_unit(many).has_value()) << "1e-600 would be 0";
  EXPECT_FALSE(parse_unit("mm-9 mm-9 mm-9 mm-9 mm-9 mm-9 mm-9 mm-9 mm-9").has_value());
}

TEST(Units, ConversionsBetweenQuantitiesAreRefusedOutsideTheirFamily) {
  EXPECT_FALSE(unit_conversion("m", "m2 s-2", "height"));
  EXPECT_FALSE(unit_conversion("kg m-2", "m", "atmosphere_mass_content_of_water_vapor"));
  EXPECT_FALSE(unit_conversion("K", "Pa", "air_temperature"));
  EXPECT_FALSE(unit_conversion("kg m-2 s-1", "kg m-2", "precipitation_amount"));
}

TEST(Units, SquaresOfUnitsDoubleEveryPower) {
  EXPECT_EQ(squared_unit("K"), "K2");
  EXPECT_EQ(squared_unit("m2 s-2"), "m4 s-4");
  EXPECT_EQ(squared_unit("kg kg-1"), "kg2 kg-2");
  EXPECT_EQ(squared_unit("1"), "1");
}

TEST(Units, EqualUnitsNeedNoArithmetic) {
  EXPECT_TRUE(unit_conversion("m**2 s**-2", "m2 s-2", "geopotential")->identity());
  EXPECT_TRUE(unit_conversion("K", "K", "air_temperature")->rule.empty());
}

}  // namespace
}  // namespace myriad::io
