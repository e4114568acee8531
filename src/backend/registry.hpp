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
/// Errors: ErrorKind::config_invalid for an unknown name, ErrorKind::unavailable for one not built in.
std::shared_ptr<kernels::Backend> make_backend(std::string_view name);

/// Names that make_backend accepts in this build.
std::vector<std::string> backend_names();

}  // namespace myriad
