#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::FftSpec;
using kernels::FourierScale;
using kernels::LegendreSpec;
using kernels::RowWeights;
using kernels::SpectralLayout;
using kernels::TableParity;

struct Shape {
  std::int64_t batch, channels, nlat, nlon, lmax, mmax;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.batch << "x" << s.channels << " fields " << s.nlat << "x" << s.nlon << ", lmax " << s.lmax << ", mmax "
             << s.mmax;
}

// Odd and even rows and columns, several tiles of rows and columns, orders without coefficients, fewer orders than the row has.
const std::vector<Shape> k_shapes = {{1, 1, 1, 1, 1, 1},    {2, 3, 7, 12, 5, 7},     {1, 5, 8, 15, 16, 8}, {3, 17, 9, 40, 17, 4},
                                     {2, 1, 33, 64, 70, 33}, {1, 40, 130, 6, 129, 3}, {1, 33, 64, 21, 64, 11}};

class Transforms : public testing::TestWithParam<std::string> {
 protected:
  Tensor filled(Backend& backend, DType dtype, std::initializer_list<std::int64_t> extents, std::uint32_t seed) {
    Operand operand{"x", {extents.begin(), extents.end()}, dtype, Content::normal, -1, false};
    Tensor tensor(backend, dtype, extents);
    tensor.assign(operand_values(operand, seed));
    return tensor;
  }

  void expect_close(const Tensor& actual, const Tensor& expected, double bound, const std::string& what, const Shape& shape) {
    const std::vector<double> a = actual.to_doubles(), b = expected.to_doubles();
    double difference = 0.0, norm = 0.0;
    for (std::size_t k = 0; k < b.size(); ++k) {
      difference += (a[k] - b[k]) * (a[k] - b[k]);
      norm += b[k] * b[k];
    }
    EXPECT_LE(std::sqrt(difference), bound * std::sqrt(norm)) << what << ", " << shape;
  }

  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
  std::shared_ptr<Backend> reference_ = make_backend("reference");
};

TEST_P(Transforms, OfRowsAgreeWithTheirDefinition) {
  for (const Shape& s : k_shapes) {
    if (s.mmax > s.nlon / 2 + 1) continue;
    for (DType dtype : {DType::f32, DType::f64}) {
      const double bound = dtype == DType::f32 ? 1e-6 : 1e-14;
      const FftSpec spec{s.nlat, s.nlon, s.mmax, dtype};
      const FourierScale scale{0.7, 1.9};
      std::vector<Tensor> fourier, grid;
      for (Backend* b : {backend_.get(), reference_.get()}) {
        const auto plan = b->make_fft_plan(spec);
        const Tensor field = filled(*b, dtype, {s.batch, s.channels, s.nlat, s.nlon}, 5);
        const Tensor half = filled(*b, dtype, {s.batch, s.mmax, s.nlat, s.channels, 2}, 6);
        b->fft_forward(*plan, fourier.emplace_back(*b, dtype, std::initializer_list<std::int64_t>{s.batch, s.mmax, s.nlat, s.channels, 2}),
                       field, scale);
        b->fft_inverse(*plan, grid.emplace_back(*b, dtype, std::initializer_list<std::int64_t>{s.batch, s.channels, s.nlat, s.nlon}),
                       half, scale);
      }
      expect_close(fourier[0], fourier[1], bound, "forward", s);
      expect_close(grid[0], grid[1], bound, "inverse", s);
    }
  }
}

