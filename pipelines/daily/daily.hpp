#pragma once
/// \file
/// `myriad daily`: everything that is due for one cycle of a suite.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb daily_verb();

}  // namespace myriad::pipelines
