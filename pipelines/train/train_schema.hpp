#pragma once
/// \file
/// Configuration of `myriad train`.

#include "src/base/schema.hpp"

namespace myriad::pipelines {

Schema train_schema();

}  // namespace myriad::pipelines
