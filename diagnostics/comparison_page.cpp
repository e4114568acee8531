#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/comparison.hpp"
#include "diagnostics/paired_comparison.hpp"
#include "diagnostics/report_overview.hpp"
#include "diagnostics/report_page.hpp"
#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag {
namespace {

using detail::Caption;

/// A score that is compared and how it is called.
struct ComparedScore {
  std::string score;
  std::string heading;
  bool in_unit = true;  ///< of the channel; else none
};

std::string members_text(const Report& report) {
  const int members = report.results->shape().members;
  return members == 1 ? "1 member" : fmt::format("{} members", members);
}

class ComparisonPage {
 public:
  ComparisonPage(const Report& a, const Report& b) : cases_(a, b) {
    const int of_a = a.results->shape().members, of_b = b.results->shape().members;
    const bool ensembles = of_a > 1 && of_b > 1;
    scores_.push_back(ensembles ? ComparedScore{"crps_fair", "Probabilistic error (fair CRPS)"}
                                : ComparedScore{"crps_standard", "Probabilistic error (CRPS)"});
    scores_.push_back(ensembles && of_a != of_b
                          ? ComparedScore{"rmse_fair", "Error without the sampling of members"}
                          : ComparedScore{"rmse", "Error (root mean square)"});
    scores_.push_back({"acc", "Anomaly correlation", false});
    if (ensembles) scores_.push_back({"spread_skill_ratio", "Spread over error", false});
  }

  std::string html() const {
    const std::string title = fmt::format("A: {}; B: {}", cases_.a().title, cases_.b().title);
    std::string body = header() + "<main>\n" + overview();
    for (std::size_t c = 0; c < cases_.channels().size(); ++c) body += channel_panel(c);
    return detail::page(title, body + method() + "</main>\n");
  }

 private:
  static std::string system(const char* letter, const Report& report) {
    const std::string by = report.forecast.empty() ? "" : " from " + report.forecast;
    return fmt::format("{} is “{}”{}, {}, {} starts", letter, report.title, by,
                       members_text(report), report.starts.size());
  }

  std::string header() const {
    std::string out = fmt::format(
        "<header>\n<p class=\"kicker\">Comparison of two systems</p>\n<h1>A against B</h1>\n<p "
        "class=\"lead\">{}; {}. They are compared start by start on the {} that both have "
        "({}).</p>\n"
        "</header>\n",
        escape_markup(system("A", cases_.a())), escape_markup(system("B", cases_.b())),
        cases_.starts().size() == 1 ? "one start"
                                    : fmt::format("{} starts", cases_.starts().size()),
        detail::dates_text(cases_.starts()));
    out += "<nav class=\"tabs\" aria-label=\"Contents\"><a href=\"#overview\">At a glance</a> ";
    for (std::size_t c = 0; c < cases_.channels().size(); ++c)
      out += fmt::format("<a href=\"#{}\">{}</a> ", escape_markup(cases_.channel(c).name),
                         escape_markup(detail::capitalised(cases_.channel(c).long_name)));
    return out + "<a href=\"#method\">Method and provenance</a></nav>\n";
  }

  std::string facts(const std::string& units, const std::string& estimator) const {
    const std::string unit = detail::unit_text(units);
    return fmt::format(
        "{} · A {}, B {} · {} common start{}, {} · {}", unit.empty() ? "no unit" : unit,
        members_text(cases_.a()), members_text(cases_.b()), cases_.starts().size(),
        cases_.starts().size() == 1 ? "" : "s", detail::dates_text(cases_.starts()), estimator);
  }

