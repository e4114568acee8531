#pragma once
/// \file
/// What the report says of the health of the members.

#include <optional>

#include "diagnostics/report_overview.hpp"

namespace myriad::diag {

/// "Are its members healthy?" (headline_verdicts()); nothing where health was not looked at.
std::optional<HeadlineVerdict> member_verdict(const ScoreResults& results);

/// The same in one line of at most 80 characters for tables; empty where health was not looked at.
std::string member_line(const ScoreResults& results);

}  // namespace myriad::diag
