#include <cmath>

#include "kernels/gelu.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::get;
using detail::put;

namespace {
constexpr double k_sqrt_half = 0.70710678118654752440;
constexpr double k_inv_sqrt_2pi = 0.39894228040143267794;
}  // namespace

double gelu_value(double x) {
  return 0.5 * x * std::erfc(-x * k_sqrt_half);
}

double gelu_slope(double x) {
  return 0.5 * std::erfc(-x * k_sqrt_half) + x * k_inv_sqrt_2pi * std::exp(-0.5 * x * x);
}

void gelu(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.size() == in.size() && out.dense_from(0) && in.dense_from(0));
  for (std::int64_t k = 0; k < in.size(); ++k) put(out, k, gelu_value(get(in, k)));
}

void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(grad_in.size() == in.size() && grad_out.size() == in.size());
  MYRIAD_KERNEL_EXPECT(grad_in.dense_from(0) && grad_out.dense_from(0) && in.dense_from(0));
  for (std::int64_t k = 0; k < in.size(); ++k)
    put(grad_in, k, get(grad_out, k) * gelu_slope(get(in, k)));
}

}  // namespace myriad::kernels::reference
