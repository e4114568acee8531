#pragma once
/// \file
/// Keeps log lines and the progress bar apart on one terminal. For the implementation of src/base
/// only.

#include <cstdint>
#include <string>

namespace myriad::detail {

enum class BarShown : std::uint8_t { no, yes };

/// Whether the cursor stands at the end of a progress bar.
void set_bar_shown(BarShown shown);

/// \p line, after the control sequence that erases the bar when one is shown; the bar counts as
/// erased from then on.
std::string erase_bar_before(std::string line);

}  // namespace myriad::detail
