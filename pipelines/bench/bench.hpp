#pragma once
/// \file
/// `myriad bench`: speed of the parts beside their roof and their peers.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb bench_verb();

}  // namespace myriad::pipelines
