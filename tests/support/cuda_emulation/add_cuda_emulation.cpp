// Programs that link this have a backend "cuda": the real kernels on an emulated device.
#include "kernels/cuda_backend.hpp"
#include "src/backend/registry.hpp"

namespace {

std::shared_ptr<myriad::kernels::Backend> make_emulated(int) {
  const char* why = nullptr;
  return std::shared_ptr<myriad::kernels::Backend>(myriad_make_cuda_backend(0, &why));
}

[[maybe_unused]] const bool added = [] {
  myriad::add_backend("cuda", make_emulated);
  return true;
}();

}  // namespace
