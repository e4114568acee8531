#pragma once
/// \file
/// Portable backend: Kokkos' default host space, with FFT and BLAS providers under it.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

/// Initialises Kokkos on first use (it is finalised when the program exits, unless somebody else
/// initialised it) and pins OpenBLAS to one thread. \p threads and errors: as make_backend() (registry.hpp).
std::shared_ptr<kernels::Backend> make_kokkos_backend(int threads);

}  // namespace myriad
