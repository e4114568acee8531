#pragma once
/// \file
/// Backend of plain loops in fp64: the truth that other backends are tested against.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

/// \p threads and errors: as make_backend() (registry.hpp); it has one thread.
std::shared_ptr<kernels::Backend> make_reference_backend(int threads);

}  // namespace myriad
