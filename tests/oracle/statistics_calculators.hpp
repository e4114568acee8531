#pragma once
/// \file
/// Calculators of the tests, intervals and fits of diagnostics/ that work on plain numbers.

#include <map>
#include <string>

#include "tests/oracle/calculators.hpp"

namespace myriad::oracle {

std::map<std::string, Calculator> statistics_calculators();

}  // namespace myriad::oracle
