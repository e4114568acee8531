#pragma once
/// \file
/// `myriad version`: what this program was built from.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb version_verb();

}  // namespace myriad::pipelines
