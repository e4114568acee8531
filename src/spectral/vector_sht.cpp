#include "src/spectral/vector_sht.hpp"

#include <utility>
#include <vector>

#include "src/spectral/legendre_functions.hpp"
#include "src/spectral/transform_shape.hpp"

namespace myriad {

using kernels::FourierScale;
using kernels::RowWeights;
using kernels::SpectralLayout;
using kernels::Update;

struct VectorSht::Impl {
  Impl(Backend& be, const Grid& g, const SpectralLayout& l, DType d)
      : backend(be),
        grid(g),
        layout(l),
        dtype(d),
        fft(be.make_fft_plan({g.nlat(), g.nlon(), l.mmax, d})) {
    const VectorLegendreTables tables = vector_legendre_tables(l, detail::northern_rows(g));
    d_theta = detail::make_plan(be, g, l, d, kernels::TableParity::odd, tables.d_theta);
    m_over_sin = detail::make_plan(be, g, l, d, kernels::TableParity::even, tables.m_over_sin);
    inverse_eigenvalue =
        per_coefficient([](double eigenvalue) { return eigenvalue > 0 ? 1.0 / eigenvalue : 1.0; });
  }

  /// Tensor [lm] of f(l(l+1)).
  template <class F>
  Tensor per_coefficient(const F& f) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(layout.size()));
    for (std::int64_t m = 0; m < layout.orders(); ++m) {
      for (std::int64_t l = m; l < layout.lmax; ++l)
        values.push_back(f(static_cast<double>(l * (l + 1))));
    }
    Tensor tensor(backend, dtype, {layout.size()});
    tensor.assign(values);
    return tensor;
  }

  /// out += sign * i * in, or out = sign * i * in.
  void add_turned(TensorView out, double sign, ConstTensorView in, Update update) {
    const double keep = update == Update::accumulate ? 1.0 : 0.0;
    const TensorView out_re = out.slice(3, 0, 1);
    const TensorView out_im = out.slice(3, 1, 1);
    backend.axpby(out_re, -sign, in.slice(3, 1, 1), keep, out_re);
    backend.axpby(out_im, sign, in.slice(3, 0, 1), keep, out_im);
  }

  /// s = D a - i M b, t = -i M a - D b with D, M the analyses by dP/dtheta and m P / sin.
  void contract(TensorView s, TensorView t, ConstTensorView a, ConstTensorView b,
                FourierScale scale, RowWeights weights) {
    const TensorView f = reserve_fourier(fourier, a);
    const TensorView u = reserve_coefficients(temporary, s);
    backend.fft_forward(*fft, f, a, scale);
    backend.legendre_analysis(*d_theta, s, f, weights);
    backend.legendre_analysis(*m_over_sin, u, f, weights);
    add_turned(t, -1.0, u, Update::overwrite);
    backend.fft_forward(*fft, f, b, scale);
    backend.legendre_analysis(*d_theta, u, f, weights);
    backend.axpby(t, 1.0, t, -1.0, u);
    backend.legendre_analysis(*m_over_sin, u, f, weights);
    add_turned(s, -1.0, u, Update::accumulate);
  }

  /// a = D^T s + M^T (i t), b = M^T (i s) - D^T t.
  void expand(TensorView a, TensorView b, ConstTensorView s, ConstTensorView t, FourierScale scale,
              RowWeights weights) {
    const TensorView f = reserve_fourier(fourier, a);
    const TensorView g = reserve_fourier(second_fourier, a);
    const TensorView u = reserve_coefficients(temporary, s);
    backend.legendre_synthesis(*d_theta, f, s, weights);
    add_turned(u, 1.0, t, Update::overwrite);
    backend.legendre_synthesis(*m_over_sin, g, u, weights);
    backend.axpby(f, 1.0, f, 1.0, g);
    backend.fft_inverse(*fft, a, f, scale);
    add_turned(u, 1.0, s, Update::overwrite);
    backend.legendre_synthesis(*m_over_sin, f, u, weights);
    backend.legendre_synthesis(*d_theta, g, t, weights);
    backend.axpby(f, 1.0, f, -1.0, g);
    backend.fft_inverse(*fft, b, f, scale);
  }

  void multiply(TensorView out, ConstTensorView in, const Tensor& factor) {
    backend.channel_affine(out, in, factor, {}, Update::overwrite);
  }

  template <bool C>
  TensorView reserve_fourier(Tensor& scratch, const kernels::BasicTensorView<C>& field) {
    return detail::reserve(scratch, backend, dtype, field.dim(0), layout.mmax, grid.nlat(),
                           field.dim(1));
  }
  template <bool C>
  TensorView reserve_coefficients(Tensor& scratch, const kernels::BasicTensorView<C>& like) {
    if (scratch.empty() || scratch.dim(0) < like.dim(0) || scratch.dim(2) != like.dim(2)) {
      scratch = Tensor();
      scratch = Tensor(backend, dtype, {like.dim(0), layout.size(), like.dim(2), 2});
    }
    return static_cast<TensorView>(scratch).slice(0, 0, like.dim(0));
  }

  Backend& backend;
  Grid grid;
  SpectralLayout layout;
  DType dtype;
  std::unique_ptr<kernels::FftPlan> fft;
  std::unique_ptr<kernels::LegendrePlan> d_theta;
  std::unique_ptr<kernels::LegendrePlan> m_over_sin;
  Tensor inverse_eigenvalue;  ///< 1 / (l(l+1)), 1 for l = 0
  Tensor fourier;
  Tensor second_fourier;
  Tensor temporary;
  Tensor scaled_s;
  Tensor scaled_t;
};

