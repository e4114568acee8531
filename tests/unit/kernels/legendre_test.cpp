#include "kernels/legendre.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <ostream>
#include <vector>

#include "src/backend/registry.hpp"
#include "tests/unit/kernels/transform_data.hpp"

namespace myriad::kernels {
namespace {

struct Shape {
  std::int64_t nlat;
  std::int64_t lmax;
  std::int64_t mmax;
  std::int64_t batch;
  std::int64_t channels;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.nlat << " rows, lmax " << s.lmax << ", mmax " << s.mmax << ", batch " << s.batch
             << " x " << s.channels;
}

/// A table of random numbers: the op must not rely on anything but the parity it is told.
struct Spec {
  Spec(const Shape& s, DType dtype, TableParity parity) {
    spec.nlat = s.nlat;
    spec.layout = {s.lmax, s.mmax};
    spec.dtype = dtype;
    spec.parity = parity;
    const std::int64_t half = (s.nlat + 1) / 2;
    table = HostTensor<double>::random({spec.layout.size(), half}, 21).values;
    weights = HostTensor<double>::random({s.nlat}, 22).values;
    for (std::size_t k = 0; k < weights.size() / 2; ++k)
      weights[weights.size() - 1 - k] = weights[k];
    spec.table = table;
    spec.weights = weights;
  }
  LegendreSpec spec;
  std::vector<double> table;
  std::vector<double> weights;
};

std::unique_ptr<LegendrePlan> make_kokkos_plan(const LegendreSpec& spec) {
  static const auto initialised = make_backend("kokkos");
  return kokkos::make_legendre_plan(spec);
}

const std::vector<Shape>& shapes() {
  // Odd and even rows, ends of panels (8 degrees of one parity) and of chains (64), one to many
  // columns, orders without coefficients.
  static const std::vector<Shape> list{
      {1, 1, 1, 1, 1},    {2, 2, 2, 1, 3},     {7, 5, 9, 2, 3},    {8, 16, 16, 1, 17},
      {9, 17, 4, 3, 8},   {15, 18, 18, 2, 16}, {16, 33, 40, 5, 1}, {33, 31, 12, 1, 40},
      {64, 67, 66, 1, 2}, {150, 140, 20, 1, 5}};
  return list;
}

template <class T>
void compare_with_plain_loops(double bound) {
  for (const Shape& s : shapes()) {
    for (const TableParity parity : {TableParity::even, TableParity::odd}) {
      for (const RowWeights weights : {RowWeights::none, RowWeights::quadrature}) {
        const Spec spec(s, dtype_of<T>(), parity);
        const std::int64_t size = spec.spec.layout.size();
        const auto fast = make_kokkos_plan(spec.spec);
        const auto plain = reference::make_legendre_plan(spec.spec);
        const auto fourier = HostTensor<T>::random({s.batch, s.mmax, s.nlat, s.channels, 2}, 31);
        const auto coefficients = HostTensor<T>::random({s.batch, size, s.channels, 2}, 32);
        HostTensor<T> c_fast({s.batch, size, s.channels, 2});
        HostTensor<T> c_plain({s.batch, size, s.channels, 2});
        kokkos::legendre_analysis(*fast, c_fast.view(), fourier.view(), weights);
        reference::legendre_analysis(*plain, c_plain.view(), fourier.view(), weights);
        EXPECT_LT(relative_error(c_fast.values, c_plain.values), bound) << "analysis, " << s;
        HostTensor<T> f_fast({s.batch, s.mmax, s.nlat, s.channels, 2});
        HostTensor<T> f_plain({s.batch, s.mmax, s.nlat, s.channels, 2});
        kokkos::legendre_synthesis(*fast, f_fast.view(), coefficients.view(), weights);
        reference::legendre_synthesis(*plain, f_plain.view(), coefficients.view(), weights);
        EXPECT_LT(relative_error(f_fast.values, f_plain.values), bound) << "synthesis, " << s;
      }
    }
  }
}

// Sums of up to 150 random terms in chains of 64: about eps * sqrt(chain / 2).
TEST(Legendre, AgreesWithPlainLoopsInFp64) {
  compare_with_plain_loops<double>(2e-15);
}
TEST(Legendre, AgreesWithPlainLoopsInFp32) {
  compare_with_plain_loops<float>(6e-7);
}

TEST(Legendre, SynthesisIsTheTransposeOfAnalysis) {
  for (const Shape& s : shapes()) {
    for (const TableParity parity : {TableParity::even, TableParity::odd}) {
      for (const RowWeights weights : {RowWeights::none, RowWeights::quadrature}) {
        const Spec spec(s, DType::f64, parity);
        const auto plan = make_kokkos_plan(spec.spec);
        const auto x = HostTensor<double>::random({s.batch, s.mmax, s.nlat, s.channels, 2}, 41);
        const auto y =
            HostTensor<double>::random({s.batch, spec.spec.layout.size(), s.channels, 2}, 42);
        HostTensor<double> ax({s.batch, spec.spec.layout.size(), s.channels, 2});
        HostTensor<double> aty({s.batch, s.mmax, s.nlat, s.channels, 2});
        kokkos::legendre_analysis(*plan, ax.view(), x.view(), weights);
        kokkos::legendre_synthesis(*plan, aty.view(), y.view(), weights);
        const double scale = std::sqrt(dot(ax.values, ax.values) * dot(y.values, y.values));
        EXPECT_NEAR(dot(ax.values, y.values), dot(x.values, aty.values), 1e-13 * scale) << s;
      }
    }
  }
}

TEST(Legendre, DroppedPolarValuesAreDroppedBothWays) {
  // Rows near the poles below the threshold for high orders, as real tables have them.
  const Shape s{96, 60, 60, 1, 3};
  Spec spec(s, DType::f32, TableParity::even);
  for (std::int64_t m = 0; m < 60; ++m) {
    for (std::int64_t l = m; l < 60; ++l) {
      for (std::int64_t k = 0; k < std::min<std::int64_t>(m - (l - m) / 2, 48); ++k) {
        spec.table[static_cast<std::size_t>(spec.spec.layout.index(l, m) * 48 + k)] *= 1e-11;
      }
    }
  }
  spec.spec.dtype = DType::f64;
  const auto exact = make_kokkos_plan(spec.spec);
  spec.spec.dtype = DType::f32;
  const auto pruned = make_kokkos_plan(spec.spec);
  const auto x = HostTensor<float>::random({1, 60, 96, 3, 2}, 51);
  const auto y = HostTensor<float>::random({1, spec.spec.layout.size(), 3, 2}, 52);
  HostTensor<float> ax({1, spec.spec.layout.size(), 3, 2});
  HostTensor<float> aty({1, 60, 96, 3, 2});
  kokkos::legendre_analysis(*pruned, ax.view(), x.view(), RowWeights::none);
  kokkos::legendre_synthesis(*pruned, aty.view(), y.view(), RowWeights::none);
  HostTensor<double> x64({1, 60, 96, 3, 2});
  HostTensor<double> y64({1, spec.spec.layout.size(), 3, 2});
  std::copy(x.values.begin(), x.values.end(), x64.values.begin());
  std::copy(y.values.begin(), y.values.end(), y64.values.begin());
  HostTensor<double> ax64({1, spec.spec.layout.size(), 3, 2});
  HostTensor<double> aty64({1, 60, 96, 3, 2});
  kokkos::legendre_analysis(*exact, ax64.view(), x64.view(), RowWeights::none);
  kokkos::legendre_synthesis(*exact, aty64.view(), y64.view(), RowWeights::none);
  EXPECT_LT(relative_error(ax.values, ax64.values), 3e-7);
  EXPECT_LT(relative_error(aty.values, aty64.values), 3e-7);
  const double scale = std::sqrt(dot(ax.values, ax.values) * dot(y.values, y.values));
  EXPECT_NEAR(dot(ax.values, y.values), dot(x.values, aty.values), 1e-7 * scale);
}

TEST(Legendre, OrdersWithoutCoefficientsAreWrittenAsZeroAndNotRead) {
  const Shape s{6, 4, 9, 2, 3};
  const Spec spec(s, DType::f32, TableParity::even);
  const auto plan = make_kokkos_plan(spec.spec);
  const auto coefficients = HostTensor<float>::random({2, spec.spec.layout.size(), 3, 2}, 61);
  HostTensor<float> fourier({2, 9, 6, 3, 2});
  kokkos::legendre_synthesis(*plan, fourier.view(), coefficients.view(), RowWeights::quadrature);
  const std::size_t order = 6 * 3 * 2;
  for (std::size_t b = 0; b < 2; ++b) {
    for (std::size_t i = 4 * order; i < 9 * order; ++i)
      EXPECT_EQ(fourier.values[b * 9 * order + i], 0.0f);
  }
  HostTensor<float> clean({2, spec.spec.layout.size(), 3, 2});
  kokkos::legendre_analysis(*plan, clean.view(), fourier.view(), RowWeights::quadrature);
  for (std::size_t b = 0; b < 2; ++b) {
    for (std::size_t i = 4 * order; i < 9 * order; ++i) {
      fourier.values[b * 9 * order + i] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  HostTensor<float> spoiled({2, spec.spec.layout.size(), 3, 2});
  kokkos::legendre_analysis(*plan, spoiled.view(), fourier.view(), RowWeights::quadrature);
  EXPECT_EQ(clean.values, spoiled.values);
}

TEST(Legendre, FunctionsOddAboutTheEquatorVanishOnIt) {
  const Shape s{9, 6, 6, 1, 2};
  const Spec spec(s, DType::f64, TableParity::even);
  const auto plan = make_kokkos_plan(spec.spec);
  HostTensor<double> coefficients({1, spec.spec.layout.size(), 2, 2}, 0.0);
  for (std::int64_t m = 0; m < 6; ++m) {
    for (std::int64_t l = m + 1; l < 6; l += 2) {
      for (std::int64_t i = 0; i < 4; ++i) {
        coefficients.values[static_cast<std::size_t>(spec.spec.layout.index(l, m) * 4 + i)] = 1.0;
      }
    }
  }
  HostTensor<double> fourier({1, 6, 9, 2, 2});
  kokkos::legendre_synthesis(*plan, fourier.view(), coefficients.view(), RowWeights::none);
  for (std::size_t m = 0; m < 5; ++m) {
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(fourier.values[(m * 9 + 4) * 4 + i], 0.0);
      EXPECT_EQ(fourier.values[(m * 9 + 1) * 4 + i], -fourier.values[(m * 9 + 7) * 4 + i]);
    }
  }
}

TEST(Legendre, BitsDoNotDependOnBatchSizePositionOrChannelCount) {
  for (const std::int64_t channels : {1, 3, 8, 16, 21}) {
    const Shape s{19, 20, 20, 5, channels};
    const Spec spec(s, DType::f32, TableParity::even);
    const auto plan = make_kokkos_plan(spec.spec);
    const std::int64_t size = spec.spec.layout.size();
    const auto fourier = HostTensor<float>::random({5, 20, 19, channels, 2}, 71);
    const auto coefficients = HostTensor<float>::random({5, size, channels, 2}, 72);
    HostTensor<float> c_together({5, size, channels, 2});
    HostTensor<float> f_together({5, 20, 19, channels, 2});
    kokkos::legendre_analysis(*plan, c_together.view(), fourier.view(), RowWeights::quadrature);
    kokkos::legendre_synthesis(*plan, f_together.view(), coefficients.view(), RowWeights::none);
    for (std::int64_t b = 0; b < 5; ++b) {
      HostTensor<float> c_alone({1, size, channels, 2});
      HostTensor<float> f_alone({1, 20, 19, channels, 2});
      kokkos::legendre_analysis(*plan, c_alone.view(), fourier.view().slice(0, b, 1),
                                RowWeights::quadrature);
      kokkos::legendre_synthesis(*plan, f_alone.view(), coefficients.view().slice(0, b, 1),
                                 RowWeights::none);
      const auto c_count = static_cast<std::int64_t>(c_alone.values.size());
      const auto f_count = static_cast<std::int64_t>(f_alone.values.size());
      EXPECT_TRUE(same_bits(c_alone.values.data(), c_together.values.data() + b * c_count, c_count))
          << channels << " " << b;
      EXPECT_TRUE(same_bits(f_alone.values.data(), f_together.values.data() + b * f_count, f_count))
          << channels << " " << b;
    }
    // One channel of the element alone.
    HostTensor<float> one({1, 20, 19, 1, 2});
    for (std::int64_t i = 0; i < 20 * 19; ++i) {
      for (std::int64_t part = 0; part < 2; ++part) {
        one.values[static_cast<std::size_t>(2 * i + part)] =
            fourier.values[static_cast<std::size_t>((i * channels + channels - 1) * 2 + part)];
      }
    }
    HostTensor<float> c_one({1, size, 1, 2});
    kokkos::legendre_analysis(*plan, c_one.view(), one.view(), RowWeights::quadrature);
    for (std::int64_t i = 0; i < size; ++i) {
      EXPECT_EQ(c_one.values[static_cast<std::size_t>(2 * i)],
                c_together.values[static_cast<std::size_t>((i * channels + channels - 1) * 2)]);
    }
  }
}

TEST(Legendre, ABrokenChannelLeavesItsNeighboursAlone) {
  const Shape s{12, 10, 10, 2, 5};
  const Spec spec(s, DType::f32, TableParity::even);
  const auto plan = make_kokkos_plan(spec.spec);
  auto fourier = HostTensor<float>::random({2, 10, 12, 5, 2}, 81);
  HostTensor<float> healthy({2, spec.spec.layout.size(), 5, 2});
  kokkos::legendre_analysis(*plan, healthy.view(), fourier.view(), RowWeights::none);
  for (std::size_t i = 0; i < fourier.values.size() / 2; ++i) {
    if (i / 2 % 5 == 1) fourier.values[i] = std::numeric_limits<float>::infinity();
  }
  HostTensor<float> sick({2, spec.spec.layout.size(), 5, 2});
  kokkos::legendre_analysis(*plan, sick.view(), fourier.view(), RowWeights::none);
  for (std::size_t i = 0; i < healthy.values.size(); ++i) {
    if (i >= healthy.values.size() / 2 || i / 2 % 5 != 1) {
      ASSERT_EQ(healthy.values[i], sick.values[i]) << i;
    }
  }
}

}  // namespace
}  // namespace myriad::kernels
