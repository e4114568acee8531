#include "diagnostics/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {

namespace {

std::string facts(const Report& report, std::string_view units, std::string_view estimator,
                  const std::string& dates) {
  const int members = report.results->shape().members;
  const std::string unit = unit_text(units);
  return fmt::format("{} · {} · {} · {}", unit.empty() ? "no unit" : unit,
                     members == 1 ? "1 member" : fmt::format("{} members", members), dates,
                     estimator);
}

}  // namespace

std::string facts_of_all_starts(const Report& report, std::string_view units,
                                std::string_view estimator) {
  const std::size_t starts = report.starts.size();
  return facts(
      report, units, estimator,
      fmt::format("{} start{}, {}", starts, starts == 1 ? "" : "s", dates_text(report.starts)));
}

std::string facts_of_shown_start(const Report& report, std::string_view units,
                                 std::string_view estimator) {
  return facts(report, units, estimator, "forecast from " + date_text(report.shown_start));
}

std::string figure(const Caption& caption, const std::string& drawing, std::string_view css) {
  const std::string text = caption.text.empty()
                               ? std::string()
                               : fmt::format("<span>{}</span>", escape_markup(caption.text));
  return fmt::format("<figure{}><figcaption><b>{}</b>{}<small>{}</small></figcaption>{}</figure>\n",
                     css.empty() ? std::string() : fmt::format(" class=\"{}\"", css),
                     escape_markup(caption.heading), text, escape_markup(caption.facts), drawing);
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::vector<std::size_t> whole_days(const std::vector<double>& lead_hours,
                                    std::vector<std::size_t> present) {
  std::vector<std::size_t> days;
  for (std::size_t t : present) {
    if (lead_hours[t] > 0.0 && std::fmod(lead_hours[t], 24.0) == 0.0) days.push_back(t);
  }
  return days.size() >= 3 ? days : present;
}

std::vector<std::size_t> first_and_last(const std::vector<double>& lead_hours,
                                        const std::vector<std::size_t>& present) {
  if (present.empty()) return {};
  const auto days = whole_days(lead_hours, present);
  std::vector<std::size_t> chosen{days.front()};
  if (days.back() != days.front()) chosen.push_back(days.back());
  return chosen;
}

LeadCharts::LeadCharts(const ScoreResults& results, std::size_t channel)
    : results_(results), channel_(channel), info_(results.shape().channels[channel]) {
  const auto& hours = results.shape().lead_hours;
  unit_hours_ = hours.back() > 48.0 ? 24.0 : 1.0;
  for (double h : hours) x_.push_back(h / unit_hours_);
}

std::vector<double> LeadCharts::x_ticks() const {
  const double span = x_.back() - x_.front();
  double step = 1.0;
  for (double candidate : {1.0, 2.0, 3.0, 5.0, 6.0, 10.0, 12.0, 24.0, 30.0, 50.0, 100.0}) {
    step = candidate;
    if (span / candidate <= 8.0) break;
  }
  std::vector<double> ticks;
  for (double i = std::ceil(x_.front() / step - 1e-9); i * step <= x_.back() + 1e-9; i += 1.0) {
    ticks.push_back(i * step);
  }
  return ticks;
}

LineChart LeadCharts::start(const std::string& what, const std::string& description,
                            const std::string& unit) const {
  LineChart chart;
  chart.title = fmt::format("{} of {}", what, info_.long_name);
  chart.description = description;
  chart.x_title = x_title();
  chart.y_title = unit;
  chart.x_ticks = x_ticks();
  return chart;
}

bool LeadCharts::add(LineChart& chart, std::string_view score, const std::string& label,
                     const std::string& style, std::size_t region) const {
  auto y = results_.over_leads(find_score(score), channel_, region);
  if (std::none_of(y.begin(), y.end(), [](double v) { return std::isfinite(v); })) return false;
  chart.series.push_back({label, style, x_, std::move(y)});
  return true;
}

void LeadCharts::add_interval(LineChart& chart, std::string_view score) const {
  if (results_.starts() < 5) return;
  Band band{"s-mean", x_, {}, {}, "90 % interval"};
  for (std::size_t t = 0; t < x_.size(); ++t) {
    const Interval interval = results_.interval(score, channel_, t, k_globe);
    band.low.push_back(interval.low);
    band.high.push_back(interval.high);
  }
  chart.bands.push_back(std::move(band));
}

}  // namespace myriad::diag::detail
