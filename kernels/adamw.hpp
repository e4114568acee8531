#pragma once
/// \file
/// One AdamW step, in place:
///   g = gradient_scale gradient,  m = beta1 m + (1-beta1) g,  v = beta2 v + (1-beta2) g^2,
///   p = p (1 - learning_rate weight_decay) - learning_rate (m / (1-beta1^t)) / (sqrt(v /
///   (1-beta2^t)) + epsilon)
/// Dense tensors of equal size. Memory-bound: 7 passes of the parameter size.
/// Source: Loshchilov and Hutter 2019, Algorithm 2.

#include "kernels/backend.hpp"

namespace myriad::kernels {

namespace kokkos {
void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
           const AdamwStep& step);
}  // namespace kokkos

namespace reference {
void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
           const AdamwStep& step);
}  // namespace reference

}  // namespace myriad::kernels
