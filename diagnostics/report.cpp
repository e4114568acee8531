#include "diagnostics/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/report_channel.hpp"
#include "diagnostics/report_overview.hpp"
#include "diagnostics/report_page.hpp"
#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"
#include "diagnostics/svg.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

using detail::date_text;
using detail::fixed_text;

using detail::k_globe;

/// How many fields beat climatology throughout and how many are reliable, in one sentence.
std::string verdict(const ScoreResults& results) {
  const VerificationShape& shape = results.shape();
  std::size_t with_climate = 0, beat_climate = 0, with_ratio = 0, reliable = 0;
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    const auto climate = results.over_leads(find_score("rmse_climatology"), c, k_globe);
    auto margin = results.over_leads(find_score("rmse"), c, k_globe);
    for (std::size_t t = 0; t < margin.size(); ++t) margin[t] = climate[t] - margin[t];
    const auto kind = holds_until(shape.lead_hours, margin).kind;
    with_climate += kind != HoldsUntil::Kind::unknown ? 1 : 0;
    beat_climate += kind == HoldsUntil::Kind::always ? 1 : 0;
    const double ratio = mean_spread_skill_ratio(results, c);
    with_ratio += std::isfinite(ratio) ? 1 : 0;
    reliable += std::abs(ratio - 1.0) <= 0.1 ? 1 : 0;
  }
  const auto share = [](std::size_t part, std::size_t all) {
    if (all == 1) return std::string(part == 1 ? "the one field scored" : "no field");
    if (part == all) return fmt::format("all {} fields", all);
    return part == 0 ? fmt::format("none of {} fields", all)
                     : fmt::format("{} of {} fields", part, all);
  };
  std::string text;
  if (with_climate > 0)
    text += fmt::format(" It beats climatology to the last lead in {}.",
                        share(beat_climate, with_climate));
  if (with_ratio > 0)
    text += fmt::format(" Its spread matches its error in {}.", share(reliable, with_ratio));
  return text;
}

/// "A 20-member ensemble", "An 8-member ensemble with its control".
std::string subject(const ScoreResults& results) {
  const int members = results.shape().members;
  if (members < 2) return "A single forecast";
  const std::string number = std::to_string(members);
  const bool vowel = number[0] == '8' || number == "11" || number == "18";
  const auto control = results.over_leads(find_score("rmse_control"), 0, k_globe);
  const bool has_control =
      std::any_of(control.begin(), control.end(), [](double v) { return std::isfinite(v); });
  return fmt::format("{} {}-member ensemble{}", vowel ? "An" : "A", number,
                     has_control ? " with its control" : "");
}

std::string summary(const Report& report) {
  const VerificationShape& shape = report.results->shape();
  std::string text = subject(*report.results);
  if (!report.forecast.empty()) text += " from " + report.forecast;
  if (report.starts.size() == 1) {
    text += fmt::format(", started on {},", date_text(report.starts.front()));
  } else if (report.starts.size() > 1) {
    text += fmt::format(", started {} times between {} and {},", report.starts.size(),
                        date_text(report.starts.front()), date_text(report.starts.back()));
  }
  text += fmt::format(" is compared with {} out to {}.", report.truth,
                      detail::lead_text(shape.lead_hours.back()));
  return text + verdict(*report.results);
}

std::string header(const Report& report) {
  const VerificationShape& shape = report.results->shape();
  std::string html = fmt::format(
      "<header>\n<p class=\"kicker\">Forecast verification</p>\n<h1>{}</h1>\n<p "
      "class=\"lead\">{}</p>\n</header>\n",
      escape_markup(report.title), escape_markup(summary(report)));
  html += "<nav class=\"tabs\" aria-label=\"Contents\"><a href=\"#overview\">At a glance</a> ";
  for (const VerifiedChannel& channel : shape.channels) {
    html += fmt::format("<a href=\"#{}\">{}</a> ", escape_markup(channel.name),
                        escape_markup(detail::capitalised(channel.long_name)));
  }
  return html + "<a href=\"#method\">Method and provenance</a></nav>\n";
}

std::string method(const Report& report) {
  const VerificationShape& shape = report.results->shape();
  std::string html =
      "<section class=\"panel\" id=\"method\" aria-labelledby=\"h-method\">\n<h2 "
      "id=\"h-method\">How the scores are made</h2>\n";
  html += fmt::format(
      "<p>Fields are compared point by point on the {} grid, weighted by area, averaged over {} {} "
      "and only then "
      "rooted or divided. The persistence forecast is the analysis at the start; {}. Variances "
      "divide by N − 1. Ties in rank "
      "histograms are split at random with fixed draws.</p>\n",
      escape_markup(shape.grid.describe()), report.results->starts(),
      report.results->starts() == 1 ? "start" : "starts",
      report.climate.empty() ? std::string("no climatology was given")
                             : "climatology is " + escape_markup(report.climate));
  html += "<details><summary>Definitions of all scores</summary>\n<dl>\n";
  for (const Score& score : scores()) {
    html += fmt::format("<dt>{}</dt><dd>{}: {}</dd>\n", score.name,
                        escape_markup(detail::capitalised(score.long_name)),
                        escape_markup(score.definition));
  }
  html += "</dl></details>\n<h2 id=\"provenance\">Provenance</h2>\n<dl>\n";
  for (const auto& [label, value] : report.provenance) {
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_markup(label), escape_markup(value));
  }
  return html + "<dt>Coastlines</dt><dd>Natural Earth, public domain</dd>\n</dl>\n</section>\n";
}

}  // namespace

std::string render_report(const Report& report) {
  MYRIAD_EXPECT(report.results != nullptr && report.results->starts() > 0);
  std::string body = header(report) + "<main>\n" + detail::overview_panel(report);
  for (std::size_t c = 0; c < report.results->shape().channels.size(); ++c)
    body += detail::channel_section(report, c);
  return detail::page(report.title, body + method(report) + "</main>\n");
}

}  // namespace myriad::diag
