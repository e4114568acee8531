#pragma once
/// \file
/// Backend of plain loops in fp64: the truth that other backends are tested against.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

std::shared_ptr<kernels::Backend> make_reference_backend();

}  // namespace myriad
