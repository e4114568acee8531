#pragma once
/// \file
/// `myriad train`: train a model on an archive.

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

/// The verb's entry of the registry.
Verb train_verb();

}  // namespace myriad::pipelines
