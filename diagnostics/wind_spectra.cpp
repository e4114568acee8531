#include "diagnostics/wind_spectra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"
#include "src/io/cf_output.hpp"
#include "src/spectral/power_spectrum.hpp"
#include "src/spectral/sht.hpp"

namespace myriad::diag {
namespace {

std::int64_t resolved_orders(const Grid& grid) {
  return std::min(Sht::exact_lmax(grid), grid.nlon() / 2 + 1);
}

std::vector<double> energy(const kernels::SpectralLayout& layout, const Tensor& coefficients) {
  auto out =
      power_spectrum(layout, coefficients.to_doubles(), 1, SpectrumConvention::power);
  for (std::size_t l = 0; l < out.size(); ++l)
    out[l] *= static_cast<double>(l) * (static_cast<double>(l) + 1.0) / (8.0 * std::numbers::pi);
  return out;
}

}  // namespace

std::vector<WindPair> wind_pairs(std::span<const VerifiedChannel> channels) {
  const auto is = [](const VerifiedChannel& channel, char letter, const char* standard_name) {
    return channel.name.size() > 1 && channel.name[0] == letter &&
           channel.standard_name == standard_name && channel.units == "m s-1";
  };
  std::vector<WindPair> pairs;
  for (std::size_t u = 0; u < channels.size(); ++u) {
    if (!is(channels[u], 'u', "eastward_wind")) continue;
    const std::string level = channels[u].name.substr(1);
    for (std::size_t v = 0; v < channels.size(); ++v) {
      if (!is(channels[v], 'v', "northward_wind") || channels[v].name.substr(1) != level) continue;
      pairs.push_back({"wind" + level,
                       fmt::format("wind, {} and {}", channels[u].name, channels[v].name), u, v});
    }
  }
  return pairs;
}

WindAnalyser::WindAnalyser(Backend& backend, const Grid& grid)
    : backend_(backend),
      sht_(backend, grid, Sht::exact_lmax(grid), resolved_orders(grid), DType::f64),
      eastward_(backend, DType::f64, {1, 1, grid.nlat(), grid.nlon()}),
      northward_(backend, DType::f64, {1, 1, grid.nlat(), grid.nlon()}),
      rotational_(backend, DType::f64, {1, sht_.layout().size(), 1, 2}),
      divergent_(backend, DType::f64, {1, sht_.layout().size(), 1, 2}) {}

WindSpectra WindAnalyser::analyse(std::span<const float> eastward,
                                  std::span<const float> northward) {
  const auto points = static_cast<std::size_t>(sht_.grid().points());
  MYRIAD_EXPECT(eastward.size() == points && northward.size() == points);
  eastward_.assign(std::vector<double>(eastward.begin(), eastward.end()));
  northward_.assign(std::vector<double>(northward.begin(), northward.end()));
  sht_.analysis(rotational_, divergent_, eastward_, northward_);
  backend_.fence();
  return {energy(sht_.layout(), rotational_), energy(sht_.layout(), divergent_)};
}

std::vector<double> enstrophy(std::span<const double> rotational) {
  std::vector<double> out(rotational.begin(), rotational.end());
  for (std::size_t l = 0; l < out.size(); ++l) {
    out[l] *= static_cast<double>(l) * (static_cast<double>(l) + 1.0) /
              (io::k_earth_radius * io::k_earth_radius);
  }
  return out;
}

std::vector<double> kinetic_energy_ratio(const ScoreResults& results, std::size_t pair,
                                         std::size_t lead, WindPart part, WindOf of) {
  std::vector<double> ratio = results.wind_spectrum(pair, lead, part, of);
  const auto truth = results.wind_spectrum(pair, lead, part, WindOf::truth);
  if (truth.size() != ratio.size()) return {};
  for (std::size_t l = 0; l < ratio.size(); ++l)
    ratio[l] = truth[l] > 0.0 ? ratio[l] / truth[l] : std::numeric_limits<double>::quiet_NaN();
  return ratio;
}

}  // namespace myriad::diag
