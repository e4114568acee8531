#pragma once
/// \file
/// FFT plans of the kokkos backend. Private to kernels/.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad::kernels::detail {

/// A plan that knows how to run itself; shapes are checked by the caller.
class RunnableFftPlan : public FftPlan {
 public:
  virtual void forward(TensorView fourier, ConstTensorView grid, FourierScale scale) const = 0;
  virtual void inverse(TensorView grid, ConstTensorView fourier, FourierScale scale) const = 0;

 protected:
  using FftPlan::FftPlan;
};

std::unique_ptr<RunnableFftPlan> make_lane_fft_plan(const FftSpec& spec);
/// Null when FFTW is not built in.
std::unique_ptr<RunnableFftPlan> make_fftw_plan(const FftSpec& spec);

}  // namespace myriad::kernels::detail
