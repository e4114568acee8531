#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

constexpr std::size_t k_drawn_members = 60;  ///< thin lines of a plume; the bands use all members
constexpr std::size_t k_least_members = 5;   ///< below that quantiles say nothing

/// The members' values at one lead in increasing order.
std::vector<double> sorted_members(const Plume& plume, std::size_t lead) {
  std::vector<double> values;
  for (const auto& member : plume.members) {
    if (std::isfinite(member[lead])) values.push_back(member[lead]);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// Quantile, linear between order statistics (Hyndman and Fan 1996, type 7); NaN of nothing.
double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (position - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

LineChart start_chart(const Report& report, const Plume& plume, const LeadCharts& charts,
                      const std::string& description) {
  const VerifiedChannel& info = report.results->shape().channels[plume.channel];
  LineChart chart;
  chart.title = fmt::format("{} at {}, forecast from {}", info.long_name, plume.place,
                            date_text(report.shown_start));
  chart.description = description;
  chart.x_title = charts.x_title();
  chart.x_ticks = charts.x_ticks();
  chart.y_title = unit_text(info.units);
  return chart;
}

std::string plume_figure(const Report& report, const Plume& plume) {
  const LeadCharts charts(*report.results, plume.channel);
  const VerifiedChannel& info = report.results->shape().channels[plume.channel];
  LineChart chart = start_chart(
      report, plume, charts,
      "Every member as a thin line, bands of half and of nine tenths of the members, truth, "
      "control.");
  const std::size_t leads = charts.x().size();
  std::vector<std::vector<double>> sorted;
  for (std::size_t t = 0; t < leads; ++t) sorted.push_back(sorted_members(plume, t));
  if (plume.members.size() >= k_least_members) {
    for (const auto& [low, high, style, label] :
         {std::tuple{0.05, 0.95, "b90", "9 of 10 members"},
          std::tuple{0.25, 0.75, "b50", "half of the members"}}) {
      Band band{style, charts.x(), {}, {}, label};
      for (const auto& values : sorted) {
        band.low.push_back(quantile(values, low));
        band.high.push_back(quantile(values, high));
      }
      chart.bands.push_back(std::move(band));
    }
  }
  const auto add = [&](const char* label, const char* style, std::vector<double> y) {
    chart.series.push_back({label, style, charts.x(), std::move(y), Marks::none});
  };
  for (std::size_t i = 0; i < std::min(k_drawn_members, plume.members.size()); ++i)
    add("", "s-member", plume.members[i]);
  if (!plume.climate_mean.empty()) add("climate", "s-climatology", plume.climate_mean);
  if (!plume.control.empty()) add("control", "s-control", plume.control);
  if (plume.members.size() >= 2) {
    std::vector<double> median;
    for (const auto& values : sorted) median.push_back(quantile(values, 0.5));
    add("median", "s-mean", std::move(median));
  }
  add("truth", "s-truth", plume.truth);
  const std::string drawn = plume.members.size() > k_drawn_members
                                ? fmt::format("Thin: the first {} members.", k_drawn_members)
                                : std::string("Thin: members.");
  return figure({plume.place, drawn + " Bands: half and nine tenths of all.",
                 facts_of_shown_start(
                     report, info.units,
                     fmt::format("grid point {}", place_text(plume.latitude, plume.longitude)))},
                render(chart));
}

/// Boxes as in the meteograms of weather services, one per day at most.
std::string meteogram_figure(const Report& report, const Plume& plume) {
  if (plume.members.size() < k_least_members) return {};
  const LeadCharts charts(*report.results, plume.channel);
  const VerifiedChannel& info = report.results->shape().channels[plume.channel];
  std::vector<std::size_t> all(charts.x().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto& hours = report.results->shape().lead_hours;
  LineChart chart = start_chart(report, plume, charts,
                                "Boxes over lead: median, half, 8 of 10 and all of the members.");
  Series truth{"truth", "s-truth", {}, {}, Marks::discs};
  for (std::size_t t : whole_days(hours, all)) {
    const auto values = sorted_members(plume, t);
    chart.boxes.push_back({charts.x()[t], quantile(values, 0.0), quantile(values, 0.1),
                           quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75),
                           quantile(values, 0.9), quantile(values, 1.0)});
    truth.x.push_back(charts.x()[t]);
    truth.y.push_back(plume.truth[t]);
  }
  chart.series.push_back(std::move(truth));
  return figure(
      {plume.place + ", boxes",
       "Wide box: half of the members, narrow box: 8 of 10, line: lowest to highest, bar: median.",
       facts_of_shown_start(report, info.units,
                            fmt::format("quantiles linear between members; grid point {}",
                                        place_text(plume.latitude, plume.longitude)))},
      render(chart));
}

}  // namespace

std::string plume_part(const Report& report, std::size_t channel) {
  std::string figures;
  for (const Plume& plume : report.plumes) {
    if (plume.channel == channel) figures += plume_figure(report, plume);
  }
  for (const Plume& plume : report.plumes) {
    if (plume.channel == channel) figures += meteogram_figure(report, plume);
  }
  if (figures.empty()) return {};
  return fmt::format("<h3>Places, forecast from {}</h3>\n<div class=\"grid three\">\n{}</div>\n",
                     date_text(report.shown_start), figures);
}

}  // namespace myriad::diag::detail
