#pragma once
/// \file
/// Almost-fair CRPS of an ensemble and its gradient.
///
/// At a point, with members x_1..x_M and truth y: A = mean_i |x_i - y|, B = sum_{i<j} |x_i - x_j|,
///   crps = A - coefficient B,  coefficient = alpha / (M (M-1)) + (1-alpha) / M^2   (alpha 1 fair,
///   0 biased; M = 1: A)
/// Shapes: members [member, group, channel, lat, lon] (strides of member and group free), truth
/// [group, channel, lat, lon] (stride of group free), row_weight f64 [lat], out and coefficient f64
/// [group, channel].
///   out = sum_lat row_weight[lat] mean_lon crps
/// A NaN in members or truth gives NaN. Source: Zamo and Naveau 2018; Lang et al. 2024 (arXiv
/// 2412.15832).

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

/// Factor of the member distances.
constexpr double crps_pair_coefficient(std::int64_t members, double alpha) {
  const double m = static_cast<double>(members);
  return members < 2 ? 0.0 : alpha / (m * (m - 1.0)) + (1.0 - alpha) / (m * m);
}

namespace kokkos {
void crps(Scratch& scratch, TensorView out, ConstTensorView members, ConstTensorView truth,
          ConstTensorView row_weight, double alpha);
void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                  Update update);
}  // namespace kokkos

namespace reference {
void crps(TensorView out, ConstTensorView members, ConstTensorView truth,
          ConstTensorView row_weight, double alpha);
void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                  Update update);
}  // namespace reference

}  // namespace myriad::kernels
