#include "diagnostics/spectra.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"
#include "src/spectral/power_spectrum.hpp"

namespace myriad::diag {
namespace {
std::int64_t resolved_orders(const Grid& grid) {
  return std::min(Sht::exact_lmax(grid), grid.nlon() / 2 + 1);
}
}  // namespace

SpectrumAnalyser::SpectrumAnalyser(Backend& backend, const Grid& grid)
    : backend_(backend),
      sht_(backend, grid, Sht::exact_lmax(grid), resolved_orders(grid), DType::f64),
      grid_(backend, DType::f64, {k_block, 1, grid.nlat(), grid.nlon()}),
      coefficients_(backend, DType::f64, {k_block, sht_.layout().size(), 1, 2}) {}

Spectra SpectrumAnalyser::analyse(std::span<const float> fields, std::int64_t count) {
  const std::int64_t points = sht_.grid().points();
  MYRIAD_EXPECT(fields.size() == static_cast<std::size_t>(count * points));
  Spectra out;
  std::vector<double> block(static_cast<std::size_t>(k_block * points));
  for (std::int64_t first = 0; first < count; first += k_block) {
    const std::int64_t used = std::min(k_block, count - first);
    std::fill(block.begin(), block.end(), 0.0);
    std::copy_n(fields.begin() + first * points, used * points, block.begin());
    grid_.assign(block);
    sht_.analysis(coefficients_, grid_);
    backend_.fence();
    const std::vector<double> c = coefficients_.to_doubles();
    const auto size = static_cast<std::size_t>(2 * sht_.layout().size());
    for (std::int64_t i = 0; i < used; ++i) {
      const auto one = std::span(c).subspan(static_cast<std::size_t>(i) * size, size);
      const auto power = power_spectrum(sht_.layout(), one, 1, SpectrumConvention::power);
      const auto moment = order_moment_spectrum(sht_.layout(), one, 1);
      out.power.insert(out.power.end(), power.begin(), power.end());
      out.order_moment.insert(out.order_moment.end(), moment.begin(), moment.end());
    }
  }
  return out;
}

double log_spectral_distance(std::span<const double> p, std::span<const double> q) {
  MYRIAD_EXPECT(p.size() == q.size());
  double sum = 0.0;
  double degrees = 0.0;
  for (std::size_t l = 1; l < p.size(); ++l) {
    if (p[l] <= 0.0 || q[l] <= 0.0) continue;
    const double decibel = 10.0 * std::log10(p[l] / q[l]);
    sum += decibel * decibel;
    degrees += 1.0;
  }
  return degrees > 0.0 ? std::sqrt(sum / degrees) : 0.0;
}

double wavelength_km(std::int64_t degree) {
  return 2.0 * std::numbers::pi * 6371.0 / (static_cast<double>(degree) + 1.0);
}

}  // namespace myriad::diag
