#pragma once
/// \file
/// Configuration of `myriad forecast`.

#include "src/base/schema.hpp"

namespace myriad::pipelines {

Schema forecast_schema();

}  // namespace myriad::pipelines
