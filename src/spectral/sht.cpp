#include "src/spectral/sht.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/spectral/legendre_functions.hpp"
#include "src/spectral/transform_shape.hpp"

namespace myriad {

using kernels::FourierScale;
using kernels::RowWeights;
using kernels::SpectralLayout;

struct Sht::Impl {
  Impl(Backend& b, const Grid& g, const SpectralLayout& l, DType d)
      : backend(b),
        grid(g),
        layout(l),
        dtype(d == DType::tf32 ? DType::f32 : d),
        fft(b.make_fft_plan({g.nlat(), g.nlon(), l.mmax, dtype})),
        legendre(detail::make_plan(b, g, l, d, kernels::TableParity::even,
                                   legendre_table(l, detail::northern_rows(g)))) {}

  /// grid -> coefficients, or its like with other factors.
  void to_coefficients(TensorView coefficients, ConstTensorView field, FourierScale scale,
                       RowWeights weights) {
    for_each_chunk(field.dim(0), field.dim(1),
                   [&](std::int64_t begin, std::int64_t count, TensorView scratch) {
                     backend.sht_analysis(*fft, *legendre, coefficients.slice(0, begin, count),
                                          field.slice(0, begin, count), scale, weights, scratch);
                   });
  }

  void to_grid(TensorView field, ConstTensorView coefficients, FourierScale scale,
               RowWeights weights) {
    for_each_chunk(field.dim(0), field.dim(1),
                   [&](std::int64_t begin, std::int64_t count, TensorView scratch) {
                     backend.sht_synthesis(*fft, *legendre, field.slice(0, begin, count),
                                           coefficients.slice(0, begin, count), scale, weights,
                                           scratch);
                   });
  }

  template <class Body>
  void for_each_chunk(std::int64_t batch, std::int64_t channels, const Body& body) {
    if (batch == 0 || channels == 0) return;
    if (!backend.needs_fourier_scratch()) {
      body(0, batch, TensorView());
      return;
    }
    const std::int64_t bytes = layout.mmax * grid.nlat() * channels * 2 * kernels::size_of(dtype);
    const std::int64_t chunk = detail::batch_chunk(batch, bytes);
    const TensorView all =
        detail::reserve(fourier, backend, dtype, chunk, layout.mmax, grid.nlat(), channels);
    for (std::int64_t begin = 0; begin < batch; begin += chunk) {
      const std::int64_t count = std::min(chunk, batch - begin);
      body(begin, count, all.slice(0, 0, count));
    }
  }

  Backend& backend;
  Grid grid;
  SpectralLayout layout;
  DType dtype;
  std::unique_ptr<kernels::FftPlan> fft;
  std::unique_ptr<kernels::LegendrePlan> legendre;
  Tensor fourier;
};

Sht::Sht(Backend& backend, const Grid& grid, std::int64_t lmax, std::int64_t mmax, DType dtype) {
  detail::validate_truncation(grid, lmax, mmax);
  impl_ = std::make_unique<Impl>(backend, grid, SpectralLayout{lmax, mmax}, dtype);
}

Sht::~Sht() = default;
Sht::Sht(Sht&&) noexcept = default;

const Grid& Sht::grid() const {
  return impl_->grid;
}
const SpectralLayout& Sht::layout() const {
  return impl_->layout;
}
DType Sht::dtype() const {
  return impl_->dtype;
}

void Sht::analysis(TensorView coefficients, ConstTensorView grid) {
  impl_->to_coefficients(coefficients, grid, detail::analysis_scale(impl_->grid),
                         RowWeights::quadrature);
}

void Sht::synthesis(TensorView grid, ConstTensorView coefficients) {
  impl_->to_grid(grid, coefficients, detail::synthesis_scale(), RowWeights::none);
}

void Sht::analysis_adjoint(TensorView grad_grid, ConstTensorView grad_coefficients) {
  impl_->to_grid(grad_grid, grad_coefficients, detail::analysis_scale(impl_->grid),
                 RowWeights::quadrature);
}

void Sht::synthesis_adjoint(TensorView grad_coefficients, ConstTensorView grad_grid) {
  impl_->to_coefficients(grad_coefficients, grad_grid, detail::synthesis_scale(), RowWeights::none);
}

std::int64_t Sht::exact_lmax(const Grid& grid) {
  switch (grid.type()) {
    case GridType::legendre_gauss:
      return grid.nlat();
    case GridType::lobatto:
      return grid.nlat() - 1;
    case GridType::equiangular:
      break;
  }
  return (grid.nlat() + 1) / 2;
}

}  // namespace myriad
