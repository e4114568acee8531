#pragma once
/// \file
/// Cosine of the solar zenith angle (sfno.md section 4.4).

#include <cstdint>
#include <span>
#include <vector>

namespace myriad {

/// Arithmetic of the solar formulas.
enum class SolarPrecision : std::uint8_t {
  f64,          ///< the default
  f32_as_hens,  ///< every step in float32, as the HENS training data were made (error up to one
                ///< minute of time)
};

/// Where the sun is, in radians.
struct SunPosition {
  double declination = 0.0;
  double right_ascension = 0.0;
  double sidereal_time = 0.0;  ///< Greenwich mean sidereal time in [0, 2 pi)
};

/// Position of the sun.
///
/// Units: \p days are days since 2000-01-01 12:00 UTC, fractions included.
/// Source: Michalsky-type low-order series and the IAU 1982 sidereal time with the cubic
/// coefficient 6.2e-5 s of the HENS training code (the published one is 6.2e-6; the effect is 1e-10
/// rad).
SunPosition sun_position(double days, SolarPrecision precision = SolarPrecision::f64);

/// Cosine of the zenith angle at one point; negative at night, not clipped.
double cos_solar_zenith(double days, double latitude_deg, double longitude_deg,
                        SolarPrecision precision = SolarPrecision::f64);

/// The same on a grid. Result [latitude, longitude], row-major.
std::vector<double> cos_solar_zenith(double days, std::span<const double> latitudes_deg,
                                     std::span<const double> longitudes_deg,
                                     SolarPrecision precision = SolarPrecision::f64);

}  // namespace myriad
