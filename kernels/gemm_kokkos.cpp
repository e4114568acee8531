#include "kernels/gemm.hpp"

#include "kernels/contract.hpp"

namespace myriad::kernels::kokkos {
namespace {
GemmProvider g_provider = GemmProvider::blocked;
}

const char* default_gemm_provider() {
  return "blocked";
}

bool openblas_available() {
#ifdef MYRIAD_HAVE_OPENBLAS
  return true;
#else
  return false;
#endif
}

void set_gemm_provider(GemmProvider provider) {
  MYRIAD_KERNEL_EXPECT(provider != GemmProvider::openblas || openblas_available());
  g_provider = provider;
}

GemmProvider gemm_provider() {
  return g_provider;
}

}  // namespace myriad::kernels::kokkos
