#include "kernels/fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "tests/unit/kernels/transform_data.hpp"

namespace myriad::kernels {
namespace {

/// Which implementation a test drives.
enum class Runner { reference, lanes, fftw };

std::string name_of(const testing::TestParamInfo<Runner>& info) {
  switch (info.param) {
    case Runner::reference:
      return "reference";
    case Runner::lanes:
      return "lanes";
    case Runner::fftw:
      break;
  }
  return "fftw";
}

std::vector<Runner> runners_under_test() {
  std::vector<Runner> runners{Runner::lanes};
  if (fftw_available()) runners.push_back(Runner::fftw);
  return runners;
}

std::vector<Runner> all_runners() {
  std::vector<Runner> runners = runners_under_test();
  runners.push_back(Runner::reference);
  return runners;
}

/// A plan and its two directions.
struct Fft {
  Fft(Runner r, FftSpec spec) : runner(r) {
    static const auto initialised = make_backend("kokkos");
    if (runner == Runner::reference) {
      plan = reference::make_fft_plan(spec);
    } else {
      plan = kokkos::make_fft_plan(
          spec, runner == Runner::lanes ? FftProvider::lanes : FftProvider::fftw);
    }
  }
  void forward(TensorView fourier, ConstTensorView grid, FourierScale scale) const {
    if (runner == Runner::reference) {
      reference::fft_forward(*plan, fourier, grid, scale);
    } else {
      kokkos::fft_forward(*plan, fourier, grid, scale);
    }
  }
  void inverse(TensorView grid, ConstTensorView fourier, FourierScale scale) const {
    if (runner == Runner::reference) {
      reference::fft_inverse(*plan, grid, fourier, scale);
    } else {
      kokkos::fft_inverse(*plan, grid, fourier, scale);
    }
  }
  Runner runner;
  std::unique_ptr<FftPlan> plan;
};

constexpr FourierScale k_scale{0.3, 0.7};

class EveryFft : public testing::TestWithParam<Runner> {};
class FastFft : public testing::TestWithParam<Runner> {};

template <class T>
void compare_with_direct_dft(Runner runner, double bound) {
  // Every radix, products of them, odd lengths, primes with the generic pass, truncated and
  // complete orders.
  for (const std::int64_t nlon :
       {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,  12,  13,  15,  16,  18,  22, 25,
        26, 27, 30, 32, 49, 60, 64, 70, 77, 96, 105, 121, 128, 144, 210, 256, 360}) {
    for (const std::int64_t mmax : {nlon / 2 + 1, (nlon / 2 + 2) / 2}) {
      const FftSpec spec{3, nlon, mmax, dtype_of<T>()};
      const std::int64_t channels = 7;
      const auto grid = HostTensor<T>::random({2, channels, 3, nlon}, 11);
      const auto spectrum = HostTensor<T>::random({2, mmax, 3, channels, 2}, 12);
      const Fft fast(runner, spec);
      const Fft direct(Runner::reference, spec);
      HostTensor<T> fourier({2, mmax, 3, channels, 2});
      HostTensor<T> fourier_direct({2, mmax, 3, channels, 2});
      fast.forward(fourier.view(), grid.view(), k_scale);
      direct.forward(fourier_direct.view(), grid.view(), k_scale);
      EXPECT_LT(relative_error(fourier.values, fourier_direct.values), bound)
          << "forward " << nlon << " " << mmax;
      HostTensor<T> field({2, channels, 3, nlon});
      HostTensor<T> field_direct({2, channels, 3, nlon});
      fast.inverse(field.view(), spectrum.view(), k_scale);
      direct.inverse(field_direct.view(), spectrum.view(), k_scale);
      EXPECT_LT(relative_error(field.values, field_direct.values), bound)
          << "inverse " << nlon << " " << mmax;
    }
  }
}

// An FFT loses about eps * sqrt(log2 n) in the root mean square; the generic odd radix about eps *
// sqrt(radix).
TEST_P(FastFft, AgreesWithDirectTransformInFp64) {
  compare_with_direct_dft<double>(GetParam(), 2e-15);
}
TEST_P(FastFft, AgreesWithDirectTransformInFp32) {
  compare_with_direct_dft<float>(GetParam(), 5e-7);
}

TEST_P(EveryFft, RecoversAmplitudeAndPhaseOfAWave) {
  const std::int64_t nlon = 24;
  const Fft fft(GetParam(), {1, nlon, 13, DType::f64});
  HostTensor<double> grid({1, 1, 1, nlon});
  for (std::int64_t j = 0; j < nlon; ++j) {
    const double lambda =
        2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(nlon);
    grid.values[static_cast<std::size_t>(j)] = 5.0 + 2.0 * std::cos(3.0 * lambda) +
                                               4.0 * std::sin(7.0 * lambda) +
                                               0.5 * std::cos(12.0 * lambda);
  }
  HostTensor<double> fourier({1, 13, 1, 1, 2});
  fft.forward(fourier.view(), grid.view(), {1.0 / 24, 1.0 / 24});
  for (std::size_t m = 0; m < 13; ++m) {
    const double re = m == 0 ? 5.0 : m == 3 ? 1.0 : m == 12 ? 0.5 : 0.0;
    const double im = m == 7 ? -2.0 : 0.0;
    // The samples themselves carry 1e-15 of rounding.
    EXPECT_NEAR(fourier.values[2 * m], re, 5e-15);
    EXPECT_NEAR(fourier.values[2 * m + 1], im, 5e-15);
  }
  HostTensor<double> back({1, 1, 1, nlon});
  fft.inverse(back.view(), fourier.view(), {1.0, 2.0});
  EXPECT_LT(relative_error(back.values, grid.values), 3e-15);
}

TEST_P(EveryFft, ImaginaryPartOfRealOrdersIsExactlyZeroAndIgnored) {
  for (const std::int64_t nlon : {8, 9, 30}) {
    const std::int64_t mmax = nlon / 2 + 1;
    const Fft fft(GetParam(), {2, nlon, mmax, DType::f32});
    const auto grid = HostTensor<float>::random({1, 3, 2, nlon}, 5);
    HostTensor<float> fourier({1, mmax, 2, 3, 2});
    fft.forward(fourier.view(), grid.view(), k_scale);
    auto spoiled = HostTensor<float>::random({1, mmax, 2, 3, 2}, 6);
    HostTensor<float> clean = spoiled;
    for (std::int64_t m = 0; m < mmax; ++m) {
      if (m != 0 && 2 * m != nlon) continue;
      for (std::int64_t i = 0; i < 6; ++i) {
        const auto at = static_cast<std::size_t>((m * 6 + i) * 2 + 1);
        EXPECT_EQ(fourier.values[at], 0.0f);
        spoiled.values[at] = std::numeric_limits<float>::quiet_NaN();
        clean.values[at] = 0.0f;
      }
    }
    HostTensor<float> from_spoiled({1, 3, 2, nlon});
    HostTensor<float> from_clean({1, 3, 2, nlon});
    fft.inverse(from_spoiled.view(), spoiled.view(), k_scale);
    fft.inverse(from_clean.view(), clean.view(), k_scale);
    EXPECT_TRUE(same_bits(from_spoiled.values.data(), from_clean.values.data(), 6 * nlon)) << nlon;
  }
}

TEST_P(EveryFft, InverseIsTheTransposeOfForward) {
  for (const std::int64_t nlon : {15, 16, 22}) {
    for (const std::int64_t mmax : {nlon / 2 + 1, nlon / 2 - 1}) {
      const Fft fft(GetParam(), {3, nlon, mmax, DType::f64});
      const auto x = HostTensor<double>::random({2, 5, 3, nlon}, 1);
      const auto y = HostTensor<double>::random({2, mmax, 3, 5, 2}, 2);
      HostTensor<double> fx({2, mmax, 3, 5, 2});
      HostTensor<double> fty({2, 5, 3, nlon});
      fft.forward(fx.view(), x.view(), k_scale);
      fft.inverse(fty.view(), y.view(), k_scale);
      EXPECT_NEAR(dot(fx.values, y.values), dot(x.values, fty.values),
                  1e-12 * std::abs(dot(fx.values, y.values)) + 1e-13);
    }
  }
}

TEST_P(FastFft, BitsDoNotDependOnBatchSizeOrPosition) {
  for (const std::int64_t channels : {1, 3, 16, 21}) {
    const std::int64_t nlat = 5, nlon = 48, mmax = 25, batch = 5;
    const Fft fft(GetParam(), {nlat, nlon, mmax, DType::f32});
    const auto grid = HostTensor<float>::random({batch, channels, nlat, nlon}, 3);
    HostTensor<float> together({batch, mmax, nlat, channels, 2});
    HostTensor<float> field_together({batch, channels, nlat, nlon});
    fft.forward(together.view(), grid.view(), k_scale);
    fft.inverse(field_together.view(), together.view(), k_scale);
    for (std::int64_t b = 0; b < batch; ++b) {
      HostTensor<float> alone({1, mmax, nlat, channels, 2});
      HostTensor<float> field_alone({1, channels, nlat, nlon});
      fft.forward(alone.view(), grid.view().slice(0, b, 1), k_scale);
      fft.inverse(field_alone.view(), alone.view(), k_scale);
      const std::int64_t count = static_cast<std::int64_t>(alone.values.size());
      const std::int64_t points = static_cast<std::int64_t>(field_alone.values.size());
      EXPECT_TRUE(same_bits(alone.values.data(), together.values.data() + b * count, count))
          << channels << " " << b;
      EXPECT_TRUE(
          same_bits(field_alone.values.data(), field_together.values.data() + b * points, points));
    }
  }
}

TEST_P(FastFft, ABrokenFieldLeavesItsNeighboursAlone) {
  const Fft fft(GetParam(), {4, 32, 17, DType::f32});
  auto grid = HostTensor<float>::random({2, 5, 4, 32}, 9);
  HostTensor<float> healthy({2, 17, 4, 5, 2});
  fft.forward(healthy.view(), grid.view(), k_scale);
  for (std::size_t j = 0; j < 4 * 32; ++j)
    grid.values[2 * 4 * 32 + j] = std::numeric_limits<float>::quiet_NaN();
  HostTensor<float> sick({2, 17, 4, 5, 2});
  fft.forward(sick.view(), grid.view(), k_scale);
  for (std::size_t i = 0; i < healthy.values.size(); ++i) {
    const bool broken = i < healthy.values.size() / 2 && i / 2 % 5 == 2;
    if (!broken) {
      ASSERT_EQ(healthy.values[i], sick.values[i]) << i;
    }
  }
}

TEST_P(EveryFft, BatchStrideIsFree) {
  const Fft fft(GetParam(), {2, 12, 7, DType::f64});
  const auto grid = HostTensor<double>::random({4, 3, 2, 12}, 4);
  ConstTensorView every_second = grid.view();
  every_second.extent[0] = 2;
  every_second.stride[0] *= 2;
  HostTensor<double> strided({2, 7, 2, 3, 2});
  HostTensor<double> all({4, 7, 2, 3, 2});
  fft.forward(strided.view(), every_second, k_scale);
  fft.forward(all.view(), grid.view(), k_scale);
  const std::int64_t count = 7 * 2 * 3 * 2;
  EXPECT_TRUE(same_bits(strided.values.data(), all.values.data(), count));
  EXPECT_TRUE(same_bits(strided.values.data() + count, all.values.data() + 2 * count, count));
}

INSTANTIATE_TEST_SUITE_P(Providers, EveryFft, testing::ValuesIn(all_runners()), name_of);
INSTANTIATE_TEST_SUITE_P(Providers, FastFft, testing::ValuesIn(runners_under_test()), name_of);

}  // namespace
}  // namespace myriad::kernels
