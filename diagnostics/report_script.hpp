#pragma once
/// \file
/// The script of the report: tabs, values under the pointer, folded parts opened for print.

#include <string_view>

namespace myriad::diag::detail {

/// ECMAScript 2017 without libraries, to stand at the end of the page. The page shows everything
/// without it.
///
/// Tabs (WAI-ARIA tab pattern): the links of <nav class="tabs"> select the sections of class
/// `panel` they point to; arrow keys, Home and End move between them. Charts and maps can be
/// focused: arrow keys move through the values, Escape hides them.
std::string_view report_script();

}  // namespace myriad::diag::detail