TEST_P(Transforms, OfLatitudesAgreeWithPlainLoopsForAnyTable) {
  for (const Shape& s : k_shapes) {
    for (DType dtype : {DType::f32, DType::f64}) {
      // At most 130 products per value.
      const double bound = dtype == DType::f32 ? 1e-6 : 1e-14;
      const SpectralLayout layout{s.lmax, s.mmax};
      const Operand table{"table", {layout.size(), (s.nlat + 1) / 2}, DType::f64, Content::normal, -1, false};
      const std::vector<double> values = operand_values(table, 7);
      std::vector<double> weights(static_cast<std::size_t>(s.nlat));
      for (std::size_t k = 0; k < weights.size(); ++k)
        weights[k] = 0.3 + 0.1 * static_cast<double>(std::min(k, weights.size() - 1 - k));
      for (TableParity parity : {TableParity::even, TableParity::odd}) {
        for (RowWeights use : {RowWeights::none, RowWeights::quadrature}) {
          std::vector<Tensor> coefficients, fourier;
          for (Backend* b : {backend_.get(), reference_.get()}) {
            const auto plan = b->make_legendre_plan({s.nlat, layout, dtype, parity, values, weights});
            const Tensor f = filled(*b, dtype, {s.batch, s.mmax, s.nlat, s.channels, 2}, 8);
            const Tensor c = filled(*b, dtype, {s.batch, layout.size(), s.channels, 2}, 9);
            b->legendre_analysis(*plan, coefficients.emplace_back(*b, dtype, std::initializer_list<std::int64_t>{s.batch, layout.size(), s.channels, 2}), f, use);
            b->legendre_synthesis(*plan, fourier.emplace_back(*b, dtype, std::initializer_list<std::int64_t>{s.batch, s.mmax, s.nlat, s.channels, 2}), c, use);
          }
          expect_close(coefficients[0], coefficients[1], bound, "analysis", s);
          expect_close(fourier[0], fourier[1], bound, "synthesis", s);
        }
      }
    }
  }
}

/// A table whose rows near the poles do not matter for the higher orders, as those of real Legendre functions.
std::vector<double> table_with_empty_poles(const SpectralLayout& layout, std::int64_t half) {
  std::vector<double> values = operand_values({"table", {layout.size(), half}, DType::f64, Content::normal, -1, false}, 7);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      for (std::int64_t k = 0; k < std::min(m / 2, half); ++k) values[static_cast<std::size_t>(layout.index(l, m) * half + k)] *= 1e-20;
    }
  }
  return values;
}

TEST_P(Transforms, WholeOnesAgreeWithPlainLoopsInEveryFormat) {
  struct Format {
    DType legendre, grid;
    double bound;
  };
  std::vector<Format> formats = {{DType::f32, DType::f32, 1e-6}, {DType::f64, DType::f64, 1e-14}};
  if (backend_->supports(DType::tf32)) {
    formats.push_back({DType::tf32, DType::f32, 0x1p-10});
    formats.push_back({DType::tf32, DType::bf16, 0x1p-8});
    formats.push_back({DType::tf32, DType::f16, 0x1p-10});
  }
  for (const Shape& s : k_shapes) {
    if (s.mmax > s.nlon / 2 + 1) continue;
    for (const Format& f : formats) {
      for (TableParity parity : {TableParity::even, TableParity::odd}) {
        const DType data = f.grid == DType::f64 ? DType::f64 : DType::f32;
        const SpectralLayout layout{s.lmax, s.mmax};
        const std::vector<double> table = table_with_empty_poles(layout, (s.nlat + 1) / 2);
        const std::vector<double> weights(static_cast<std::size_t>(s.nlat), 0.3);
        std::vector<Tensor> coefficients, grids;
        for (Backend* b : {backend_.get(), reference_.get()}) {
          const auto fft = b->make_fft_plan({s.nlat, s.nlon, s.mmax, data});
          const auto legendre = b->make_legendre_plan({s.nlat, layout, f.legendre, parity, table, weights});
          const Tensor field = filled(*b, f.grid, {s.batch, s.channels, s.nlat, s.nlon}, 5);
          const Tensor c = filled(*b, data, {s.batch, layout.size(), s.channels, 2}, 9);
          Tensor scratch(*b, data, {s.batch, s.mmax, s.nlat, s.channels, 2});
          b->sht_analysis(*fft, *legendre, coefficients.emplace_back(*b, data, std::initializer_list<std::int64_t>{s.batch, layout.size(), s.channels, 2}),
                          field, {0.7, 1.9}, RowWeights::quadrature, scratch);
          b->sht_synthesis(*fft, *legendre, grids.emplace_back(*b, f.grid, std::initializer_list<std::int64_t>{s.batch, s.channels, s.nlat, s.nlon}),
                           c, {0.9, 2.1}, RowWeights::none, scratch);
        }
        expect_close(coefficients[0], coefficients[1], f.bound, "analysis", s);
        expect_close(grids[0], grids[1], f.bound, "synthesis", s);
      }
    }
  }
}

