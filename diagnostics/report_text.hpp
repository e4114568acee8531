#pragma once
/// \file
/// Numbers, dates and units as people write them; shared by the parts of the report.

#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.hpp"

namespace myriad::diag {
struct VerificationShape;
}

namespace myriad::diag::detail {

/// What the first region covers: "globe", or "domain" of forecasts for part of it.
std::string area_word(const VerificationShape& shape);

/// Three significant digits, thousands with a comma, a true minus sign; "–" for an absent value.
std::string number_text(double value);
/// Fixed decimals, a true minus sign; "–" for an absent value.
std::string fixed_text(double value, int decimals);
/// "m s⁻¹" for "m s-1"; nothing for "1".
std::string unit_text(std::string_view units);
/// Two significant digits, for running text.
std::string prose_number(double value);
/// Value (three digits) and unit with a narrow space.
std::string quantity_text(double value, std::string_view units);
/// "day 7.5", "hour 18".
std::string lead_text(double lead_hours);
/// "15 January 2004" (with the hour unless it is 0: "15 January 2004, 12 UTC").
std::string date_text(const Instant& instant);
/// "15 January 2004 to 3 March 2004", or the one date.
std::string dates_text(const std::vector<Instant>& dates);
/// "45°N 12°E".
std::string place_text(double latitude, double longitude);

}  // namespace myriad::diag::detail
