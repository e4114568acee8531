#pragma once
/// \file
/// Numbers inside names of maps.

#include <string>

namespace myriad::diag::detail {

/// \p value with up to 9 significant digits in characters that every tool takes in a variable name:
/// "273p15" for 273.15, "m10" for -10, "1em05" for 1e-5.
std::string number_in_name(double value);

/// 100 p without the digits that binary fractions add (0.07 gives 7, not 7.000000000000001).
double percent_of(double probability);

}  // namespace myriad::diag::detail
