#include "diagnostics/report_overview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/report_members.hpp"
#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag {
namespace {

using detail::fixed_text;
using detail::k_globe;
using Kind = HeadlineVerdict::Kind;

bool has_climate(const ScoreResults& results) {
  for (std::size_t c = 0; c < results.shape().channels.size(); ++c) {
    for (double v : results.over_leads(find_score("crps_climatology"), c, k_globe)) {
      if (std::isfinite(v)) return true;
    }
  }
  return false;
}

/// The probabilistic score of an ensemble, or the same of a single forecast.
const char* crps_of(const ScoreResults& results) {
  return results.shape().members > 1 ? "crps_fair" : "crps_standard";
}

Kind kind_of_share(double share) {
  return share >= 0.8 ? Kind::good : share >= 0.5 ? Kind::mixed : Kind::bad;
}

/// A field and how many days it is useful.
struct UsefulRange {
  std::string field;
  double days = 0.0;
  bool to_the_end = false;
};

std::vector<UsefulRange> useful_ranges(const ScoreResults& results) {
  const VerificationShape& shape = results.shape();
  std::vector<UsefulRange> ranges;
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    auto margin = results.over_leads(find_score("acc"), c, k_globe);
    for (double& v : margin) v -= 0.6;
    const HoldsUntil hold = holds_until(shape.lead_hours, margin);
    if (hold.kind == HoldsUntil::Kind::unknown) continue;
    UsefulRange range{shape.channels[c].long_name, 0.0, hold.kind == HoldsUntil::Kind::always};
    if (hold.kind == HoldsUntil::Kind::until) range.days = hold.day;
    if (range.to_the_end) range.days = shape.lead_hours.back() / 24.0;
    ranges.push_back(range);
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const auto& a, const auto& b) { return a.days < b.days; });
  return ranges;
}

std::string range_text(const UsefulRange& range) {
  if (range.to_the_end)
    return fmt::format("the last lead, day {} ({})", fixed_text(range.days, 1), range.field);
  return range.days > 0.0 ? fmt::format("day {} ({})", fixed_text(range.days, 1), range.field)
                          : fmt::format("no lead ({})", range.field);
}

HeadlineVerdict goodness(const Report& report) {
  HeadlineVerdict verdict{Kind::unknown, "Is the forecast good?", {}, {}};
  const ScoreResults& results = *report.results;
  const auto ranges = useful_ranges(results);
  if (ranges.empty()) {
    const VerificationShape& shape = results.shape();
    const std::size_t last = shape.lead_hours.size() - 1;
    verdict.answer = "Cannot be said";
    verdict.evidence = fmt::format(
        "Without a climatology there is no anomaly correlation. The error of {} is {} at {}.",
        shape.channels[0].long_name,
        detail::quantity_text(results.score(find_score("rmse"), 0, last, k_globe),
                              shape.channels[0].units),
        detail::lead_text(shape.lead_hours[last]));
    return verdict;
  }
  const UsefulRange& median = ranges[(ranges.size() - 1) / 2];  // of an even number the lower one
  verdict.kind = median.to_the_end || median.days >= 5.0 ? Kind::good
                 : median.days >= 2.0                    ? Kind::mixed
                                                         : Kind::bad;
  verdict.answer = median.to_the_end   ? "Yes, to the last lead"
                   : median.days > 0.0 ? fmt::format("Useful to day {}", fixed_text(median.days, 1))
                                       : std::string("No, not at any lead");
  verdict.evidence =
      ranges.size() == 1
          ? fmt::format("Anomaly correlation stays above 0.6 to {}.", range_text(ranges.front()))
          : fmt::format(
                "Half of the fields or more stay useful that long: anomaly correlation is above "
                "0.6 "
                "to {} at worst and to {} at best.",
                range_text(ranges.front()), range_text(ranges.back()));
  return verdict;
}

