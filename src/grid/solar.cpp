#include "src/grid/solar.hpp"

#include <cmath>
#include <numbers>

namespace myriad {
namespace {

template <class T>
struct Sun {
  T declination;
  T right_ascension;
  T sidereal_time;
};

template <class T>
constexpr T radians(T degrees) {
  return degrees * std::numbers::pi_v<T> / T{180};
}

/// jc: Julian centuries since 2000-01-01 12:00 UTC.
template <class T>
Sun<T> sun(double days) {
  const T jc = static_cast<T>(days / 36525.0);
  const auto c = [](double value) { return static_cast<T>(value); };
  // The constants of the linear term are summed before they meet T: in float32 the other order
  // differs by a minute.
  const T sidereal_seconds = c(67310.54841) + jc * (c(876600.0 * 3600.0 + 8640184.812866) +
                                                    jc * (c(0.093104) - jc * c(6.2e-5)));
  // The modulus is taken in fp64 by the original too; 2 pi in float32 would be off by 1e-7 per
  // turn, 1e4 turns.
  constexpr double k_turn = 2.0 * std::numbers::pi;
  T sidereal_time =
      static_cast<T>(std::fmod(static_cast<double>(radians(sidereal_seconds / T{240})), k_turn));
  if (sidereal_time < T{0}) sidereal_time += static_cast<T>(k_turn);

  const T anomaly = radians(c(357.52910) + c(35999.05030) * jc - c(1.559e-4) * jc * jc -
                            c(4.8e-7) * jc * jc * jc);
  const T mean_longitude = c(280.46645) + c(36000.76983) * jc + c(3.032e-4) * jc * jc;
  const T equation_of_centre =
      (c(1.914600) - c(0.004817) * jc - c(1.4e-5) * jc * jc) * std::sin(anomaly) +
      (c(0.019993) - c(1.01e-4) * jc) * std::sin(T{2} * anomaly) +
      c(2.9e-4) * std::sin(T{3} * anomaly);
  const T longitude = radians(mean_longitude + equation_of_centre);
  const T obliquity =
      radians(c(23.0 + 26.0 / 60.0 + 21.406 / 3600.0) -
              (c(46.836769) * jc - c(1.831e-4) * jc * jc + c(2.0034e-3) * jc * jc * jc -
               c(5.76e-7) * jc * jc * jc * jc - c(4.34e-8) * jc * jc * jc * jc * jc) /
                  c(3600.0));
  const T x = std::cos(longitude);
  const T y = std::cos(obliquity) * std::sin(longitude);
  const T z = std::sin(obliquity) * std::sin(longitude);
  const T r = std::sqrt(T{1} - z * z);
  return {std::atan2(z, r), T{2} * std::atan2(y, x + r), sidereal_time};
}

template <class T>
std::vector<double> on_grid(double days, std::span<const double> latitudes_deg,
                            std::span<const double> longitudes_deg) {
  const Sun<T> s = sun<T>(days);
  std::vector<double> out;
  out.reserve(latitudes_deg.size() * longitudes_deg.size());
  for (const double latitude_deg : latitudes_deg) {
    const T latitude = radians(static_cast<T>(latitude_deg));
    const T mean = std::sin(latitude) * std::sin(s.declination);
    const T amplitude = std::cos(latitude) * std::cos(s.declination);
    for (const double longitude_deg : longitudes_deg) {
      const T hour_angle =
          s.sidereal_time + radians(static_cast<T>(longitude_deg)) - s.right_ascension;
      out.push_back(static_cast<double>(mean + amplitude * std::cos(hour_angle)));
    }
  }
  return out;
}

}  // namespace

SunPosition sun_position(double days, SolarPrecision precision) {
  if (precision == SolarPrecision::f64) {
    const Sun<double> s = sun<double>(days);
    return {s.declination, s.right_ascension, s.sidereal_time};
  }
  const Sun<float> s = sun<float>(days);
  return {static_cast<double>(s.declination), static_cast<double>(s.right_ascension),
          static_cast<double>(s.sidereal_time)};
}

double cos_solar_zenith(double days, double latitude_deg, double longitude_deg,
                        SolarPrecision precision) {
  // The grid loop, so that a point has the bits it has in a field.
  return cos_solar_zenith(days, std::span(&latitude_deg, 1), std::span(&longitude_deg, 1),
                          precision)
      .front();
}

std::vector<double> cos_solar_zenith(double days, std::span<const double> latitudes_deg,
                                     std::span<const double> longitudes_deg,
                                     SolarPrecision precision) {
  return precision == SolarPrecision::f64 ? on_grid<double>(days, latitudes_deg, longitudes_deg)
                                          : on_grid<float>(days, latitudes_deg, longitudes_deg);
}

}  // namespace myriad
