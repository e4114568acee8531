#pragma once
/// \file
/// Two systems side by side: differences of their scores start by start, as one page.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diagnostics/report.hpp"
#include "diagnostics/scorecard.hpp"

namespace myriad::diag {

/// What both systems have: places in A and in B of each channel, lead, region and start.
class CommonCases {
 public:
  using Pair = std::pair<std::size_t, std::size_t>;

  /// \p a and \p b hold results and dates of their starts.
  /// Errors: usage E2562 (no channel in equal units, no lead, no region or no start in common; or
  /// scores without values of each start).
  CommonCases(const Report& a, const Report& b);

  const std::vector<Pair>& channels() const { return channels_; }
  const std::vector<Pair>& leads() const { return leads_; }
  const std::vector<Pair>& regions() const { return regions_; }
  const std::vector<Instant>& starts() const { return dates_; }
  const Report& a() const { return a_; }
  const Report& b() const { return b_; }
  const VerifiedChannel& channel(std::size_t index) const {
    return a_.results->shape().channels[channels_[index].first];
  }

  /// Values of a score for the common starts, of A and of B [start]; empty when one has none.
  std::pair<std::vector<double>, std::vector<double>> by_start(std::string_view score,
                                                               std::size_t channel,
                                                               std::size_t lead,
                                                               std::size_t region) const;
  /// A minus B.
  PairedDifference difference(std::string_view score, std::size_t channel, std::size_t lead,
                              std::size_t region) const;

 private:
  const Report& a_;
  const Report& b_;
  std::vector<Pair> channels_;
  std::vector<Pair> leads_;
  std::vector<Pair> regions_;
  std::vector<Pair> starts_;
  std::vector<Instant> dates_;
};

/// Mean over the common starts of the score of each start, A against B, at whole days.
Scorecard comparison_scorecard(const CommonCases& cases, std::string_view score,
                               std::size_t region);

/// The page that compares A with B. Scores are means over common starts of the score of each start;
/// those of ensembles of different sizes are the fair ones.
/// Determinism: bitwise. Errors: those of CommonCases.
std::string render_comparison(const Report& a, const Report& b);

}  // namespace myriad::diag
