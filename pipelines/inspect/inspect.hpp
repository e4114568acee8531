#pragma once
/// \file
/// `myriad inspect`: verify a checkpoint and print what it says about itself.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb inspect_verb();

}  // namespace myriad::pipelines
