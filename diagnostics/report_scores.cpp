#include "diagnostics/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

std::string interval_note(const Verification& results) {
  return results.starts() < 5 ? "" : " Shading: 90 % interval over starts (bootstrap).";
}

}  // namespace

std::string score_charts(const Verification& results, std::size_t channel) {
  const LeadCharts charts(results, channel);
  const std::string unit = unit_text(results.shape().channels[channel].units);
  const bool ensemble = results.shape().members > 1;
  std::string html = "<div class=\"grid\">\n";

  LineChart error =
      charts.start("Root-mean-square error",
                   "Error over lead beside persistence, climatology and the spread.", unit);
  charts.add_interval(error, "rmse");
  error.y_low = 0.0;
  charts.add(error, "rmse_persistence", "persistence", "s-persistence");
  charts.add(error, "rmse_climatology", "climate", "s-climatology");
  charts.add(error, "rmse_control", "control", "s-control");
  charts.add(error, "spread", "spread", "s-spread");
  charts.add(error, "rmse", ensemble ? "ens. mean" : "forecast", "s-mean");
  html += figure("Error",
                 (ensemble ? "Root-mean-square error of the ensemble mean; where spread and error "
                             "meet, the ensemble knows how good it is."
                           : "Root-mean-square error of the forecast.") +
                     interval_note(results),
                 render(error));

  LineChart crps = charts.start(
      "CRPS", "Error of the whole distribution beside persistence and climatology.", unit);
  const char* estimator = ensemble ? "crps_fair" : "crps_standard";
  charts.add_interval(crps, estimator);
  crps.y_low = 0.0;
  charts.add(crps, "crps_persistence", "persistence", "s-persistence");
  charts.add(crps, "crps_climatology", "climate", "s-climatology");
  charts.add(crps, estimator, ensemble ? "ensemble" : "forecast", "s-mean");
  html += figure("Probabilistic error",
                 ensemble ? "Fair CRPS: the error of the whole distribution. Climate is the "
                            "Gaussian with the season’s mean and variance."
                          : "CRPS of a single forecast is its mean absolute error.",
                 render(crps));

  LineChart correlation = charts.start(
      "Anomaly correlation",
      "Correlation of forecast and true anomalies; 0.6 is the usual limit of usefulness.", "");
  correlation.y_high = 1.0;
  correlation.reference_lines = {0.6};
  charts.add_interval(correlation, "acc");
  charts.add(correlation, "acc_persistence", "persistence", "s-persistence");
  charts.add(correlation, "acc_control", "control", "s-control");
  if (charts.add(correlation, "acc", ensemble ? "ens. mean" : "forecast", "s-mean")) {
    html += figure(
        "Anomaly correlation",
        "Pattern skill against climatology. Dotted: 0.6, the usual limit of a useful forecast.",
        render(correlation));
  }

  if (ensemble) {
    LineChart ratio = charts.start("Spread-skill ratio",
                                   "Spread over error; 1 is reliable, below 1 overconfident.", "");
    ratio.reference_lines = {1.0};
    charts.add_interval(ratio, "spread_skill_ratio");
    const auto values = results.over_leads(find_score("spread_skill_ratio"), channel, k_globe);
    const bool far_off =
        std::any_of(values.begin(), values.end(), [](double v) { return v > 2.0; });
    if (far_off) ratio.y_scale = Scale::logarithmic;  // keeps the part near 1 readable
    if (charts.add(ratio, "spread_skill_ratio", "ratio", "s-mean")) {
      html +=
          figure("Spread over error",
                 "√((N+1)/N) × spread ÷ error of the mean. 1 is reliable, below 1 overconfident.",
                 render(ratio));
    }
  }

  LineChart regions = charts.start("Anomaly correlation by region",
                                   "Anomaly correlation of the extratropics and the tropics.", "");
  regions.y_high = 1.0;
  regions.reference_lines = {0.6};
  static constexpr const char* labels[] = {"", "north", "tropics", "south"};
  static constexpr const char* styles[] = {"", "s-region1", "s-region2", "s-region3"};
  bool any_region = false;
  for (std::size_t r = 1; r < std::min<std::size_t>(4, results.shape().regions.size()); ++r) {
    any_region = charts.add(regions, "acc", labels[r], styles[r], r) || any_region;
  }
  if (any_region)
    html += figure("By region",
                   "Anomaly correlation north of 20°N, between 20°S and 20°N, and south of 20°S.",
                   render(regions));

  LineChart bias = charts.start("Mean error", "Area mean of forecast minus truth.", unit);
  bias.reference_lines = {0.0};
  charts.add_interval(bias, "bias");
  charts.add(bias, "bias_climatology", "climate", "s-climatology");
  charts.add(bias, "bias", ensemble ? "ens. mean" : "forecast", "s-mean");
  html += figure("Bias", fmt::format("Mean of forecast minus truth over the {}: a drift shows up here.", area_word(results.shape())),
                 render(bias));
  return html + "</div>\n";
}

std::string score_table(const Verification& results, std::size_t channel) {
  const VerificationShape& shape = results.shape();
  const std::string unit = unit_text(shape.channels[channel].units);
  struct Column {
    const char* score;
    const char* heading;
    int decimals;  ///< -1: three significant digits
  };
  static constexpr Column columns[] = {{"rmse", "RMSE", -1},
                                       {"rmse_persistence", "RMSE persistence", -1},
                                       {"rmse_climatology", "RMSE climatology", -1},
                                       {"bias", "bias", -1},
                                       {"acc", "ACC", 3},
                                       {"crps_fair", "CRPS fair", -1},
                                       {"crps_standard", "CRPS standard", -1},
                                       {"crps_climatology", "CRPS climatology", -1},
                                       {"spread", "spread", -1},
                                       {"spread_skill_ratio", "spread / error", 3}};
  std::vector<std::vector<double>> values;
  std::vector<const Column*> shown;
  for (const Column& column : columns) {
    auto v = results.over_leads(find_score(column.score), channel, k_globe);
    if (std::none_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); })) continue;
    values.push_back(std::move(v));
    shown.push_back(&column);
  }
  std::string html = fmt::format(
      "<details><summary>Table of scores over the {}{}</summary>\n<div class=\"scroll\" "
      "role=\"region\" "
      "tabindex=\"0\" aria-label=\"Scores of {}\"><table><thead><tr><th scope=\"col\">lead</th>",
      area_word(shape), unit.empty() ? std::string() : fmt::format(" ({})", escape_markup(unit)),
      escape_markup(shape.channels[channel].long_name));
  for (const Column* column : shown)
    html += fmt::format("<th scope=\"col\">{}</th>", column->heading);
  html += "</tr></thead><tbody>\n";
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", lead_text(shape.lead_hours[t]));
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const double v = values[i][t];
      html +=
          fmt::format("<td>{}</td>",
                      shown[i]->decimals < 0 ? number_text(v) : fixed_text(v, shown[i]->decimals));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div></details>\n";
}

}  // namespace myriad::diag::detail