TEST_P(Transforms, GiveAFieldTheSameBitsAloneAndInABatch) {
  const Shape s{3, 5, 12, 20, 12, 11};
  const FftSpec spec{s.nlat, s.nlon, s.mmax, DType::f32};
  const SpectralLayout layout{s.lmax, s.mmax};
  const std::vector<double> table(static_cast<std::size_t>(layout.size() * 6), 0.37), weights(12, 0.1);
  const auto fft = backend_->make_fft_plan(spec);
  const auto legendre = backend_->make_legendre_plan({s.nlat, layout, DType::f32, TableParity::even, table, weights});
  Tensor field = filled(*backend_, DType::f32, {s.batch, s.channels, s.nlat, s.nlon}, 5);
  const auto transform = [&](TensorView in) {
    Tensor half(*backend_, DType::f32, {in.dim(0), s.mmax, s.nlat, s.channels, 2});
    Tensor full(*backend_, DType::f32, {in.dim(0), layout.size(), s.channels, 2});
    backend_->sht_analysis(*fft, *legendre, full, in, {1.0, 1.0}, RowWeights::quadrature, half);
    Tensor back(*backend_, DType::f32, {in.dim(0), s.channels, s.nlat, s.nlon});
    backend_->sht_synthesis(*fft, *legendre, back, full, {1.0, 2.0}, RowWeights::none, half);
    return back.to_floats();
  };
  const std::vector<float> all = transform(field.view());
  for (std::int64_t b = 0; b < s.batch; ++b) {
    const std::vector<float> alone = transform(field.view().slice(0, b, 1));
    const auto begin = all.begin() + b * static_cast<std::int64_t>(alone.size());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), begin)) << "field " << b;
  }
}

TEST_P(Transforms, CommuteWithAMatrixBetweenChannels) {
  // R S(c) = S(R c): what allows a network to apply its skip matrix to the coefficients.
  const std::int64_t batch = 2, from = 5, to = 7, nlat = 12, nlon = 20;
  const SpectralLayout layout{12, 11};
  for (DType dtype : {DType::f32, DType::f64}) {
    const std::vector<double> table = operand_values({"table", {layout.size() * 6}, DType::f64, Content::normal, -1, false}, 3);
    const std::vector<double> weights(12, 0.1);
    const auto fft = backend_->make_fft_plan({nlat, nlon, layout.mmax, dtype});
    const auto legendre = backend_->make_legendre_plan({nlat, layout, dtype, TableParity::even, table, weights});
    const auto field_of = [&](const Tensor& coefficients, std::int64_t channels) {
      Tensor half(*backend_, dtype, {batch, layout.mmax, nlat, channels, 2}), field(*backend_, dtype, {batch, channels, nlat, nlon});
      backend_->sht_synthesis(*fft, *legendre, field, coefficients.view(), {1.0, 2.0}, RowWeights::none, half);
      return field;
    };
    const Tensor coefficients = filled(*backend_, dtype, {batch, layout.size(), from, 2}, 5);
    const Tensor matrix = filled(*backend_, dtype, {to, from}, 6);
    Tensor after(*backend_, dtype, {batch, to, nlat, nlon}), mixed(*backend_, dtype, {batch, layout.size(), to, 2});
    backend_->conv1x1(after, field_of(coefficients, from).view(), matrix.view(), {}, kernels::Activation::none,
                      kernels::Update::overwrite);
    backend_->spectral_conv1x1(mixed, coefficients.view(), matrix.view());
    expect_close(field_of(mixed, to), after, dtype == DType::f32 ? 1e-6 : 1e-14, "the matrix of coefficients",
                 {batch, from, nlat, nlon, layout.lmax, layout.mmax});
  }
}

TEST_P(Transforms, TakeMatricesWhoseRowsArePadded) {
  const Tensor coefficients = filled(*backend_, DType::f32, {2, 6, 3, 2}, 5), wide = filled(*backend_, DType::f32, {4, 8}, 6);
  const auto rows = wide.view().slice(1, 0, 3);
  Tensor dense(*backend_, DType::f32, {4, 3}), expected(*backend_, DType::f32, {2, 6, 4, 2}), actual(*backend_, DType::f32, {2, 6, 4, 2});
  backend_->copy(dense, rows);
  backend_->spectral_conv1x1(expected, coefficients.view(), std::as_const(dense).view());
  backend_->spectral_conv1x1(actual, coefficients.view(), rows);
  EXPECT_EQ(actual.to_floats(), expected.to_floats());
}

INSTANTIATE_TEST_SUITE_P(Backends, Transforms, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
