#pragma once
/// \file
/// `myriad report`: make the page of one verification again, or compare two.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb report_verb();

}  // namespace myriad::pipelines
