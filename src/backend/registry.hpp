#pragma once
/// \file
/// Backends by name.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad {

/// Make the backend \p name ("kokkos", "reference").
///
/// Initialises Kokkos on first use and pins OpenBLAS to one thread (docs/adr/0002).
/// \param threads host threads of the ops; 0 leaves the choice to the run-time (OMP_NUM_THREADS). Set once per process.
/// Errors: ErrorKind::config_invalid for an unknown name; ErrorKind::unavailable for one not built in (E2281), for a number
/// of threads that this build cannot have, and for another number than the process already uses (E2282).
std::shared_ptr<kernels::Backend> make_backend(std::string_view name, int threads = 0);

/// Names that make_backend accepts in this build.
std::vector<std::string> backend_names();

}  // namespace myriad
