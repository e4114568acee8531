// Programs that link this test the real cuda backend, from its library; without a GPU their tests end with E2281 or E2283.
#include "src/backend/cuda_library.hpp"
#include "src/backend/registry.hpp"

namespace {

[[maybe_unused]] const bool added = [] {
  myriad::add_backend("cuda", myriad::make_cuda_backend);
  return true;
}();

}  // namespace
