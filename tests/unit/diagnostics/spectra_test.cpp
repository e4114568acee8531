#include "diagnostics/spectra.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

/// Field value(theta, lambda) on a grid.
template <class F>
std::vector<float> field_on(const Grid& grid, F&& value) {
  std::vector<float> out;
  for (std::int64_t k = 0; k < grid.nlat(); ++k) {
    for (std::int64_t j = 0; j < grid.nlon(); ++j) {
      out.push_back(static_cast<float>(value(
          grid.quadrature().theta[static_cast<std::size_t>(k)],
          2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(grid.nlon()))));
    }
  }
  return out;
}

TEST(Spectra, CosineOfColatitudeHasItsPowerInDegreeOne) {
  for (const Grid& grid :
       {Grid(GridType::legendre_gauss, 16, 32), Grid(GridType::equiangular, 33, 64)}) {
    SpectrumAnalyser analyser(test::backend(), grid);
    const auto power =
        analyser.power(field_on(grid, [](double theta, double) { return std::cos(theta); }), 1);
    EXPECT_NEAR(power[1], 4.1887902047863905, 1e-6) << grid.describe();
    for (std::size_t l = 0; l < power.size(); ++l) {
      if (l == 1) continue;
      EXPECT_LT(power[l], 1e-12) << l;
    }
  }
}

TEST(Spectra, PowerOverAllDegreesIsTheIntegralOfTheSquare) {
  const Grid grid(GridType::legendre_gauss, 24, 48);
  const auto field = field_on(grid, [](double theta, double lambda) {
    return 2.0 + std::sin(theta) * std::cos(lambda) +
           0.5 * std::pow(std::sin(theta), 3) * std::sin(3.0 * lambda);
  });
  SpectrumAnalyser analyser(test::backend(), grid);
  double sum = 0.0;
  for (double p : analyser.power(field, 1)) sum += p;
  double integral = 0.0;
  const auto weights = grid.row_weights();
  for (std::size_t p = 0; p < field.size(); ++p) {
    integral += 4.0 * std::numbers::pi * weights[p / 48] / 48.0 * static_cast<double>(field[p]) *
                static_cast<double>(field[p]);
  }
  EXPECT_NEAR(sum, integral, 1e-6 * integral);
}

TEST(Spectra, FieldsInOneCallAndOneByOneGiveTheSameBits) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  const auto draws = test::normals(11 * 128, 4);
  const std::vector<float> fields(draws.begin(), draws.end());
  SpectrumAnalyser analyser(test::backend(), grid);
  const auto together = analyser.power(fields, 11);
  ASSERT_EQ(together.size(), 11U * 8U);
  for (std::size_t i = 0; i < 11; ++i) {
    const auto alone = analyser.power(std::span(fields).subspan(i * 128, 128), 1);
    for (std::size_t l = 0; l < 8; ++l) EXPECT_EQ(alone[l], together[i * 8 + l]);
  }
}

TEST(Spectra, LogSpectralDistanceOfHalvedPowerIsThreeDecibel) {
  const std::vector<double> p{1.0, 2.0, 4.0, 8.0}, q{9.0, 1.0, 2.0, 4.0};
  EXPECT_NEAR(log_spectral_distance(p, q), 10.0 * std::log10(2.0), 1e-12);
  EXPECT_NEAR(wavelength_km(0), 40030.17, 0.01);
}

}  // namespace
}  // namespace myriad::diag
