#include "kernels/conv1x1.hpp"
#include "kernels/gelu.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::point_shape;

void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
             Activation activation, Update update) {
  const auto x = point_shape(in);
  const auto y = point_shape(out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(weight.size() == x.channels * y.channels);
  MYRIAD_KERNEL_EXPECT(weight.dense_from(size_of(weight.dtype) == 2 ? 1 : 0));
  const std::int64_t weight_row = weight.rank == 2 ? weight.step(0) : x.channels;
  MYRIAD_KERNEL_EXPECT(bias.empty() || is_vector(bias, y.channels));
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t o = 0; o < y.channels; ++o) {
      for (std::int64_t p = 0; p < x.points; ++p) {
        double sum = 0.0;
        for (std::int64_t i = 0; i < x.channels; ++i) {
          sum += get(weight, o * weight_row + i) * get(in, b * in.step(0) + i * in.step(1) + p);
        }
        if (!bias.empty()) sum += get(bias, o);
        if (activation == Activation::gelu) sum = gelu_value(sum);
        const std::int64_t at = b * out.step(0) + o * out.step(1) + p;
        update == Update::overwrite ? put(out, at, sum) : add(out, at, sum);
      }
    }
  }
}

void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                           Update update) {
  const auto x = channel_shape(grad_in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels));
  for (std::int64_t b = 0; b < x.batch; ++b) {
    for (std::int64_t i = 0; i < x.channels; ++i) {
      for (std::int64_t p = 0; p < x.points; ++p) {
        double sum = 0.0;
        for (std::int64_t o = 0; o < y.channels; ++o) {
          sum += get(weight, o * x.channels + i) *
                 get(grad_out, b * grad_out.step(0) + o * x.points + p);
        }
        const std::int64_t at = b * grad_in.step(0) + i * x.points + p;
        update == Update::overwrite ? put(grad_in, at, sum) : add(grad_in, at, sum);
      }
    }
  }
}

void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                            ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(grad_weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_bias.empty() || is_vector(grad_bias, y.channels));
  for (std::int64_t o = 0; o < y.channels; ++o) {
    for (std::int64_t i = 0; i < x.channels; ++i) {
      double sum = 0.0;
      for (std::int64_t b = 0; b < x.batch; ++b) {
        for (std::int64_t p = 0; p < x.points; ++p) {
          sum += get(grad_out, b * grad_out.step(0) + o * x.points + p) *
                 get(in, b * in.step(0) + i * x.points + p);
        }
      }
      const std::int64_t at = o * x.channels + i;
      update == Update::overwrite ? put(grad_weight, at, sum) : add(grad_weight, at, sum);
    }
    if (grad_bias.empty()) continue;
    double sum = 0.0;
    for (std::int64_t b = 0; b < x.batch; ++b) {
      for (std::int64_t p = 0; p < x.points; ++p)
        sum += get(grad_out, b * grad_out.step(0) + o * x.points + p);
    }
    update == Update::overwrite ? put(grad_bias, o, sum) : add(grad_bias, o, sum);
  }
}

}  // namespace myriad::kernels::reference
