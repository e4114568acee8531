#pragma once
/// \file
/// The backend a configuration asks for.

#include <memory>

#include "kernels/backend.hpp"
#include "src/base/config.hpp"

namespace myriad::pipelines {

/// The backend of the keys `device`, `threads` and `backend`. Never falls back to another device or
/// number of threads. Errors: E2607 for a backend that does not run on the device; ErrorKind::unavailable for a device (E2281, E2283) or a number of threads
/// (E2282) that this build does not have.
std::shared_ptr<kernels::Backend> make_configured_backend(const Config& config);

}  // namespace myriad::pipelines