  /// One verdict per score over all regions that are shown as scorecards: the globe.
  std::vector<HeadlineVerdict> verdicts() const {
    std::vector<HeadlineVerdict> out;
    for (const ComparedScore& score : scores_) {
      if (score.score == "spread_skill_ratio") continue;
      const ScorecardCount n = count(comparison_scorecard(cases_, score.score, detail::k_globe));
      if (n.cells == 0) continue;
      HeadlineVerdict verdict;
      verdict.question = score.heading;
      const std::string cases = fmt::format("{} cases", n.cells);
      verdict.kind = !n.tested                ? HeadlineVerdict::Kind::unknown
                     : n.better > 2 * n.worse ? HeadlineVerdict::Kind::good
                     : n.worse > 2 * n.better ? HeadlineVerdict::Kind::bad
                                              : HeadlineVerdict::Kind::mixed;
      verdict.answer = !n.tested                       ? std::string("Too few starts to tell")
                       : n.better == 0 && n.worse == 0 ? std::string("No difference beyond chance")
                       : n.worse == 0                  ? fmt::format("A is better in {}", n.better)
                       : n.better == 0
                           ? fmt::format("A is worse in {}", n.worse)
                           : fmt::format("A is better in {}, worse in {}", n.better, n.worse);
      verdict.evidence =
          fmt::format("Of {} (fields at whole days) A is ahead in {}; {}.", cases, n.good,
                      n.tested ? "counted above are those beyond chance (95 %)"
                               : "no test with fewer than 5 starts");
      out.push_back(std::move(verdict));
    }
    return out;
  }

  std::string overview() const {
    std::string out =
        "<section class=\"panel\" id=\"overview\" aria-labelledby=\"h-overview\">\n<h2 "
        "id=\"h-overview\">At a glance</h2>\n" +
        detail::verdict_panel(verdicts());
    for (std::size_t r = 0; r < cases_.regions().size(); ++r) {
      const Region& region = cases_.a().results->shape().regions[cases_.regions()[r].first];
      out +=
          fmt::format("<h3>{}</h3>\n<div class=\"cards\">\n", escape_markup(region_text(region)));
      for (const ComparedScore& score : scores_) {
        if (score.score == "spread_skill_ratio") continue;
        out += detail::scorecard_figure(
            comparison_scorecard(cases_, score.score, r), score.heading,
            "Blue: A is better, orange: B is better. ▲ A better, ▼ A worse beyond chance (95 % "
            "interval of the differences start by start).",
            facts("%", fmt::format("100 (A − B) / B of the mean over starts of {}", score.score)));
      }
      out += "</div>\n";
    }
    return out + "</section>\n";
  }

  static std::string region_text(const Region& region) {
    if (region.name == "n_extratropics") return "Extratropics north of 20°N";
    if (region.name == "s_extratropics") return "Extratropics south of 20°S";
    const bool known =
        region.name == "global" || region.name == "tropics" || region.name == "domain";
    return detail::capitalised(known ? region.name : region.title);
  }

  std::string channel_panel(std::size_t channel) const {
    const VerifiedChannel& info = cases_.channel(channel);
    std::string out = fmt::format(
        "<section class=\"panel\" id=\"{0}\" aria-labelledby=\"h-{0}\">\n<h2 "
        "id=\"h-{0}\">{1}</h2>\n<div class=\"grid\">\n",
        escape_markup(info.name), escape_markup(detail::capitalised(info.long_name)));
    for (const ComparedScore& score : scores_) out += pair_of_charts(channel, score);
    return out + "</div>\n</section>\n";
  }

  /// What the tests of the leads say, leads tested at once taken into account.
  static std::string tests_text(const std::vector<double>& p_values) {
    if (p_values.empty()) return {};
    const double limit = discovery_limit(p_values, 0.05);
    const auto found = std::count_if(p_values.begin(), p_values.end(), [&](double p) { return limit > 0.0 && p <= limit; });
    return fmt::format(" Diebold-Mariano test: A and B differ at {} of {} leads (false discovery rate 5 %, smallest p {}).", found,
                       p_values.size(), detail::fixed_text(*std::min_element(p_values.begin(), p_values.end()), 3));
  }

