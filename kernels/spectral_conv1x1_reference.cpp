#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"
#include "kernels/spectral_conv1x1.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::check_coefficient_matrix;

void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) {
  const std::int64_t ni = in.dim(2), no = out.dim(2);
  check_coefficient_matrix(in, out, weight);
  for (std::int64_t b = 0; b < in.dim(0); ++b) {
    for (std::int64_t row = 0; row < in.dim(1); ++row) {
      for (std::int64_t o = 0; o < no; ++o) {
        for (std::int64_t part = 0; part < 2; ++part) {
          double sum = 0.0;
          for (std::int64_t i = 0; i < ni; ++i) {
            sum += get(weight, o * weight.step(0) + i) *
                   get(in, b * in.step(0) + (row * ni + i) * 2 + part);
          }
          put(out, b * out.step(0) + (row * no + o) * 2 + part, sum);
        }
      }
    }
  }
}

void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update) {
  const std::int64_t ni = grad_in.dim(2), no = grad_out.dim(2);
  check_coefficient_matrix(grad_in, grad_out, weight);
  for (std::int64_t b = 0; b < grad_in.dim(0); ++b) {
    for (std::int64_t row = 0; row < grad_in.dim(1); ++row) {
      for (std::int64_t i = 0; i < ni; ++i) {
        for (std::int64_t part = 0; part < 2; ++part) {
          double sum = 0.0;
          for (std::int64_t o = 0; o < no; ++o) {
            sum += get(weight, o * weight.step(0) + i) *
                   get(grad_out, b * grad_out.step(0) + (row * no + o) * 2 + part);
          }
          const std::int64_t at = b * grad_in.step(0) + (row * ni + i) * 2 + part;
          update == Update::overwrite ? put(grad_in, at, sum) : add(grad_in, at, sum);
        }
      }
    }
  }
}

void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                     ConstTensorView in, Update update) {
  const std::int64_t ni = in.dim(2), no = grad_out.dim(2);
  check_coefficient_matrix(in, grad_out, grad_weight);
  for (std::int64_t o = 0; o < no; ++o) {
    for (std::int64_t i = 0; i < ni; ++i) {
      double sum = 0.0;
      for (std::int64_t b = 0; b < in.dim(0); ++b) {
        for (std::int64_t row = 0; row < in.dim(1); ++row) {
          for (std::int64_t part = 0; part < 2; ++part) {
            sum += get(grad_out, b * grad_out.step(0) + (row * no + o) * 2 + part) *
                   get(in, b * in.step(0) + (row * ni + i) * 2 + part);
          }
        }
      }
      const std::int64_t at = o * grad_weight.step(0) + i;
      update == Update::overwrite ? put(grad_weight, at, sum) : add(grad_weight, at, sum);
    }
  }
}

}  // namespace myriad::kernels::reference
