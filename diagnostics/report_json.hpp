#pragma once
/// \file
/// The parts of a report that are no large arrays, as JSON (report_file.hpp).

#include <cstddef>
#include <string>

#include "diagnostics/report.hpp"
#include "src/base/json.hpp"

namespace myriad::diag::detail {

/// Everything but the fields, the values of plumes and the lines of spaghetti, whose numbers are
/// noted instead.
Json report_json(const Report& report);
/// The same back; lists whose content is elsewhere have their sizes. Channel numbers are not
/// checked. Errors: those of Json (input_corrupt).
Report report_from_json(const Json& json, const ScoreResults& results);

/// "_field_0": the name of Report::fields[index]. Fields of one channel with equal headings (at
/// other leads) share it.
std::string field_suffix(const Report& report, std::size_t index);

}  // namespace myriad::diag::detail
