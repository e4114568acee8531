#pragma once
/// \file
/// Health of the members in `myriad verify`: groups of members and the gatherer of their features.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnostics/member_health.hpp"
#include "diagnostics/verification.hpp"
#include "pipelines/verify/forecast_source.hpp"
#include "src/base/config.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Section `health` and the key `member_groups`.
void add_member_keys(Schema& verify);

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

/// Gatherer of features; none when health_options() asks for none.
std::optional<diag::MemberHealth> make_member_health(const Config& verify, const diag::VerificationShape& shape,
                                                     const MemberGroups& groups);

}  // namespace myriad::pipelines
