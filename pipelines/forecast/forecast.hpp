#pragma once
/// \file
/// `myriad forecast`: run an ensemble forecast.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb forecast_verb();

}  // namespace myriad::pipelines
