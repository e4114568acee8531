#include "diagnostics/scorecard.hpp"

#include <cmath>

#include "diagnostics/report_parts.hpp"

namespace myriad::diag {

ScorecardCount count(const Scorecard& card) {
  ScorecardCount result;
  for (const ScorecardRow& row : card.rows) {
    for (const ScorecardCell& cell : row.cells) {
      if (!std::isfinite(cell.change_percent)) continue;
      ++result.cells;
      result.good += cell.good ? 1 : 0;
      result.better += cell.difference.verdict == PairedVerdict::better ? 1 : 0;
      result.worse += cell.difference.verdict == PairedVerdict::worse ? 1 : 0;
      result.tested = result.tested || cell.difference.verdict != PairedVerdict::unknown;
    }
  }
  return result;
}

Scorecard reference_scorecard(const ScoreResults& results, std::string_view score,
                              std::string_view reference, std::span<const Instant> starts) {
  const VerificationShape& shape = results.shape();
  const Orientation orientation = orientation_of(score);
  PairedOptions options;
  options.block = starts_per_block(starts);
  options.orientation = orientation;
  std::vector<std::size_t> later;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    if (shape.lead_hours[t] > 0.0) later.push_back(t);
  }
  const auto leads = detail::whole_days(shape.lead_hours, later);
  Scorecard card;
  for (std::size_t t : leads) card.lead_hours.push_back(shape.lead_hours[t]);
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    ScorecardRow row{detail::capitalised(shape.channels[c].long_name), {}};
    bool any = false;
    for (std::size_t t : leads) {
      const double a = results.score(find_score(score), c, t, detail::k_globe);
      const double b = results.score(find_score(reference), c, t, detail::k_globe);
      ScorecardCell cell;
      cell.change_percent = 100.0 * (a - b) / std::abs(b);
      cell.good = orientation == Orientation::small_is_good ? a < b : a > b;
      const auto of_a = results.by_start(score, c, t, detail::k_globe);
      const auto of_b = results.by_start(reference, c, t, detail::k_globe);
      if (of_a.size() == of_b.size())
        cell.difference = compare_starts(of_a, of_b, options);
      any = any || std::isfinite(cell.change_percent);
      row.cells.push_back(cell);
    }
    if (any) card.rows.push_back(std::move(row));
  }
  return card;
}

}  // namespace myriad::diag
