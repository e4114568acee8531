#pragma once
/// \file
/// Health of the members in `myriad verify` and in the scores of `myriad forecast`: its configuration and its warning.

#include <optional>
#include <span>
#include <string_view>

#include "diagnostics/member_health.hpp"
#include "diagnostics/verification.hpp"
#include "pipelines/common/hashed_keys.hpp"
#include "src/base/config.hpp"
#include "src/base/time.hpp"

namespace myriad::pipelines {

/// Section `health`.
void add_health_keys(Schema& parent, Hashed hashed);

/// What \p parent (with `health` and `seed`) asks for; none when it is off, for fewer than 3 \p members, and, with a line in the log
/// of \p component, for more than `health.max_members`.
std::optional<diag::HealthOptions> health_options(const Config& parent, int members, std::string_view component);

/// Warn about starts that have copies among their members (W: E2712), from the first lead after the start on. Members are named by
/// their numbers among the scored ones, from 1.
void warn_duplicates(const diag::Verification& results, std::span<const Instant> starts, std::string_view component);

}  // namespace myriad::pipelines
