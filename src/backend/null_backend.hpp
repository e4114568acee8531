#pragma once
/// \file
/// Backend that does nothing, to find out what a computation would do and need (src/backend/counting_backend.hpp).

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

/// Its memory is address space that must not be touched: networks larger than the machine can be walked through. Reductions
/// and copies to the host give zeros.
std::shared_ptr<kernels::Backend> make_null_backend();

}  // namespace myriad
