#include <algorithm>

#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"
#include "kernels/spectral_mix.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;

void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                  ConstTensorView weight) {
  const std::int64_t ni = in.dim(2), no = out.dim(2);
  MYRIAD_KERNEL_EXPECT(in.dim(1) == layout.size() && weight.dim(0) == layout.lmax);
  MYRIAD_KERNEL_EXPECT(weight.dim(1) == ni && weight.dim(2) == no);
  for (std::int64_t b = 0; b < in.dim(0); ++b) {
    for (std::int64_t l = 0; l < layout.lmax; ++l) {
      for (std::int64_t m = 0; m < layout.orders_of_degree(l); ++m) {
        const std::int64_t row = layout.index(l, m);
        for (std::int64_t o = 0; o < no; ++o) {
          double re = 0.0, im = 0.0;
          for (std::int64_t i = 0; i < ni; ++i) {
            const std::int64_t x = b * in.step(0) + (row * ni + i) * 2;
            const std::int64_t w = ((l * ni + i) * no + o) * 2;
            re += get(in, x) * get(weight, w) - get(in, x + 1) * get(weight, w + 1);
            im += get(in, x) * get(weight, w + 1) + get(in, x + 1) * get(weight, w);
          }
          const std::int64_t y = b * out.step(0) + (row * no + o) * 2;
          put(out, y, re);
          put(out, y + 1, im);
        }
      }
    }
  }
}

void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                ConstTensorView grad_out, ConstTensorView weight) {
  const std::int64_t ni = grad_in.dim(2), no = grad_out.dim(2);
  MYRIAD_KERNEL_EXPECT(grad_in.dim(1) == layout.size() && weight.dim(0) == layout.lmax);
  MYRIAD_KERNEL_EXPECT(weight.dim(1) == ni && weight.dim(2) == no);
  for (std::int64_t b = 0; b < grad_in.dim(0); ++b) {
    for (std::int64_t l = 0; l < layout.lmax; ++l) {
      for (std::int64_t m = 0; m < layout.orders_of_degree(l); ++m) {
        const std::int64_t row = layout.index(l, m);
        for (std::int64_t i = 0; i < ni; ++i) {
          double re = 0.0, im = 0.0;
          for (std::int64_t o = 0; o < no; ++o) {
            const std::int64_t g = b * grad_out.step(0) + (row * no + o) * 2;
            const std::int64_t w = ((l * ni + i) * no + o) * 2;
            re += get(grad_out, g) * get(weight, w) + get(grad_out, g + 1) * get(weight, w + 1);
            im += get(grad_out, g + 1) * get(weight, w) - get(grad_out, g) * get(weight, w + 1);
          }
          const std::int64_t x = b * grad_in.step(0) + (row * ni + i) * 2;
          put(grad_in, x, re);
          put(grad_in, x + 1, im);
        }
      }
    }
  }
}

void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                 ConstTensorView in, ConstTensorView grad_out, Update update) {
  const std::int64_t ni = in.dim(2), no = grad_out.dim(2);
  MYRIAD_KERNEL_EXPECT(in.dim(1) == layout.size() && grad_weight.dim(0) == layout.lmax);
  MYRIAD_KERNEL_EXPECT(grad_weight.dim(1) == ni && grad_weight.dim(2) == no);
  for (std::int64_t l = 0; l < layout.lmax; ++l) {
    for (std::int64_t i = 0; i < ni; ++i) {
      for (std::int64_t o = 0; o < no; ++o) {
        double re = 0.0, im = 0.0;
        for (std::int64_t b = 0; b < in.dim(0); ++b) {
          for (std::int64_t m = 0; m < layout.orders_of_degree(l); ++m) {
            const std::int64_t row = layout.index(l, m);
            const std::int64_t x = b * in.step(0) + (row * ni + i) * 2;
            const std::int64_t g = b * grad_out.step(0) + (row * no + o) * 2;
            re += get(in, x) * get(grad_out, g) + get(in, x + 1) * get(grad_out, g + 1);
            im += get(in, x) * get(grad_out, g + 1) - get(in, x + 1) * get(grad_out, g);
          }
        }
        const std::int64_t w = ((l * ni + i) * no + o) * 2;
        if (update == Update::overwrite) {
          put(grad_weight, w, re);
          put(grad_weight, w + 1, im);
        } else {
          add(grad_weight, w, re);
          add(grad_weight, w + 1, im);
        }
      }
    }
  }
}

}  // namespace myriad::kernels::reference
