#pragma once
/// \file
/// 1x1 convolution of fields that are given by their coefficients: one real channel matrix for all
/// coefficients.
///
/// A matrix between channels commutes with transforms, which act on each channel alone: S(R c) = R
/// S(c). There are fewer coefficients than points.
///
/// Shapes: in [batch, lm, i, 2], out [batch, lm, o, 2], weight [o, i] as of conv1x1.
///   spectral_conv1x1                 out[b, lm, o] = sum_i weight[o, i] in[b, lm, i], re and im
///   each spectral_conv1x1_adjoint_input   grad_in[b, lm, i] (+)= sum_o weight[o, i] grad_out[b,
///   lm, o] spectral_conv1x1_adjoint_weight  grad_weight[o, i] (+)= sum over b, lm, re and im of
///   grad_out[b, lm, o] in[b, lm, i]
/// Determinism: an output row depends on its own input row only, bit for bit; weight gradients add
/// the samples in increasing batch order. Cost: 4 flops per (batch, lm, i, o), half of a complex
/// filter's. Source: sfno.md 3.10, exact saving 2.

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void spectral_conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight);
void spectral_conv1x1_adjoint_input(Scratch& scratch, TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update);
void spectral_conv1x1_adjoint_weight(Scratch& scratch, TensorView grad_weight,
                                     ConstTensorView grad_out, ConstTensorView in, Update update);
}  // namespace kokkos

namespace reference {
void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight);
void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update);
void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                     ConstTensorView in, Update update);
}  // namespace reference

}  // namespace myriad::kernels
