#include "src/model/forcing.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"
#include "src/grid/solar.hpp"

namespace myriad {

std::string_view to_string(ForcingKind kind) { return kind == ForcingKind::season ? "season" : "zenith"; }

ForcingKind forcing_from_string(std::string_view name) {
  if (name == "season") return ForcingKind::season;
  if (name == "zenith") return ForcingKind::zenith;
  throw Error(ErrorKind::config_invalid, "E2305",
              fmt::format("unknown forcing '{}' (known: season, zenith) correct model.forcing", name));
}

std::int64_t channels_of(ForcingKind kind) { return kind == ForcingKind::season ? 2 : 1; }

std::vector<float> evaluate_forcing(ForcingKind kind, const Grid& grid, const Instant& time) {
  const auto points = static_cast<std::size_t>(grid.points());
  std::vector<float> values(static_cast<std::size_t>(channels_of(kind)) * points);
  if (kind == ForcingKind::season) {
    const double phase = 2.0 * std::numbers::pi * time.year_phase();
    std::fill_n(values.begin(), points, static_cast<float>(std::sin(phase)));
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(points), points, static_cast<float>(std::cos(phase)));
    return values;
  }
  const std::vector<double> cosines =
      cos_solar_zenith(time.days_since_2000(), grid.latitudes_deg(), grid.longitudes_deg());
  std::transform(cosines.begin(), cosines.end(), values.begin(), [](double x) { return static_cast<float>(x); });
  return values;
}

std::vector<float> evaluate_grid_features(const GridFeatures& features, const Grid& grid) {
  const auto nlat = static_cast<std::size_t>(grid.nlat());
  const auto nlon = static_cast<std::size_t>(grid.nlon());
  std::vector<float> values(static_cast<std::size_t>(features.channels()) * nlat * nlon);
  float* out = values.data();
  const double half_pi = 0.5 * std::numbers::pi;
  const auto add_pair = [&](std::int64_t f, auto&& function) {
    for (std::size_t k = 0; k < nlat; ++k) {
      const double latitude = half_pi - grid.quadrature().theta[k];
      const auto value = static_cast<float>(function(static_cast<double>(f) * latitude));
      for (std::size_t j = 0; j < nlon; ++j) *out++ = value;
    }
    for (std::size_t k = 0; k < nlat; ++k) {
      for (std::size_t j = 0; j < nlon; ++j) {
        const double longitude = 2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(nlon);
        *out++ = static_cast<float>(function(static_cast<double>(f) * longitude));
      }
    }
  };
  for (std::int64_t f = 1; f <= features.frequencies; ++f) {
    add_pair(f, [](double x) { return std::sin(x); });
    if (features.cosines) add_pair(f, [](double x) { return std::cos(x); });
  }
  return values;
}

}  // namespace myriad