HeadlineVerdict superiority(const Report& report) {
  const ScoreResults& results = *report.results;
  const bool climate = has_climate(results);
  const std::string reference = climate ? "climatology" : "persistence";
  HeadlineVerdict verdict{Kind::unknown, "Is it better than " + reference + "?", {}, {}};
  const Scorecard card = reference_scorecard(
      results, crps_of(results), climate ? "crps_climatology" : "crps_persistence", report.starts);
  const ScorecardCount n = count(card);
  if (n.cells == 0) {
    verdict.answer = "Cannot be said";
    verdict.evidence = "There is neither climatology nor an analysis at the start.";
    return verdict;
  }
  const double share = static_cast<double>(n.good) / static_cast<double>(n.cells);
  verdict.kind = kind_of_share(share);
  verdict.answer = n.good == n.cells ? "Yes, everywhere"
                   : n.good == 0     ? "No, nowhere"
                                     : fmt::format("In {} of {} cases", n.good, n.cells);
  verdict.evidence = fmt::format(
      "Cases are fields at whole days, compared by the CRPS. {}",
      n.tested ? fmt::format("Beyond chance (95 %) it is better in {} and worse in {}.", n.better,
                             n.worse)
               : fmt::format("{} start{} cannot tell skill from luck.", report.starts.size(),
                             report.starts.size() == 1 ? "" : "s"));
  return verdict;
}

HeadlineVerdict reliability(const Report& report) {
  HeadlineVerdict verdict{Kind::unknown, "Is it reliable?", {}, {}};
  const ScoreResults& results = *report.results;
  std::size_t known = 0, reliable = 0;
  double low = 1e300, high = 0.0;
  for (std::size_t c = 0; c < results.shape().channels.size(); ++c) {
    const double ratio = mean_spread_skill_ratio(results, c);
    if (!std::isfinite(ratio)) continue;
    ++known;
    reliable += std::abs(ratio - 1.0) <= 0.1 ? 1 : 0;
    low = std::min(low, ratio);
    high = std::max(high, ratio);
  }
  if (known == 0) {
    verdict.answer = "Cannot be said";
    verdict.evidence = "A single forecast says nothing about its own uncertainty.";
    return verdict;
  }
  verdict.kind = kind_of_share(static_cast<double>(reliable) / static_cast<double>(known));
  verdict.answer = reliable == known ? "Yes"
                   : reliable == 0   ? (high < 0.9  ? "No, overconfident"
                                        : low > 1.1 ? "No, underconfident"
                                                    : "No")
                                     : fmt::format("In {} of {} fields", reliable, known);
  verdict.evidence = fmt::format(
      "Spread over error is {}; 1 is reliable, and 0.9 to 1.1 counts as such (mean from day 1 on).",
      known == 1
          ? fixed_text(low, 2)
          : fmt::format("{} to {} over the fields", fixed_text(low, 2), fixed_text(high, 2)));
  return verdict;
}

/// The one figure of a channel that a reader in a hurry wants.
std::string tile(const ScoreResults& results, std::size_t channel) {
  const VerifiedChannel& info = results.shape().channels[channel];
  auto margin = results.over_leads(find_score("acc"), channel, k_globe);
  for (double& v : margin) v -= 0.6;
  const HoldsUntil hold = holds_until(results.shape().lead_hours, margin);
  std::string value, note;
  switch (hold.kind) {
    case HoldsUntil::Kind::always:
      value = fmt::format("to {}", detail::lead_text(results.shape().lead_hours.back()));
      note = "useful to the end (anomaly correlation above 0.6)";
      break;
    case HoldsUntil::Kind::until:
      value = fmt::format("day {}", fixed_text(hold.day, 1));
      note = "useful until then (anomaly correlation above 0.6)";
      break;
    case HoldsUntil::Kind::never:
      value = "not useful";
      note = "anomaly correlation below 0.6 from the first lead on";
      break;
    case HoldsUntil::Kind::unknown: {
      const std::size_t last = results.shape().lead_hours.size() - 1;
      value = detail::quantity_text(results.score(find_score("rmse"), channel, last, k_globe),
                                    info.units);
      note = fmt::format("root-mean-square error at {}",
                         detail::lead_text(results.shape().lead_hours[last]));
      break;
    }
  }
  return fmt::format(
      "<a class=\"tile\" href=\"#{}\"><span class=\"name\">{}</span><span class=\"value\">{}</span>"
      "<span class=\"note\">{}</span></a>\n",
      escape_markup(info.name), escape_markup(detail::capitalised(info.long_name)), value, note);
}

