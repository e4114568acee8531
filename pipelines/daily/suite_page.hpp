#pragma once
/// \file
/// index.html of a suite: its cycles at a glance.

#include <string>
#include <vector>

#include "pipelines/daily/cycle_record.hpp"

namespace myriad::pipelines {

/// A page that needs nothing else: one row per cycle, newest first, with the analysis it started
/// from (a fallback stands out), what is done, and a link to its report. Determinism: bitwise, no
/// clock enters.
std::string suite_page(const std::vector<CycleRecord>& records);

}  // namespace myriad::pipelines
