#include "src/spectral/power_spectrum.hpp"

#include "src/base/error.hpp"

namespace myriad {
namespace {

/// sum over m of factor(l, m) |c_lm|^2 for each channel and degree.
template <class Factor>
std::vector<double> weighted_sum(const kernels::SpectralLayout& layout,
                                 std::span<const double> coefficients, std::int64_t channels,
                                 const Factor& factor_of) {
  MYRIAD_EXPECT(channels >= 0 &&
                static_cast<std::int64_t>(coefficients.size()) == layout.size() * channels * 2);
  std::vector<double> spectrum(static_cast<std::size_t>(channels * layout.lmax), 0.0);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      const double factor = factor_of(l, m);
      const std::int64_t row = layout.index(l, m) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        const double re = coefficients[static_cast<std::size_t>(2 * (row + c))];
        const double im = coefficients[static_cast<std::size_t>(2 * (row + c) + 1)];
        spectrum[static_cast<std::size_t>(c * layout.lmax + l)] += factor * (re * re + im * im);
      }
    }
  }
  return spectrum;
}

}  // namespace

std::vector<double> power_spectrum(const kernels::SpectralLayout& layout,
                                   std::span<const double> coefficients, std::int64_t channels,
                                   SpectrumConvention convention) {
  return weighted_sum(layout, coefficients, channels, [&](std::int64_t l, std::int64_t m) {
    if (convention == SpectrumConvention::hens) return 2.0 / static_cast<double>(2 * l + 1);
    return m == 0 ? 1.0 : 2.0;
  });
}

std::vector<double> order_moment_spectrum(const kernels::SpectralLayout& layout,
                                          std::span<const double> coefficients,
                                          std::int64_t channels) {
  return weighted_sum(layout, coefficients, channels,
                      [](std::int64_t, std::int64_t m) { return 2.0 * static_cast<double>(m); });
}

}  // namespace myriad
