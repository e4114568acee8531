#pragma once
/// \file
/// What oracle_scores can compute: our functions on arrays that a script made.

#include <map>
#include <string>

#include "tests/oracle/arrays.hpp"

namespace myriad::oracle {

/// From the arrays of a script to the arrays that it compares.
using Calculator = Arrays (*)(const Arrays& in);

/// Every calculator by its name.
const std::map<std::string, Calculator>& calculators();

}  // namespace myriad::oracle
