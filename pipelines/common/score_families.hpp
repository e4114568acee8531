#pragma once
/// \file
/// The part of a configuration that asks for scores beside the standard ones.

#include <cstdint>
#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/threshold.hpp"
#include "diagnostics/verification.hpp"
#include "pipelines/common/hashed_keys.hpp"
#include "src/base/config.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Keys of one threshold: channel, relation, value, units.
void add_threshold_keys(Schema& section, Hashed hashed);
std::vector<diag::Threshold> read_thresholds(const std::vector<Config>& sections);

/// Section `scores`: families by name, events, tails and their options.
void add_score_keys(Schema& parent, Hashed hashed);

/// The families that \p scores (section `scores`) asks for.
/// \param members that are scored
/// Errors: config_invalid, those of the families.
diag::ScoreFamilies make_score_families(const Config& scores,
                                        const std::vector<diag::VerifiedChannel>& channels,
                                        std::int64_t members, const Grid& grid);

}  // namespace myriad::pipelines
