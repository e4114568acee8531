#include "kernels/fft.hpp"
#include "kernels/legendre.hpp"
#include "kernels/sht.hpp"

namespace myriad::kernels::kokkos {

void sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                  ConstTensorView grid, FourierScale scale, RowWeights weights,
                  TensorView fourier) {
  fft_forward(fft, fourier, grid, scale);
  legendre_analysis(legendre, coefficients, fourier, weights);
}

void sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                   ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                   TensorView fourier) {
  legendre_synthesis(legendre, fourier, coefficients, weights);
  fft_inverse(fft, grid, fourier, scale);
}

}  // namespace myriad::kernels::kokkos
