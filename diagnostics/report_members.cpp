#include "diagnostics/report_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/report_text.hpp"

namespace myriad::diag {
namespace {

constexpr double k_astray = 2.0;  ///< times the mean distance

/// Extremes over the leads after the start.
struct Summary {
  std::size_t leads = 0;
  double duplicates = 0.0, nearest = 1e300, farthest = 0.0, order_p = 1.0;
  double unlike() const { return std::min(1.0, order_p * static_cast<double>(leads)); }  ///< Bonferroni's p-value
};

Summary summary(const ScoreResults& results) {
  Summary s;
  const auto nearest = results.lead_result("health_nearest_ratio"), duplicates = results.lead_result("health_duplicates");
  const auto farthest = results.lead_result("health_farthest_ratio"), order = results.lead_result("health_order_p");
  const auto& hours = results.shape().lead_hours;
  if (std::min({nearest.size(), duplicates.size(), farthest.size(), order.size()}) != hours.size()) return s;
  for (std::size_t t = 0; t < hours.size(); ++t) {
    if (hours[t] <= 0.0 || !std::isfinite(nearest[t])) continue;
    ++s.leads;
    s.duplicates = std::max(s.duplicates, duplicates[t]);
    s.nearest = std::min(s.nearest, nearest[t]);
    s.farthest = std::max(s.farthest, farthest[t]);
    s.order_p = std::min(s.order_p, order[t]);
  }
  return s;
}

}  // namespace

std::optional<HeadlineVerdict> member_verdict(const ScoreResults& results) {
  const Summary s = summary(results);
  if (s.leads == 0) return std::nullopt;
  using Kind = HeadlineVerdict::Kind;
  HeadlineVerdict verdict{Kind::good, "Are its members healthy?", "Yes", {}};
  if (s.duplicates > 0.0) {
    verdict.kind = Kind::bad;
    verdict.answer = "No, copies";
  } else if (s.farthest > k_astray) {
    verdict.kind = Kind::mixed;
    verdict.answer = "One is astray";
  } else if (s.unlike() < 0.01) {
    verdict.kind = Kind::mixed;
    verdict.answer = "First and last differ";
  }
  verdict.evidence = fmt::format(
      "The nearest two are {} of the mean distance apart, the farthest member {} from the others; the first and the second half are "
      "alike with p = {} (smallest of the leads, times their number).",
      detail::fixed_text(s.nearest, 2), detail::fixed_text(s.farthest, 2), detail::fixed_text(s.unlike(), 2));
  return verdict;
}

std::string member_line(const ScoreResults& results) {
  const auto verdict = member_verdict(results);
  if (!verdict) return {};
  const Summary s = summary(results);
  return fmt::format("members healthy? {} (nearest {:.2f}, farthest {:.2f}, halves p {:.2f})\n", verdict->answer, s.nearest, s.farthest,
                     s.unlike());
}

}  // namespace myriad::diag
