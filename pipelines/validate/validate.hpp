#pragma once
/// \file
/// `myriad validate`: prove that what a run has published is whole.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb validate_verb();

}  // namespace myriad::pipelines
