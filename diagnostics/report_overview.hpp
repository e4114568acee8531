#pragma once
/// \file
/// The first panel of the report: three verdicts in plain words, one tile per field, scorecards.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/report.hpp"
#include "diagnostics/scorecard.hpp"

namespace myriad::diag {

/// An answer to one of the three questions that every reader has.
struct HeadlineVerdict {
  enum class Kind : std::uint8_t { good, mixed, bad, unknown };
  Kind kind = Kind::unknown;
  std::string question;
  std::string answer;    ///< a few words
  std::string evidence;  ///< the numbers behind it, a sentence
};

/// Is the forecast good, better than the reference, reliable, and are its members healthy? In this order; the last one only where
/// health was looked at.
///
/// Good: days until the global anomaly correlation falls to 0.6, median over the fields; from 5
/// days (or the last lead) on good, from 2 on mixed. Better: share of the cells of the scorecard of
/// the CRPS against climatology (else persistence) on the good side; 80 % good, 50 % mixed.
/// Reliable: share of the fields whose spread-skill ratio from day 1 on lies in 0.9..1.1; the same
/// limits. Healthy: no copies among the members after the start (bad), none farther from the others than twice the mean distance, and
/// first and second half of the members alike (mixed; p below 0.01 over the number of leads).
std::vector<HeadlineVerdict> headline_verdicts(const Report& report);

namespace detail {

/// <section> with verdicts, tiles and scorecards.
std::string overview_panel(const Report& report);
/// <div> of verdicts.
std::string verdict_panel(const std::vector<HeadlineVerdict>& verdicts);
/// <figure> with a scorecard as a table; blue cells are better than the reference, orange ones
/// worse.
std::string scorecard_figure(const Scorecard& card, const std::string& heading,
                             const std::string& text, const std::string& facts);

}  // namespace detail
}  // namespace myriad::diag
