#pragma once
/// \file
/// Fused spherical harmonic transforms of the kokkos backend (contract: Backend::sht_analysis,
/// Backend::sht_synthesis).

#include "kernels/backend.hpp"

namespace myriad::kernels::kokkos {

/// Same bits as legendre_analysis(fft_forward(grid)).
void sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                  ConstTensorView grid, FourierScale scale, RowWeights weights, TensorView fourier);
/// Same bits as fft_inverse(legendre_synthesis(coefficients)).
void sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                   ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                   TensorView fourier);

}  // namespace myriad::kernels::kokkos
