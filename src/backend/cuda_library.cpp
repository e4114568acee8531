#include "src/backend/cuda_library.hpp"

#include <dlfcn.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "kernels/cuda_backend.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

constexpr const char* k_library = "libmyriad_cuda.so";

/// Number of this process on its node, from the launcher; 0 for a process alone.
int local_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"}) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    int rank = 0;
    const char* end = text + std::strlen(text);
    if (std::from_chars(text, end, rank).ptr == end && rank >= 0) return rank;
  }
  return 0;
}

}  // namespace

std::shared_ptr<kernels::Backend> make_cuda_backend(int threads) {
  MYRIAD_VALIDATE(threads <= 1, ErrorKind::unavailable, "E2282",
                  "{} threads are not available (a process drives its GPU with one) use threads: 1",
                  threads);
  // Found by the run path of the program; never unloaded, since CUDA cleans up when the process ends.
  void* const library = ::dlopen(k_library, RTLD_NOW | RTLD_LOCAL);
  MYRIAD_VALIDATE(library != nullptr, ErrorKind::unavailable, "E2281",
                  "backend 'cuda' is not available ({}) build with nvcc, install CUDA's libraries, or "
                  "use --device cpu",
                  ::dlerror());
  auto* const make = reinterpret_cast<MyriadMakeCudaBackend*>(::dlsym(library, "myriad_make_cuda_backend"));
  MYRIAD_VALIDATE(make != nullptr, ErrorKind::unavailable, "E2281",
                  "backend 'cuda' is not available ({} is of another version) install the one that belongs "
                  "to this program",
                  k_library);
  const char* why = "unknown";
  std::shared_ptr<kernels::Backend> backend(make(local_rank(), &why));
  MYRIAD_VALIDATE(backend != nullptr, ErrorKind::unavailable, "E2283",
                  "no GPU can be used ({}) check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu",
                  why);
  return backend;
}

}  // namespace myriad
