#pragma once
/// \file
/// Adjusted mean squared error: a squared error that does not reward blurring.

#include <cstdint>
#include <span>

#include "kernels/spectral_layout.hpp"

namespace myriad::train {

/// Loss of one field pair and its gradient, from orthonormal coefficients.
///
///   AMSE = (1 / 4 pi) sum_l [ (a_l - b_l)^2 + (max(a_l, b_l)^2 / (a_l b_l)) (D_l - (a_l - b_l)^2) ]
///
/// with a_l^2, b_l^2 the power of prediction and truth in degree l and D_l the power of their difference. It equals the
/// area mean of the squared error where both have the same power; the plain squared error is smallest for a prediction
/// with too little power when phases are uncertain (the double penalty), this one is not.
///
/// *Shapes* coefficients of one sample [lm, channel, 2], row-major. `loss` [channel] receives the values, `gradient` (same
/// shape as the coefficients; may be empty) the derivative of sum_c weight[c] loss[c] with respect to the real and imaginary
/// parts of the prediction. *Determinism* fixed order. *Cost* one pass, host.
/// *Source* Subich, Husain, Separovic, Yang 2025, "Fixing the double penalty in data-driven weather forecasting through a
/// modified spherical harmonic loss function", eq. 6.
void adjusted_mse(const kernels::SpectralLayout& layout, std::int64_t channels, std::span<const double> prediction,
                  std::span<const double> truth, std::span<const double> weight, std::span<double> loss,
                  std::span<double> gradient);

}  // namespace myriad::train
