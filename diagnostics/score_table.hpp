#pragma once
/// \file
/// Scores as a table for people.

#include <cstdint>
#include <string>

#include "diagnostics/verification.hpp"

namespace myriad::diag {

enum class ScoreTable : std::uint8_t {
  brief,  ///< the best known channels and about five leads: fits a terminal of 80 columns and 24
          ///< lines
  full,   ///< every channel and lead
};

/// The scores over the globe.
///
/// `brief`: one group of lines per channel (error of the mean beside persistence and climatology,
/// fair CRPS, spread over error), one column per lead; ends with a line on what was left out.
/// `full`: a table per channel, one line per lead. Lines without any value are left out, a single
/// absent value is "-". The last line of both says whether the members are healthy, where that was looked at.
std::string score_table(const Verification& results, ScoreTable form);

}  // namespace myriad::diag
