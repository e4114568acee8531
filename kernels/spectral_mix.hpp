#pragma once
/// \file
/// Spectral filter: one complex channel matrix per degree, the same for all orders of the degree.
///
/// Shapes: in [batch, lm, i, 2], out [batch, lm, o, 2], weight [l, i, o, 2]; lm packed as in
/// SpectralLayout. With w = weight[l]:
///   spectral_mix                 out[b, lm, o]     = sum_i in[b, lm, i] w[i, o]
///   spectral_mix_adjoint_input   grad_in[b, lm, i] = sum_o grad_out[b, lm, o] conj(w[i, o])
///   spectral_mix_adjoint_weight  grad_w[l, i, o] (+)= sum_b sum_m conj(in[b, lm, i]) grad_out[b,
///   lm, o]
/// Determinism: an output row depends on its own input row only, bit for bit; weight gradients add
/// rows in the order (batch, m). Cost: 8 flops per (batch, lm, i, o). Source: Bonev et al. 2023
/// (spherical Fourier neural operators), sfno.md 3.3 step 3.

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void spectral_mix(Scratch& scratch, const SpectralLayout& layout, TensorView out,
                  ConstTensorView in, ConstTensorView weight);
void spectral_mix_adjoint_input(Scratch& scratch, const SpectralLayout& layout, TensorView grad_in,
                                ConstTensorView grad_out, ConstTensorView weight);
void spectral_mix_adjoint_weight(Scratch& scratch, const SpectralLayout& layout,
                                 TensorView grad_weight, ConstTensorView in,
                                 ConstTensorView grad_out, Update update);
}  // namespace kokkos

namespace reference {
void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                  ConstTensorView weight);
void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                ConstTensorView grad_out, ConstTensorView weight);
void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                 ConstTensorView in, ConstTensorView grad_out, Update update);
}  // namespace reference

}  // namespace myriad::kernels
