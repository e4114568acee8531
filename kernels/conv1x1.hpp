#pragma once
/// \file
/// 1x1 convolution: the same matrix product at every grid point.
///
/// Shapes: in [batch, i, point...], out [batch, o, point...], weight [o, i], bias [o] or empty.
///   conv1x1                 out (+)= activation(weight in + bias)
///   conv1x1_adjoint_input   grad_in (+)= weight^T grad_out
///   conv1x1_adjoint_weight  grad_weight (+)= sum_batch grad_out in^T, grad_bias (+)= sum_batch
///   sum_point grad_out
/// Determinism: a sample's bits depend on its own input only and not on memory alignment; weight
/// gradients add the samples in increasing batch order. Cost: 2 flops per (batch, o, i, point).

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
             ConstTensorView bias, Activation activation, Update update);
void conv1x1_adjoint_input(Scratch& scratch, TensorView grad_in, ConstTensorView grad_out,
                           ConstTensorView weight, Update update);
void conv1x1_adjoint_weight(Scratch& scratch, TensorView grad_weight, TensorView grad_bias,
                            ConstTensorView grad_out, ConstTensorView in, Update update);
}  // namespace kokkos

namespace reference {
void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
             Activation activation, Update update);
void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                           Update update);
void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                            ConstTensorView in, Update update);
}  // namespace reference

}  // namespace myriad::kernels
