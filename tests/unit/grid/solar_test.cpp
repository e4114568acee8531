#include "src/grid/solar.hpp"

#include <gtest/gtest.h>

namespace myriad {
namespace {

// Days since 2000-01-01 12:00 UTC.
constexpr double k_2023_08_14 = 8625.5;
constexpr double k_2018_01_01 = 6574.5;

struct ZenithCase {
  double days;
  double latitude;
  double longitude;
  double expected;
};

// Golden values: sfno.md section 4.4 (acceptance test T13).
TEST(SolarZenith, AgreesWithTabulatedCosines) {
  for (const ZenithCase& c : {ZenithCase{k_2023_08_14, 0, 0, -0.967933884},
                              {k_2023_08_14, 45, 90, 0.162530574},
                              {k_2023_08_14, -60, 180, 0.267143504},
                              {k_2023_08_14, 90, 0, 0.250366141},
                              {k_2023_08_14 + 0.25, 0, 0, -0.020325647},
                              {k_2023_08_14 + 0.25, 45, 90, 0.860790478},
                              {k_2023_08_14 + 0.5, 0, 0, 0.968610193},
                              {k_2023_08_14 + 0.5, 45, 90, 0.189436235},
                              {k_2018_01_01, 0, 0, -0.920266760},
                              {k_2018_01_01, 45, 90, -0.286031365},
                              {k_2018_01_01, 90, 0, -0.391060370}}) {
    EXPECT_NEAR(cos_solar_zenith(c.days, c.latitude, c.longitude), c.expected, 1e-8)
        << c.days << " " << c.latitude << " " << c.longitude;
  }
}

TEST(SolarZenith, SunPositionAgreesWithTabulatedAngles) {
  const SunPosition sun = sun_position(k_2023_08_14);
  EXPECT_NEAR(sun.declination, 0.253058422, 1e-9);
  EXPECT_NEAR(sun.right_ascension, 2.502384532, 1e-9);
  EXPECT_NEAR(sun.sidereal_time, 5.622787588, 1e-9);
}

TEST(SolarZenith, Float32ModeReproducesTheTrainingDataOfHens) {
  const auto mode = SolarPrecision::f32_as_hens;
  EXPECT_NEAR(cos_solar_zenith(k_2023_08_14, 0, 0, mode), -0.9679733, 2e-7);
  EXPECT_NEAR(cos_solar_zenith(k_2023_08_14, 45, 90, mode), 0.1639151, 2e-7);
  EXPECT_NEAR(cos_solar_zenith(k_2023_08_14, -60, 180, mode), 0.2671630, 2e-7);
  EXPECT_NEAR(cos_solar_zenith(k_2023_08_14 + 0.25, 0, 0, mode), -0.0230062, 2e-7);
}

TEST(SolarZenith, GridValuesEqualPointValues) {
  const std::vector<double> latitudes{60.0, 0.0, -30.0};
  const std::vector<double> longitudes{0.0, 120.0};
  for (const SolarPrecision mode : {SolarPrecision::f64, SolarPrecision::f32_as_hens}) {
    const std::vector<double> field = cos_solar_zenith(k_2018_01_01, latitudes, longitudes, mode);
    ASSERT_EQ(field.size(), 6u);
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t j = 0; j < 2; ++j) {
        EXPECT_EQ(field[2 * k + j],
                  cos_solar_zenith(k_2018_01_01, latitudes[k], longitudes[j], mode));
      }
    }
  }
}

TEST(SolarZenith, SunIsBelowTheHorizonHalfOfTheDayAtTheEquator) {
  int day = 0;
  for (int minute = 0; minute < 1440; ++minute) {
    if (cos_solar_zenith(k_2018_01_01 + minute / 1440.0, 0.0, 30.0) > 0.0) ++day;
  }
  EXPECT_NEAR(day, 720, 2);
}

}  // namespace
}  // namespace myriad
