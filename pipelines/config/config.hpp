#pragma once
/// \file
/// `myriad config`: show, describe and start configurations.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb config_verb();

}  // namespace myriad::pipelines
