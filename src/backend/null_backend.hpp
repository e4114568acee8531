#pragma once
/// \file
/// Backend that does nothing, to find out what a computation would do and need (src/backend/counting_backend.hpp).

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

/// Its memory is addresses that nothing lies at: networks larger than the machine can be walked through, and a touch ends the
/// program. Takes every dtype; callers hold the scratch that they hold for \p like (without it: as on hosts). Reductions and copies
/// to the host give zeros.
std::shared_ptr<kernels::Backend> make_null_backend(std::shared_ptr<const kernels::Backend> like = nullptr);

}  // namespace myriad
