#include "diagnostics/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "diagnostics/contour.hpp"
#include "diagnostics/map.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

constexpr std::size_t k_drawn_members = 60;  ///< thin lines of a plume; the bands use all members

std::string map_row(const Report& report, const MapPanel& panel) {
  const VerificationShape& shape = report.results->shape();
  const VerifiedChannel& info = shape.channels[panel.channel];
  const std::vector<double> latitudes = shape.grid.latitudes_deg();
  const std::string unit = unit_text(info.units);
  const std::string when = fmt::format("{} of the forecast from {}", lead_text(panel.lead_hours),
                                       date_text(report.shown_start));
  const bool ensemble = !panel.spread.empty();

  WorldMap map;
  map.units = unit;
  map.latitudes_deg = latitudes;
  map.nlon = shape.grid.nlon();
  map.lines = panel.mean;
  const auto with_legend = [&] { return render_map(map) + render_legend(map); };
  std::string html;

  std::vector<float> both(panel.mean);
  both.insert(both.end(), panel.truth.begin(), panel.truth.end());
  map.colour_map = ColourMap::thermal;
  map.levels = map_levels(both, map.colour_map);
  const std::size_t every = map.levels.size() > 9 ? 2 : 1;
  for (std::size_t i = 0; i < map.levels.size(); i += every) {
    map.line_levels.push_back(map.levels[i]);
  }
  map.field = panel.mean;
  map.title =
      fmt::format("{} of {}, {}", ensemble ? "Ensemble mean" : "Forecast", info.long_name, when);
  html += figure(ensemble ? "Ensemble mean" : "Forecast", unit, with_legend());

  if (ensemble) {
    map.colour_map = ColourMap::sequential;
    map.levels = map_levels(panel.spread, map.colour_map, 9);
    map.field = panel.spread;
    map.title = fmt::format("Ensemble spread of {}, {}", info.long_name, when);
    map.description = "Shading: standard deviation of the members. Lines: ensemble mean.";
    html += figure("Spread", fmt::format("{}; lines: ensemble mean", unit.empty() ? "1" : unit),
                   with_legend());
  }

  std::vector<float> difference(panel.mean.size());
  for (std::size_t i = 0; i < difference.size(); ++i)
    difference[i] = panel.mean[i] - panel.truth[i];
  map.colour_map = ColourMap::diverging;
  map.levels = map_levels(difference, map.colour_map, 11);
  map.field = difference;
  map.lines = panel.truth;
  map.title = fmt::format("{} minus truth of {}, {}", ensemble ? "Ensemble mean" : "Forecast",
                          info.long_name, when);
  map.description = "Shading: forecast minus truth, red too high, blue too low. Lines: truth.";
  html += figure(ensemble ? "Mean minus truth" : "Forecast minus truth",
                 fmt::format("{}; lines: truth", unit.empty() ? "1" : unit), with_legend());

  const std::string heading = capitalised(lead_text(panel.lead_hours));
  return fmt::format("<h4>{}</h4>\n<div class=\"grid three\">\n{}</div>\n", heading, html);
}

/// Quantile of the members at one lead, linear between order statistics.
double member_quantile(const Plume& plume, std::size_t lead, double q) {
  std::vector<double> values;
  for (const auto& member : plume.members) {
    if (std::isfinite(member[lead])) values.push_back(member[lead]);
  }
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const double position = q * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (position - static_cast<double>(low)) * (values[high] - values[low]);
}

std::string plume_figure(const Report& report, const Plume& plume) {
  const LeadCharts charts(*report.results, plume.channel);
  const VerifiedChannel& info = report.results->shape().channels[plume.channel];
  LineChart chart;
  chart.title = fmt::format("{} at {}, forecast from {}", info.long_name, plume.place,
                            date_text(report.shown_start));
  chart.description =
      "Every member as a thin line, bands of half and of nine tenths of the members, truth, "
      "control.";
  chart.x_title = charts.x_title();
  chart.x_ticks = charts.x_ticks();
  chart.y_title = unit_text(info.units);
  const std::size_t leads = charts.x().size();
  if (plume.members.size() >= 5) {
    for (const auto& [low, high, style] :
         {std::tuple{0.05, 0.95, "b90"}, std::tuple{0.25, 0.75, "b50"}}) {
      Band band{style, charts.x(), {}, {}};
      for (std::size_t t = 0; t < leads; ++t) {
        band.low.push_back(member_quantile(plume, t, low));
        band.high.push_back(member_quantile(plume, t, high));
      }
      chart.bands.push_back(std::move(band));
    }
  }
  for (std::size_t i = 0; i < std::min(k_drawn_members, plume.members.size()); ++i) {
    chart.series.push_back({"", "s-member", charts.x(), plume.members[i]});
  }
  if (!plume.climate_mean.empty())
    chart.series.push_back({"climate", "s-climatology", charts.x(), plume.climate_mean});
  if (!plume.control.empty())
    chart.series.push_back({"control", "s-control", charts.x(), plume.control});
  if (plume.members.size() >= 2) {
    Series median{"median", "s-mean", charts.x(), {}};
    for (std::size_t t = 0; t < leads; ++t) median.y.push_back(member_quantile(plume, t, 0.5));
    chart.series.push_back(std::move(median));
  }
  chart.series.push_back({"truth", "s-truth", charts.x(), plume.truth});
  return figure(plume.place, place_text(plume.latitude, plume.longitude), render(chart));
}

}  // namespace

std::string map_part(const Report& report, std::size_t channel) {
  std::string rows;
  for (const MapPanel& panel : report.maps) {
    if (panel.channel == channel) rows += map_row(report, panel);
  }
  if (rows.empty()) return {};
  return fmt::format("<h3>Maps of the forecast from {}</h3>\n{}", date_text(report.shown_start),
                     rows);
}

std::string plume_part(const Report& report, std::size_t channel) {
  std::string figures;
  for (const Plume& plume : report.plumes) {
    if (plume.channel == channel) figures += plume_figure(report, plume);
  }
  if (figures.empty()) return {};
  return fmt::format(
      "<h3>Plumes of the forecast from {}</h3>\n<p class=\"key\">Thin lines: members. Dark and "
      "light band: half and "
      "nine tenths of the members.</p>\n<div class=\"grid\">\n{}</div>\n",
      date_text(report.shown_start), figures);
}

}  // namespace myriad::diag::detail
