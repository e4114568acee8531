#pragma once
/// \file
/// Configuration of `myriad daily`.

#include "src/base/schema.hpp"

namespace myriad::pipelines {

Schema daily_schema();

}  // namespace myriad::pipelines
