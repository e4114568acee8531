#pragma once
/// \file
/// The part of a verification that asks for return levels of the members' extremes.

#include <span>
#include <vector>

#include "diagnostics/verification.hpp"
#include "src/base/config.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Optional section `return_levels`.
void add_return_level_keys(Schema& verify);

/// Add the family and the results that \p verify asks for; nothing without the section.
/// \param shape its channels, leads and members are set
/// Errors: config_invalid E2740 (a channel that is not verified or named twice, periods that do not
/// increase, leads none of which ends a window).
void add_return_levels(const Config& verify, diag::VerificationShape& shape);

}  // namespace myriad::pipelines
