#pragma once
/// \file
/// Gaussian error linear unit, exact form: gelu(x) = x Phi(x), gelu'(x) = Phi(x) + x phi(x).
///
/// Elementwise; in place allowed. fp64 uses std::erf, fp32 the approximations of
/// kernels/vector_math.hpp. Source: Hendrycks and Gimpel 2016.

#include "kernels/backend.hpp"

namespace myriad::kernels {

namespace kokkos {
void gelu(TensorView out, ConstTensorView in);
void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in);
}  // namespace kokkos

namespace reference {
void gelu(TensorView out, ConstTensorView in);
void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in);
/// The functions themselves, in fp64.
double gelu_value(double x);
double gelu_slope(double x);
}  // namespace reference

}  // namespace myriad::kernels
