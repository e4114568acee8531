#pragma once
/// \file
/// `myriad exit-codes`: what the exit code says to an orchestrator.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb exit_codes_verb();

}  // namespace myriad::pipelines
