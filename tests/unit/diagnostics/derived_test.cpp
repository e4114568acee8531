#include "diagnostics/derived.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

std::vector<float> compute(const DerivedVariable& variable,
                           const std::vector<std::vector<float>>& inputs) {
  const std::vector<std::span<const float>> spans(inputs.begin(), inputs.end());
  std::vector<float> out(inputs[0].size());
  variable.compute(spans, out);
  return out;
}

TEST(Derived, WindSpeedIsTheLengthOfTheVector) {
  for (const char* level : {"10m", "100m", "850"}) {
    const DerivedVariable wind = make_derived(std::string("wind") + level);
    EXPECT_EQ(wind.channel.units, "m s-1");
    EXPECT_EQ(wind.channel.standard_name, "wind_speed");
    ASSERT_EQ(wind.inputs.size(), 2U);
    EXPECT_EQ(wind.inputs[0].name, std::string("u") + level);
    EXPECT_EQ(wind.inputs[1].name, std::string("v") + level);
    EXPECT_EQ(compute(wind, {{3.0F, -5.0F, 0.0F}, {-4.0F, 12.0F, 0.0F}}),
              (std::vector<float>{5.0F, 13.0F, 0.0F}));
  }
}

TEST(Derived, WindSpeedIsNamedByItsLevel) {
  EXPECT_EQ(make_derived("wind850").channel.long_name, "wind speed at 850 hPa");
  EXPECT_EQ(make_derived("wind10m").channel.long_name, "wind speed at 10 m");
}

TEST(Derived, ThicknessIsTheDifferenceOfGeopotentialHeights) {
  const DerivedVariable thickness = make_derived("thickness_1000_500");
  ASSERT_EQ(thickness.inputs.size(), 2U);
  EXPECT_EQ(thickness.inputs[0].name, "z1000");
  EXPECT_EQ(thickness.inputs[1].name, "z500");
  EXPECT_EQ(thickness.inputs[1].units, "m2 s-2");
  EXPECT_NEAR(compute(thickness, {{980.665F}, {53936.575F}})[0], 5400.0F, 1e-3F);
}

TEST(Derived, SaturationPressureIsNearTheTablesOfWater) {
  // World Meteorological Organization: 6.11, 23.37 and 42.43 hPa at 0, 20 and 30 degC.
  EXPECT_NEAR(saturation_pressure(273.15), 6.112, 1e-12);
  EXPECT_NEAR(saturation_pressure(293.15), 23.37, 0.03);
  EXPECT_NEAR(saturation_pressure(303.15), 42.43, 0.05);
  EXPECT_EQ(relative_humidity(280.0, 280.0), 1.0);
  EXPECT_EQ(relative_humidity(280.0, 280.01), 1.0);
  EXPECT_NEAR(relative_humidity(303.15, 293.15), 23.37 / 42.43, 0.002);
}

TEST(Derived, HeatIndexIsThatOfMetPy) {
  // metpy.calc.heat_index 1.7 in each of the formula's ranges; degF and relative humidity given.
  struct Golden {
    double fahrenheit, humidity, index;
  };
  for (const Golden& g : {Golden{90, 0.70, 314.21778922222217},
                          {100, 0.50, 321.10322861111126},
                          {86, 0.90, 313.92464700000005},
                          {82, 0.86, 305.6331588666668},
                          {105, 0.10, 310.4204954939224},
                          {95, 0.12, 305.41337892222225},
                          {112, 0.05, 312.95587141111116},
                          {75, 0.60, 297.05},
                          {50, 0.30, 280.9888888888889},
                          {30, 0.80, 272.0388888888889}}) {
    const double kelvin = (g.fahrenheit - 32.0) / 1.8 + 273.15;
    EXPECT_NEAR(heat_index(kelvin, g.humidity), g.index, 1e-9) << g.fahrenheit;
  }
}

TEST(Derived, HeatIndexOfFieldsTakesTheDewPoint) {
  const DerivedVariable index = make_derived("heat_index");
  EXPECT_EQ(index.channel.units, "K");
  EXPECT_EQ(index.inputs[1].name, "d2m");
  const auto out = compute(index, {{310.0F, 300.0F}, {297.0F, 300.0F}});
  EXPECT_NEAR(out[0], heat_index(310.0, relative_humidity(310.0, 297.0)), 1e-4);
  EXPECT_NEAR(out[1], heat_index(300.0, 1.0), 1e-4);
  EXPECT_GT(out[0], 315.0F);
}

TEST(Derived, ApparentTemperatureIsSteadmans) {
  // 30 degC, dew point 20 degC (23.37 hPa), 5 m/s: 30 + 7.71 - 3.5 - 4 = 30.21 degC.
  const DerivedVariable apparent = make_derived("apparent_temperature");
  ASSERT_EQ(apparent.inputs.size(), 4U);
  EXPECT_NEAR(compute(apparent, {{303.15F}, {293.15F}, {3.0F}, {-4.0F}})[0], 273.15 + 30.21, 0.02);
}

TEST(Derived, HumidityOfFieldsIsAShare) {
  const DerivedVariable humidity = make_derived("relative_humidity_2m");
  EXPECT_EQ(humidity.channel.units, "1");
  EXPECT_NEAR(compute(humidity, {{303.15F}, {293.15F}})[0], 23.37 / 42.43, 0.002);
}

TEST(Derived, RefusesWhatDoesNotExistAndSuggests) {
  for (const char* name : {"wind", "windy", "thickness_500", "thickness_500_1000",
                           "thickness_500_500", "heat_indexx", ""}) {
    try {
      make_derived(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2558") << name;
    }
  }
  try {
    make_derived("heat_indexx");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'heat_index'?"), std::string::npos);
  }
}

}  // namespace
}  // namespace myriad::diag
