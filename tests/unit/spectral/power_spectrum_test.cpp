#include "src/spectral/power_spectrum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "src/backend/registry.hpp"
#include "src/spectral/sht.hpp"
#include "tests/unit/spectral/random_coefficients.hpp"

namespace myriad {
namespace {

// Golden values: acceptance test T21.
TEST(PowerSpectrum, OfCosineOfColatitude) {
  const auto backend = make_backend("kokkos");
  const Grid grid(GridType::legendre_gauss, 8, 16);
  Sht sht(*backend, grid, 8, 8, DType::f64);
  std::vector<double> field;
  for (const double x : grid.quadrature().cos_theta) field.insert(field.end(), 16, x);
  Tensor on_grid(*backend, DType::f64, {1, 1, 8, 16});
  Tensor coefficients(*backend, DType::f64, {1, sht.layout().size(), 1, 2});
  on_grid.assign(field);
  sht.analysis(coefficients, on_grid);
  const std::vector<double> c = coefficients.to_doubles();
  const std::vector<double> power = power_spectrum(sht.layout(), c, 1, SpectrumConvention::power);
  const std::vector<double> hens = power_spectrum(sht.layout(), c, 1, SpectrumConvention::hens);
  ASSERT_EQ(power.size(), 8u);
  for (std::size_t l = 0; l < 8; ++l) {
    EXPECT_NEAR(power[l], l == 1 ? 4.1887902047863905 : 0.0, 1e-13);
    EXPECT_NEAR(hens[l], l == 1 ? 2.792526803190927 : 0.0, 1e-13);
  }
}

// Parseval: the powers of all degrees add up to the integral of the square.
TEST(PowerSpectrum, SumsToTheIntegralOfTheSquarePerChannel) {
  const auto backend = make_backend("kokkos");
  const Grid grid(GridType::legendre_gauss, 24, 48);
  const std::int64_t channels = 3;
  Sht sht(*backend, grid, 16, 12, DType::f64);
  const std::vector<double> c = random_coefficients(sht.layout(), 1, channels, 2);
  Tensor coefficients(*backend, DType::f64, {1, sht.layout().size(), channels, 2});
  coefficients.assign(c);
  Tensor on_grid(*backend, DType::f64, {1, channels, 24, 48});
  sht.synthesis(on_grid, coefficients);
  const std::vector<double> field = on_grid.to_doubles();
  const std::vector<double> power =
      power_spectrum(sht.layout(), c, channels, SpectrumConvention::power);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    double integral = 0.0;
    for (std::size_t k = 0; k < 24; ++k) {
      for (std::size_t j = 0; j < 48; ++j) {
        const double value = field[(channel * 24 + k) * 48 + j];
        integral += grid.quadrature().weights[k] * 2.0 * std::numbers::pi / 48.0 * value * value;
      }
    }
    const auto begin = power.begin() + static_cast<std::ptrdiff_t>(channel * 16);
    EXPECT_NEAR(std::accumulate(begin, begin + 16, 0.0) / integral, 1.0, 1e-13);
  }
}

}  // namespace
}  // namespace myriad
