#pragma once
/// \file
/// Elementwise linear combinations, per-channel affine maps, bounds and rounding, strided and
/// converting copies.
///
/// Shapes and aliasing as in Backend. All are memory-bound; each element is a pure function of its
/// inputs.

#include "kernels/backend.hpp"

namespace myriad::kernels {

namespace kokkos {
void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y);
void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                    ConstTensorView shift, Update update);
void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower);
void copy(TensorView out, ConstTensorView in);
void bitround(TensorView out, ConstTensorView in, ConstTensorView bits);
void fill(TensorView out, double value);
}  // namespace kokkos

namespace reference {
void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y);
void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                    ConstTensorView shift, Update update);
void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower);
void copy(TensorView out, ConstTensorView in);
void bitround(TensorView out, ConstTensorView in, ConstTensorView bits);
void fill(TensorView out, double value);
}  // namespace reference

}  // namespace myriad::kernels
