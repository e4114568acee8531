#pragma once
/// \file
/// Style sheet of the report.

#include <string_view>

namespace myriad::diag::detail {

/// CSS text: two themes by the reader's preference, one column on phones, printable.
std::string_view report_style();

}  // namespace myriad::diag::detail