std::string cell_markup(const ScorecardCell& cell) {
  if (!std::isfinite(cell.change_percent)) return "<td class=\"none\">–</td>";
  const double reach = std::min(1.0, std::abs(cell.change_percent) / 50.0);
  // Pale to strong; both ends keep 4.5 to 1 under dark text.
  static const auto palette = colours(ColourMap::diverging, 41);
  const int step = static_cast<int>(std::lround(10.0 * reach));
  const std::string& fill = palette[static_cast<std::size_t>(20 + (cell.good ? -step : step))];
  const bool certain = cell.difference.verdict == PairedVerdict::better ||
                       cell.difference.verdict == PairedVerdict::worse;
  const std::string number = fixed_text(cell.change_percent, std::abs(cell.change_percent) < 9.95);
  const std::string words =
      cell.difference.verdict == PairedVerdict::unknown
          ? fmt::format("{} starts: not tested", cell.difference.pairs)
          : fmt::format("mean difference {}, 95 % interval {} to {}, {} starts{}",
                        detail::number_text(cell.difference.difference),
                        detail::number_text(cell.difference.interval.low),
                        detail::number_text(cell.difference.interval.high), cell.difference.pairs,
                        std::isfinite(cell.difference.diebold_mariano)
                            ? fmt::format(", Diebold-Mariano p {}", fixed_text(cell.difference.diebold_mariano, 3))
                            : std::string());
  return fmt::format("<td style=\"background:{}\" title=\"{}\">{}{}</td>", fill,
                     escape_markup(words), certain ? (cell.good ? "<b>▲</b> " : "<b>▼</b> ") : "",
                     number);
}

}  // namespace

std::vector<HeadlineVerdict> headline_verdicts(const Report& report) {
  std::vector<HeadlineVerdict> verdicts{goodness(report), superiority(report), reliability(report)};
  if (auto members = member_verdict(*report.results)) verdicts.push_back(std::move(*members));
  return verdicts;
}

namespace detail {

std::string verdict_panel(const std::vector<HeadlineVerdict>& verdicts) {
  static constexpr std::array names{"good", "mixed", "bad", "unknown"};
  std::string html = "<div class=\"verdicts\">\n";
  for (const HeadlineVerdict& v : verdicts) {
    html += fmt::format(
        "<div class=\"verdict {}\"><h3>{}</h3><p class=\"answer\">{}</p><p "
        "class=\"evidence\">{}</p></div>\n",
        names[static_cast<std::size_t>(v.kind)], escape_markup(v.question), escape_markup(v.answer),
        escape_markup(v.evidence));
  }
  return html + "</div>\n";
}

std::string scorecard_figure(const Scorecard& card, const std::string& heading,
                             const std::string& text, const std::string& facts) {
  if (card.rows.empty()) return {};
  std::string table = fmt::format(
      "<div class=\"scroll scorecard\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"{}\"><table><thead><tr><th scope=\"col\">%</th>",
      escape_markup(heading));
  for (double lead : card.lead_hours)
    table += fmt::format("<th scope=\"col\">{}</th>", lead_text(lead));
  table += "</tr></thead><tbody>\n";
  for (const ScorecardRow& row : card.rows) {
    table += fmt::format("<tr><th scope=\"row\">{}</th>", escape_markup(row.label));
    for (const ScorecardCell& cell : row.cells) table += cell_markup(cell);
    table += "</tr>\n";
  }
  return figure({heading, text, facts}, table + "</tbody></table></div>");
}

std::string overview_panel(const Report& report) {
  const ScoreResults& results = *report.results;
  std::string html =
      "<section class=\"panel\" id=\"overview\" aria-labelledby=\"h-overview\">\n<h2 "
      "id=\"h-overview\">At a glance</h2>\n" +
      verdict_panel(headline_verdicts(report)) + "<div class=\"tiles\">\n";
  for (std::size_t c = 0; c < results.shape().channels.size(); ++c) html += tile(results, c);
  html += "</div>\n<h3>Scorecards</h3>\n<div class=\"cards\">\n";
  const std::string key =
      "Blue: smaller error than the reference, orange: larger. ▲ better, ▼ worse beyond chance (95 "
      "% "
      "interval of the differences start by start).";
  const std::string crps = crps_of(results);
  struct Pair {
    std::string score, reference, heading;
  };
  for (const Pair& pair : {Pair{crps, "crps_climatology", "Probabilistic error beside climatology"},
                           Pair{crps, "crps_persistence", "Probabilistic error beside persistence"},
                           Pair{"rmse", "rmse_climatology", "Error beside climatology"}}) {
    html += scorecard_figure(
        reference_scorecard(results, pair.score, pair.reference, report.starts), pair.heading, key,
        facts_of_all_starts(
            report, "%", fmt::format("100 ({0} − {1}) / {1}, globe", pair.score, pair.reference)));
  }
  return html + "</div>\n</section>\n";
}

}  // namespace detail
}  // namespace myriad::diag