VectorSht::VectorSht(Backend& backend, const Grid& grid, std::int64_t lmax, std::int64_t mmax,
                     DType dtype) {
  detail::validate_truncation(grid, lmax, mmax);
  impl_ = std::make_unique<Impl>(backend, grid, SpectralLayout{lmax, mmax}, dtype);
}

VectorSht::~VectorSht() = default;
VectorSht::VectorSht(VectorSht&&) noexcept = default;

const Grid& VectorSht::grid() const {
  return impl_->grid;
}
const SpectralLayout& VectorSht::layout() const {
  return impl_->layout;
}
DType VectorSht::dtype() const {
  return impl_->dtype;
}

void VectorSht::analysis(TensorView s, TensorView t, ConstTensorView a, ConstTensorView b) {
  impl_->contract(s, t, a, b, detail::analysis_scale(impl_->grid), RowWeights::quadrature);
  impl_->multiply(s, s, impl_->inverse_eigenvalue);
  impl_->multiply(t, t, impl_->inverse_eigenvalue);
}

void VectorSht::synthesis(TensorView a, TensorView b, ConstTensorView s, ConstTensorView t) {
  impl_->expand(a, b, s, t, detail::synthesis_scale(), RowWeights::none);
}

void VectorSht::analysis_adjoint(TensorView grad_a, TensorView grad_b, ConstTensorView grad_s,
                                 ConstTensorView grad_t) {
  const TensorView s = impl_->reserve_coefficients(impl_->scaled_s, grad_s);
  const TensorView t = impl_->reserve_coefficients(impl_->scaled_t, grad_t);
  impl_->multiply(s, grad_s, impl_->inverse_eigenvalue);
  impl_->multiply(t, grad_t, impl_->inverse_eigenvalue);
  impl_->expand(grad_a, grad_b, s, t, detail::analysis_scale(impl_->grid), RowWeights::quadrature);
}

void VectorSht::synthesis_adjoint(TensorView grad_s, TensorView grad_t, ConstTensorView grad_a,
                                  ConstTensorView grad_b) {
  impl_->contract(grad_s, grad_t, grad_a, grad_b, detail::synthesis_scale(), RowWeights::none);
}

void VectorSht::vorticity_divergence_from_wind(TensorView vorticity, TensorView divergence,
                                               ConstTensorView eastward, ConstTensorView northward,
                                               double radius) {
  MYRIAD_EXPECT(radius > 0.0);
  // (vorticity, divergence) = -l(l+1) / R (s, t); contract gives (s, t) before the division by
  // l(l+1).
  impl_->contract(vorticity, divergence, eastward, northward, detail::analysis_scale(impl_->grid),
                  RowWeights::quadrature);
  impl_->backend.axpby(vorticity, -1.0 / radius, vorticity, 0.0, {});
  impl_->backend.axpby(divergence, -1.0 / radius, divergence, 0.0, {});
}

void VectorSht::wind_from_vorticity_divergence(TensorView eastward, TensorView northward,
                                               ConstTensorView vorticity,
                                               ConstTensorView divergence, double radius) {
  MYRIAD_EXPECT(radius > 0.0);
  const TensorView s = impl_->reserve_coefficients(impl_->scaled_s, vorticity);
  const TensorView t = impl_->reserve_coefficients(impl_->scaled_t, divergence);
  impl_->multiply(s, vorticity, impl_->inverse_eigenvalue);
  impl_->multiply(t, divergence, impl_->inverse_eigenvalue);
  impl_->backend.axpby(s, -radius, s, 0.0, {});
  impl_->backend.axpby(t, -radius, t, 0.0, {});
  impl_->expand(eastward, northward, s, t, detail::synthesis_scale(), RowWeights::none);
}

}  // namespace myriad
