#pragma once
/// \file
/// Distributed training methods as configurations.

#include "src/base/config.hpp"
#include "training/method.hpp"

namespace myriad::train {

/// Adds the keys of a method, with their ranges (optimizers.md 17.5), to \p section.
void add_method_keys(Schema& section);
/// The schema of the files in configs/training/.
Schema method_schema();
/// Reads what add_method_keys() declares.
MethodConfig read_method(const Config& config);

}  // namespace myriad::train
