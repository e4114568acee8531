#include <memory>

#include "kernels/fft.hpp"
#include "kernels/fft_providers.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels {

bool fftw_available() {
#ifdef MYRIAD_HAVE_FFTW
  return true;
#else
  return false;
#endif
}

const char* default_fft_provider() {
  return "lanes";
}

namespace kokkos {

std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec, FftProvider provider) {
  detail::expect_valid(spec);
  if (provider == FftProvider::fftw) {
    MYRIAD_KERNEL_EXPECT(fftw_available());
    return detail::make_fftw_plan(spec);
  }
  return detail::make_lane_fft_plan(spec);
}

void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid,
                 FourierScale scale) {
  detail::expect_shapes(plan.spec(), fourier, grid);
  static_cast<const detail::RunnableFftPlan&>(plan).forward(fourier, grid, scale);
}

void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier,
                 FourierScale scale) {
  detail::expect_shapes(plan.spec(), fourier, grid);
  static_cast<const detail::RunnableFftPlan&>(plan).inverse(grid, fourier, scale);
}

}  // namespace kokkos
}  // namespace myriad::kernels
