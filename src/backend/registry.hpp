#pragma once
/// \file
/// Backends by name.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad {

/// Make the backend \p name ("kokkos", "reference", "cuda").
///
/// Initialises Kokkos on first use and pins OpenBLAS to one thread (docs/adr/0002).
/// \param threads host threads of the ops; 0 leaves the choice to the run-time (OMP_NUM_THREADS). Set once per process.
/// Errors: ErrorKind::config_invalid for an unknown name; ErrorKind::unavailable for what make_cuda_backend() misses, for a number
/// of threads that this build cannot have, and for another number than the process already uses (E2282).
std::shared_ptr<kernels::Backend> make_backend(std::string_view name, int threads = 0);

using MakeBackend = std::shared_ptr<kernels::Backend> (*)(int threads);

/// Let make_backend make one more backend; called before threads start. A programmer error if the name is taken.
void add_backend(const char* name, MakeBackend make);

/// Names of the backends of this process: those on the host, and those added.
std::vector<std::string> backend_names();

}  // namespace myriad
