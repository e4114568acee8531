#pragma once
/// \file
/// `myriad status`: whether runs live and how far they are.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb status_verb();

}  // namespace myriad::pipelines
