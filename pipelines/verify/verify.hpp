#pragma once
/// \file
/// `myriad verify`: score ensemble forecasts and write the report.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb verify_verb();

}  // namespace myriad::pipelines
