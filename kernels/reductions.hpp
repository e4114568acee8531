#pragma once
/// \file
/// Fixed-order reductions: terms and sums in fp64, the same tree for every thread count.
///
/// Shapes as in Backend; searches for the first point of a row are exact. Rows (or blocks of 4096 elements) are summed in 32 lanes, lanes and rows
/// pairwise.

#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void weighted_squared_error(Scratch& scratch, TensorView out, ConstTensorView a, ConstTensorView b,
                            ConstTensorView row_weight);
void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient,
                                    Update update);
double sum_of_squares(Scratch& scratch, ConstTensorView in);
std::int64_t count_nonfinite(Scratch& scratch, ConstTensorView in);
void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high);
}  // namespace kokkos

namespace reference {
void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                            ConstTensorView row_weight);
void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient,
                                    Update update);
double sum_of_squares(ConstTensorView in);
std::int64_t count_nonfinite(ConstTensorView in);
void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high);
}  // namespace reference

}  // namespace myriad::kernels
