#pragma once
/// \file
/// Scorecards: variable by lead, how much better or worse than a reference, and whether that is
/// more than chance.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/paired_comparison.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// One variable at one lead.
struct ScorecardCell {
  double change_percent = 0.0;     ///< 100 (score - reference) / |reference|; NaN when absent
  PairedDifference difference;     ///< score minus reference, start by start
  bool good = false;               ///< whether the change goes to the good side
};

struct ScorecardRow {
  std::string label;
  std::vector<ScorecardCell> cells;  ///< [lead]
};

struct Scorecard {
  std::vector<double> lead_hours;
  std::vector<ScorecardRow> rows;
};

/// How many cells a scorecard has of each kind.
struct ScorecardCount {
  std::size_t cells = 0;   ///< that are not absent
  std::size_t good = 0;    ///< change on the good side, certain or not
  std::size_t better = 0;  ///< beyond chance
  std::size_t worse = 0;
  bool tested = false;  ///< whether any cell has enough starts for a test
};
ScorecardCount count(const Scorecard& card);

/// \p score against \p reference of the same results over the globe, at whole days (whole_days()).
/// \p starts are the dates of the results. Both names are of scores_by_start().
Scorecard reference_scorecard(const ScoreResults& results, std::string_view score,
                              std::string_view reference, std::span<const Instant> starts);

}  // namespace myriad::diag
