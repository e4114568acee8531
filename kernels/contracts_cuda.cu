// The op interface as device code sees it: every public header of kernels/ must compile under nvcc, and its layout rules must
// be usable in a kernel.
#include "kernels/backend.hpp"
#include "kernels/spectral_layout.hpp"
#include "kernels/tensor.hpp"

namespace myriad::kernels {

namespace {

/// Positions of the packed triangle, evaluated on the device at compile time and at run time.
__global__ void fill_layout(SpectralLayout layout, std::int64_t* positions) {
  const std::int64_t m = blockIdx.x;
  for (std::int64_t l = m + threadIdx.x; l < layout.lmax; l += blockDim.x) {
    positions[layout.index(l, m)] = l * layout.mmax + m;
  }
}

static_assert(SpectralLayout{3, 3}.size() == 6);
static_assert(SpectralLayout{3, 3}.index(2, 1) == 4);
static_assert(size_of(DType::f64) == 8);
static_assert(std::is_trivially_copyable_v<TensorView>, "views are passed to kernels by value");
static_assert(std::is_trivially_copyable_v<RandomStream> && std::is_trivially_copyable_v<AdamwStep>);

}  // namespace

}  // namespace myriad::kernels

/// Keeps the kernel above in the object file.
extern "C" void myriad_cuda_layout(std::int64_t lmax, std::int64_t* positions) {
  const myriad::kernels::SpectralLayout layout{lmax, lmax};
  myriad::kernels::fill_layout<<<static_cast<unsigned>(lmax), 128>>>(layout, positions);
}
