#pragma once
/// \file
/// The backend a configuration asks for.

#include <memory>

#include "kernels/backend.hpp"
#include "src/base/config.hpp"

namespace myriad::pipelines {

/// The backend of the keys `device` and `backend`. Never falls back to another device.
/// Errors: ErrorKind::unavailable (E2607) for a device this build does not have.
std::shared_ptr<kernels::Backend> make_configured_backend(const Config& config);

}  // namespace myriad::pipelines
