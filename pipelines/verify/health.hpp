#pragma once
/// \file
/// Health of the members in `myriad verify`: its configuration and what is told of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/member_health.hpp"
#include "diagnostics/verification.hpp"
#include "pipelines/verify/forecast_source.hpp"
#include "src/base/config.hpp"
#include "src/base/schema.hpp"
#include "src/base/time.hpp"

namespace myriad::pipelines {

/// Section `health` and the key `member_groups`.
void add_health_keys(Schema& verify);

/// Groups of the scored members (checkpoints).
struct MemberGroups {
  std::vector<int> of_member;       ///< [member], from 0 in order of appearance; empty: one group or none known
  std::vector<std::string> labels;  ///< [group]
  bool from_files = false;          ///< stated by member files, not by the configuration
  int count() const { return static_cast<int>(labels.size()); }
};

/// Groups that \p verify names (`member_groups`, repeated over the members), else those of the files of the first start.
/// Errors: config_invalid E2711 (numbers that do not count from 0, or more of them than members).
MemberGroups member_groups(const Config& verify, const ForecastSource& forecasts);

/// Gatherer of features; none when health is off or there are fewer than 3 members.
std::optional<diag::MemberHealth> make_member_health(const Config& verify, const diag::VerificationShape& shape,
                                                     const MemberGroups& groups);

/// Warn about starts that have copies among their members (W: E2712), from the first lead after the start on. Members are named by
/// their numbers among the scored ones, from 1.
void warn_duplicates(const diag::Verification& results, std::span<const Instant> starts);

}  // namespace myriad::pipelines
