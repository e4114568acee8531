#pragma once
/// \file
/// Results of `myriad verify` that compare the checkpoints of an ensemble: their agreement and CRPS-optimal weights.

#include "diagnostics/verification.hpp"
#include "pipelines/verify/health.hpp"
#include "src/base/config.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Section `weights`.
void add_weight_keys(Schema& verify);

/// Add the family of checkpoints and the results on it that \p verify asks for.
/// Errors: config_invalid E2714 (weights of an ensemble whose members are not known to be of several checkpoints, or fair estimates
/// where a checkpoint has one member).
void add_checkpoint_results(const Config& verify, const MemberGroups& groups, diag::VerificationShape& shape);

/// Make the records of checkpoints of a start absent, whose members are not of the checkpoints they should be.
void drop_checkpoint_records(const diag::VerificationShape& shape, diag::StartRecord& record);

}  // namespace myriad::pipelines
