#pragma once
/// \file
/// Configuration of `myriad verify`.

#include "src/base/schema.hpp"

namespace myriad::pipelines {

Schema verify_schema();

}  // namespace myriad::pipelines
