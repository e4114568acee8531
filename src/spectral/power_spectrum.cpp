#include "src/spectral/power_spectrum.hpp"

#include "src/base/error.hpp"

namespace myriad {

std::vector<double> power_spectrum(const kernels::SpectralLayout& layout,
                                   std::span<const double> coefficients, std::int64_t channels,
                                   SpectrumConvention convention) {
  MYRIAD_EXPECT(channels >= 0 &&
                static_cast<std::int64_t>(coefficients.size()) == layout.size() * channels * 2);
  std::vector<double> spectrum(static_cast<std::size_t>(channels * layout.lmax), 0.0);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      double factor = m == 0 ? 1.0 : 2.0;
      if (convention == SpectrumConvention::hens) factor = 2.0 / static_cast<double>(2 * l + 1);
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

}  // namespace myriad