  std::string pair_of_charts(std::size_t channel, const ComparedScore& score) const {
    const VerifiedChannel& info = cases_.channel(channel);
    const auto& hours = cases_.a().results->shape().lead_hours;
    const double last = hours[cases_.leads().back().first];
    const double unit_hours = last > 48.0 ? 24.0 : 1.0;
    Series of_a{"A", "s-mean", {}, {}, Marks::none}, of_b{"B", "s-control", {}, {}, Marks::none};
    Series change{"A − B", "s-mean", {}, {}, Marks::discs};
    Band interval{"s-mean", {}, {}, {}, "95 % interval"};
    std::vector<double> tests;  // p-values of the leads that were tested
    for (std::size_t t = 0; t < cases_.leads().size(); ++t) {
      const auto [a, b] = cases_.by_start(score.score, channel, t, detail::k_globe);
      const PairedDifference d = cases_.difference(score.score, channel, t, detail::k_globe);
      const double x = hours[cases_.leads()[t].first] / unit_hours;
      double sum_a = 0.0, sum_b = 0.0, pairs = 0.0;
      for (std::size_t s = 0; s < a.size(); ++s) {
        if (!std::isfinite(a[s]) || !std::isfinite(b[s])) continue;
        sum_a += a[s];
        sum_b += b[s];
        pairs += 1.0;
      }
      for (Series* series : {&of_a, &of_b, &change}) series->x.push_back(x);
      interval.x.push_back(x);
      of_a.y.push_back(sum_a / pairs);
      of_b.y.push_back(sum_b / pairs);
      change.y.push_back(d.difference);
      if (std::isfinite(d.diebold_mariano)) tests.push_back(d.diebold_mariano);
      interval.low.push_back(d.interval.low);
      interval.high.push_back(d.interval.high);
    }
    if (std::none_of(of_a.y.begin(), of_a.y.end(), [](double v) { return std::isfinite(v); }))
      return {};
    const std::string units = score.in_unit ? info.units : "1";
    LineChart both;
    both.title = fmt::format("{} of {}, A and B", score.heading, info.long_name);
    both.x_title = unit_hours == 24.0 ? "lead, days" : "lead, hours";
    both.y_title = detail::unit_text(units);
    both.series = {of_b, of_a};
    LineChart gap = both;
    gap.title = fmt::format("{} of {}, A minus B", score.heading, info.long_name);
    gap.reference_lines = {0.0};
    gap.series = {change};
    gap.bands = {interval};
    const std::string estimator =
        fmt::format("mean over starts of {} of each start, globe", score.score);
    const std::string side = score.score == "spread_skill_ratio" ? "1 is reliable."
                             : orientation_of(score.score) == Orientation::small_is_good
                                 ? "Below 0 A is better."
                                 : "Above 0 A is better.";
    return detail::figure({score.heading, "", facts(units, estimator)}, render(both)) +
           detail::figure(
               {score.heading + ", A minus B",
                side + " Shading: 95 % interval of the mean difference (paired bootstrap)." + tests_text(tests),
                facts(units, estimator)},
               render(gap));
  }

  std::string method() const {
    std::string out = fmt::format(
        "<section class=\"panel\" id=\"method\" aria-labelledby=\"h-method\">\n<h2 "
        "id=\"h-method\">How they are compared</h2>\n<p>Both systems are scored start by start; "
        "the "
        "differences of the common starts are averaged, and their 95 % interval comes from 1,000 "
        "resamples of starts (blocks of {} neighbouring start{}). A difference is called better or "
        "worse when the interval leaves 0 out; of equal systems about one case in twenty would be. "
        "Ensembles of different sizes are compared by their fair scores, which do not depend on "
        "the "
        "number of members.</p>\n<dl>\n",
        starts_per_block(cases_.starts()), starts_per_block(cases_.starts()) == 1 ? "" : "s");
    for (const ComparedScore& score : scores_)
      out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", score.score,
                         escape_markup(find_score(score.score).definition));
    out += "</dl>\n";
    for (const auto& [letter, report] :
         {std::pair{"A", &cases_.a()}, std::pair{"B", &cases_.b()}}) {
      out += fmt::format("<h2>Provenance of {}</h2>\n<dl>\n", letter);
      for (const auto& [label, value] : report->provenance)
        out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_markup(label), escape_markup(value));
      out += "</dl>\n";
    }
    return out + "</section>\n";
  }

  CommonCases cases_;
  std::vector<ComparedScore> scores_;
};

}  // namespace

std::string render_comparison(const Report& a, const Report& b) {
  return ComparisonPage(a, b).html();
}

}  // namespace myriad::diag
