#pragma once
/// \file
/// 1x1 convolution with OpenBLAS' matrix product. Private to kernels/; contract in
/// kernels/conv1x1.hpp.
///
/// One product per sample (and tile of points), of a shape that depends on the sample's shape only:
/// OpenBLAS' bits change with the number of columns, but not with the position in a batch or the
/// alignment (tested). In a build without OpenBLAS these abort; gemm_provider() never selects them
/// there.

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels::kokkos::detail {

void openblas_conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
                      ConstTensorView bias, Activation activation, Update update);
void openblas_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update);
/// The weight's part of conv1x1_adjoint_weight.
void openblas_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                     ConstTensorView in, Update update);

}  // namespace myriad::kernels::kokkos::detail
