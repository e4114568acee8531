#include "src/ensemble/ar1_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/unit/ensemble/toy_model.hpp"

namespace myriad::test {
namespace {

TEST(NoiseAmplitudes, PublishedConstantsOfTheEightChannelNoiseAreMet) {
  // generative.md 3.7.4: sums over l = 1..360 and F0 for 50, 100, .., 6400 km and phi = 1/e.
  const double sums[] = {31874.658, 8114.898, 2028.184, 506.5357,
                         126.1376,  31.03619, 7.26714,  1.35202};
  const double f0[] = {0.00368287, 0.00729907, 0.0146001, 0.0292149,
                       0.0585446,  0.118025,   0.243909,  0.565479};
  const double decay[] = {3.0806e-5, 1.2322e-4, 4.9289e-4, 1.9716e-3,
                          7.8862e-3, 3.1545e-2, 1.2618e-1, 5.0472e-1};
  const double phi = std::exp(-1.0);
  for (int i = 0; i < 8; ++i) {
    SphericalNoiseConfig config;
    config.radius_km = 6370.0;
    config.length_scale_km = 6370.0 * std::sqrt(2.0 * decay[i]);
    EXPECT_NEAR(config.length_scale_km, 50.0 * std::pow(2.0, i), 1e-2 * std::pow(2.0, i));
    config.compatibility = NoiseCompatibility::hens;
    config.gaussian_degrees = 361;
    const std::vector<double> a = noise_amplitudes(config, 361);
    const double scale = std::sqrt((1.0 - phi * phi) / (4.0 * std::numbers::pi));
    EXPECT_NEAR(a[0] * scale / f0[i], 1.0, 3e-6) << i;
    EXPECT_NEAR(2.0 * std::numbers::pi / (a[0] * a[0]) / sums[i], 1.0, 4e-6) << i;
    // The corrected form removes degree 0 and halves the variance per component.
    config.compatibility = NoiseCompatibility::none;
    const std::vector<double> b = noise_amplitudes(config, 361);
    EXPECT_EQ(b[0], 0.0);
    EXPECT_NEAR(b[1] / a[1], std::sqrt(2.0), 1e-14);
  }
}

TEST(NoiseAmplitudes, EverySpectrumHasUnitVarianceAndItsShape) {
  const std::int64_t lmax = 60;
  for (NoiseSpectrum spectrum : {NoiseSpectrum::gaussian, NoiseSpectrum::flat, NoiseSpectrum::white,
                                 NoiseSpectrum::power_law, NoiseSpectrum::matern}) {
    SphericalNoiseConfig config;
    config.spectrum = spectrum;
    config.length_scale_km = 1500.0;
    const std::vector<double> a = noise_amplitudes(config, lmax);
    double variance = 0.0;
    for (std::size_t l = 0; l < a.size(); ++l) {
      variance += (2.0 * static_cast<double>(l) + 1.0) * a[l] * a[l] / (4.0 * std::numbers::pi);
    }
    EXPECT_NEAR(variance, 1.0, 1e-12) << static_cast<int>(spectrum);
  }
  const auto ratio = [&](NoiseSpectrum spectrum, double exponent) {
    SphericalNoiseConfig config;
    config.spectrum = spectrum;
    config.exponent = exponent;
    const std::vector<double> a = noise_amplitudes(config, lmax);
    return a[20] * a[20] / (a[5] * a[5]);
  };
  EXPECT_NEAR(ratio(NoiseSpectrum::flat, 2.0), 11.0 / 41.0, 1e-14);
  EXPECT_NEAR(ratio(NoiseSpectrum::white, 2.0), 1.0, 1e-14);
  EXPECT_NEAR(ratio(NoiseSpectrum::power_law, 3.0), std::pow(11.0 / 41.0, 3), 1e-14);
  EXPECT_NEAR(ratio(NoiseSpectrum::matern, 2.0), std::pow(39.0 / 429.0, 2), 1e-14);
  EXPECT_EQ(noise_spectrum_from_string("matern"), NoiseSpectrum::matern);
  EXPECT_THROW(noise_spectrum_from_string("pink"), Error);
  SphericalNoiseConfig both;
  both.spectrum = NoiseSpectrum::flat;
  both.compatibility = NoiseCompatibility::hens;
  EXPECT_THROW(noise_amplitudes(both, lmax), Error);
}

TEST(NoiseAmplitudes, CorrelationFallsOffAsPublished) {
  // T15: sum_l (2l+1) C_l P_l(cos d) / 4 pi at 250, 500, 1000 and 1500 km.
  const std::vector<double> a = noise_amplitudes({}, 400);
  const double distances[] = {250.0, 500.0, 1000.0, 1500.0};
  const double expected[] = {0.8826, 0.6068, 0.1356, 0.0112};
  for (int i = 0; i < 4; ++i) {
    const double x = std::cos(distances[i] / 6371.0);
    double p0 = 1.0, p1 = x, sum = 0.0;
    for (std::size_t l = 1; l < a.size(); ++l) {
      const double n = static_cast<double>(l);
      sum += (2.0 * n + 1.0) * a[l] * a[l] * p1 / (4.0 * std::numbers::pi);
      const double p2 = ((2.0 * n + 1.0) * x * p1 - n * p0) / (n + 1.0);
      p0 = p1;
      p1 = p2;
    }
    EXPECT_NEAR(sum, expected[i], 0.004) << distances[i];  // no degree 0: 1 / F is 0.0031 less
  }
}

std::vector<std::uint32_t> first_numbers(std::uint32_t count) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

TEST(Ar1Noise, StepsAreTheRecursionOnIndependentDraws) {
  auto backend = make_backend("kokkos");
  const Grid grid(GridType::legendre_gauss, 12, 24);
  SphericalNoiseConfig config;
  config.length_scale_km = 2000.0;
  const double phi = 0.6;
  const std::vector<std::uint32_t> members{3, 9}, fields{0, 2};
  Ar1Noise noise(*backend, grid, config, phi, DType::f64);
  noise.start(5, StreamId::test, members, fields);
  SphericalNoise fresh(*backend, grid, config, DType::f64);
  std::vector<double> expected, innovation;
  fresh.draw_coefficients(expected, 5, StreamId::test, members, fields, 0);
  EXPECT_EQ(noise.coefficients(), expected);
  for (std::uint32_t k = 1; k < 4; ++k) {
    fresh.draw_coefficients(innovation, 5, StreamId::test, members, fields, k);
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] = phi * expected[i] + 0.8 * innovation[i];
    noise.advance();
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(noise.coefficients()[i], expected[i], 1e-14);
  }
  // A member alone has the same process.
  const std::vector<std::uint32_t> one{9};
  Ar1Noise alone(*backend, grid, config, phi, DType::f64);
  alone.start(5, StreamId::test, one, fields);
  for (int k = 0; k < 3; ++k) alone.advance();
  const std::size_t half = noise.coefficients().size() / 2;
  EXPECT_TRUE(std::equal(alone.coefficients().begin(), alone.coefficients().end(),
                         noise.coefficients().begin() + static_cast<std::ptrdiff_t>(half)));
}

TEST(Ar1Noise, VarianceIsOneAtEveryLatitudeAndTimeAndCorrelationIsPhi) {
  // The published form has variance 0.5 at the poles (m = 0 with half its power).
  auto backend = make_backend("kokkos");
  const Grid grid(GridType::legendre_gauss, 16, 32);
  SphericalNoiseConfig config;
  config.length_scale_km = 1800.0;
  const double phi = 0.7;
  Ar1Noise noise(*backend, grid, config, phi, DType::f64);
  const std::vector<std::uint32_t> members = first_numbers(1500), fields{0};
  noise.start(11, StreamId::test, members, fields);
  Tensor field(*backend, DType::f64, {1500, 1, 16, 32});
  noise.synthesise(field);
  const std::vector<double> before = field.to_doubles();
  noise.advance();
  noise.advance();
  noise.synthesise(field);
  const std::vector<double> after = field.to_doubles();
  for (std::size_t row : {0U, 4U, 8U, 15U}) {
    double first = 0.0, last = 0.0, product = 0.0;
    for (std::size_t b = 0; b < 1500; ++b) {
      for (std::size_t j = 0; j < 32; ++j) {
        const std::size_t i = (b * 16 + row) * 32 + j;
        first += before[i] * before[i] / 48000.0;
        last += after[i] * after[i] / 48000.0;
        product += before[i] * after[i] / 48000.0;
      }
    }
    EXPECT_NEAR(first, 1.0, 0.09) << row;  // near the poles a row holds few independent values
    EXPECT_NEAR(last, 1.0, 0.09) << row;
    EXPECT_NEAR(product, phi * phi, 0.09) << row;
  }
}

TEST(Ar1Perturbation, NoiseAtTheInputTimesIsCorrelatedByTheTimeScale) {
  ToyModel model(2);
  Ar1PerturbationConfig config;
  config.seed = 3;
  config.noise.length_scale_km = 2000.0;
  config.time_scale = Duration::hours(12);
  config.amplitude = {10.0, 0.0, 3.0};
  const auto perturbation = make_ar1_perturbation(model, config);
  std::vector<Member> members;
  for (std::uint32_t i = 1; i <= 400; ++i) members.push_back({i, 0, i, 1, 0});
  members.push_back({500, 0, 7, -1, 0});
  members.push_back({0, 0, 0, 0, 0});
  const auto count = static_cast<std::int64_t>(members.size());
  Tensor history(model.backend(), DType::f64, {count, 2, 3, 16, 32});
  model.backend().fill(history, 0.0);
  perturbation->apply(history, members);
  const std::vector<double> h = history.to_doubles();
  const std::size_t plane = 512, state = 3 * plane;
  const std::vector<double> rows = model.description().grid.row_weights();
  double variance = 0.0, product = 0.0;
  for (std::size_t b = 0; b < 400; ++b) {
    for (std::size_t i = 0; i < plane; ++i) {
      const double w = rows[i / 32] / 32.0 / 400.0;
      const double old = h[b * 2 * state + i], now = h[b * 2 * state + state + i];
      variance += w * now * now;
      product += w * old * now;
      ASSERT_EQ(h[b * 2 * state + plane + i], 0.0);  // q850
    }
  }
  EXPECT_NEAR(std::sqrt(variance), 10.0 / 200.0, 0.0012);
  EXPECT_NEAR(product / variance, std::exp(-0.5), 0.03);
  for (std::size_t i = 0; i < 2 * state; ++i) {
    ASSERT_EQ(h[400 * 2 * state + i], -h[6 * 2 * state + i]);  // the other half of draw 7
    ASSERT_EQ(h[401 * 2 * state + i], 0.0);                    // the control
  }
}

}  // namespace
}  // namespace myriad::test
