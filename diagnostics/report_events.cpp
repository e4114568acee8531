#include <fmt/format.h>

#include <cmath>

#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

constexpr double k_square = 300.0;  ///< height of charts whose two axes are both 0..1

/// "above 5600 m at day 5".
std::string event_text(const VerifiedEvent& event) {
  const std::string unit = unit_text(event.units);
  return fmt::format("{}{} at {}", event.name, unit.empty() ? "" : "\u202f" + unit,
                     lead_text(event.lead_hours));
}

/// The number of members is that of the probabilities, which may differ from the report's.
std::string event_facts(const Report& report, const VerifiedEvent& event,
                        std::string_view estimator) {
  return fmt::format("no unit · {} member{} · {} start{}, {} · {}", event.members,
                     event.members == 1 ? "" : "s", report.starts.size(),
                     report.starts.size() == 1 ? "" : "s", dates_text(report.starts), estimator);
}

LineChart unit_square(const std::string& title, const std::string& description) {
  LineChart chart;
  chart.title = title;
  chart.description = description;
  chart.height = k_square;
  chart.value_unit = "";
  chart.y_low = 0.0;
  chart.y_high = 1.0;
  chart.x_ticks = {0.0, 0.2, 0.4, 0.6, 0.8, 1.0};
  chart.series.push_back({"", "s-diagonal", {0.0, 1.0}, {0.0, 1.0}, Marks::none});
  return chart;
}

std::string reliability_figure(const Report& report, const ReliabilityCurve& curve) {
  const std::string what = event_text(curve.event);
  LineChart chart = unit_square("Reliability of the probability of " + what,
                                "Observed frequency against forecast probability.");
  chart.x_title = "forecast probability";
  chart.y_title = "observed frequency";
  chart.reference_lines = {curve.base_rate};
  chart.series.push_back(
      {"observed", "s-mean", curve.forecast_probability, curve.observed_frequency, Marks::discs});
  BarChart bars;
  bars.title = "How often each probability was forecast";
  bars.values = curve.counts;
  double sum = 0.0;
  for (double v : bars.values) sum += v;
  for (double& v : bars.values) v = sum > 0.0 ? v / sum : 0.0;
  bars.first_label = "probability 0";
  bars.last_label = "1";
  bars.flat.reset();
  bars.x_name = "bin of probability";
  bars.y_name = "share of cases";
  return figure({"Reliability: " + what,
                 "On the diagonal probabilities mean what they say; below it they are too high. "
                 "Dotted: how often the event happens. Bars: how often each probability is "
                 "forecast.",
                 event_facts(report, curve.event, "relative frequencies per bin of probability")},
                render(chart) + "<div class=\"half\">" + render(bars) + "</div>");
}

std::string roc_figure(const Report& report, const RocCurve& curve) {
  const std::string what = event_text(curve.event);
  LineChart chart = unit_square("Relative operating characteristic of " + what,
                                "Hit rate against false-alarm rate.");
  chart.x_title = "false-alarm rate";
  chart.y_title = "hit rate";
  chart.series.push_back({"hits", "s-mean", curve.false_alarm_rate, curve.hit_rate, Marks::discs});
  return figure({"Hits and false alarms: " + what,
                 fmt::format("Area under the curve {}; 0.5 (the diagonal) is no skill, 1 perfect.",
                             fixed_text(curve.area, 3)),
                 event_facts(report, curve.event, "rates over starts and area, trapezoidal area")},
                render(chart));
}

}  // namespace

std::string event_part(const Report& report, std::size_t channel) {
  std::string figures;
  for (const ReliabilityCurve& curve : report.reliability) {
    if (curve.event.channel == channel) figures += reliability_figure(report, curve);
  }
  for (const RocCurve& curve : report.roc) {
    if (curve.event.channel == channel) figures += roc_figure(report, curve);
  }
  if (figures.empty()) return {};
  return "<h3>Probabilities of events</h3>\n<div class=\"grid three\">\n" + figures + "</div>\n";
}

}  // namespace myriad::diag::detail
