#include "kernels/backend.hpp"

namespace myriad::kernels {

namespace {

/// A copy that was made at once.
class FinishedCopy final : public PendingCopy {
 public:
  void wait() override {}
};

}  // namespace

std::unique_ptr<PendingCopy> Backend::begin_copy_to_host(void* host, const void* device, std::int64_t bytes) {
  copy_to_host(host, device, bytes);
  return std::make_unique<FinishedCopy>();
}

void Backend::sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                           ConstTensorView grid, FourierScale scale, RowWeights weights, TensorView fourier) {
  fft_forward(fft, fourier, grid, scale);
  legendre_analysis(legendre, coefficients, fourier, weights);
}

void Backend::sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                            ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                            TensorView fourier) {
  legendre_synthesis(legendre, fourier, coefficients, weights);
  fft_inverse(fft, grid, fourier, scale);
}

void Backend::begin_stage(const char* /*name*/) {}
void Backend::end_stage() {}

}  // namespace myriad::kernels
