#pragma once
/// \file
/// Instance normalisation with an optional activation.
///
/// Shapes: in, out [batch, channel, point...]; gamma, beta [channel]; stats [batch, channel, 2] =
/// (mean, rstd).
///   xhat = (in - mean) rstd,  out = activation(gamma xhat + beta),  rstd = 1 / sqrt(biased
///   variance + epsilon)
/// Adjoint, with g = grad_out activation'(gamma xhat + beta):
///   grad_in = gamma rstd (g - mean(g) - xhat mean(g xhat)),  grad_gamma += sum g xhat,  grad_beta
///   += sum g
/// The variance is taken in a second pass around the mean: a one-pass sum of squares loses the
/// digits of fields with a large mean. Determinism: fixed lanes and blocks per (batch, channel)
/// row; channel gradients add the rows in increasing batch order. Source: Ulyanov et al. 2016;
/// sfno.md 3.4.

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation);
void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon);
void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                         ConstTensorView gamma, ConstTensorView beta, Activation activation);
void instance_norm_adjoint(Scratch& scratch, TensorView grad_in, TensorView grad_gamma,
                           TensorView grad_beta, ConstTensorView grad_out, ConstTensorView in,
                           ConstTensorView stats, ConstTensorView gamma, ConstTensorView beta,
                           Activation activation);
}  // namespace kokkos

namespace reference {
void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation);
void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon);
void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                         ConstTensorView gamma, ConstTensorView beta, Activation activation);
void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                           ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                           ConstTensorView gamma, ConstTensorView beta, Activation activation);
}  // namespace reference

}  // namespace myriad::kernels
