#include "diagnostics/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

std::string interval_note(const ScoreResults& results) {
  return results.starts() < 5 ? "" : " Shading: 90 % interval over starts (bootstrap).";
}

/// Makes the charts of one channel; every one says what its main score is.
class ScoreCharts {
 public:
  ScoreCharts(const Report& report, std::size_t channel)
      : report_(report),
        results_(*report.results),
        info_(results_.shape().channels[channel]),
        charts_(results_, channel),
        ensemble_(results_.shape().members > 1),
        who_(ensemble_ ? "ens. mean" : "forecast") {}

  std::string error() const {
    LineChart chart =
        charts_.start("Root-mean-square error",
                      "Error over lead beside persistence, climatology and the spread.", unit());
    charts_.add_interval(chart, "rmse");
    chart.y_low = 0.0;
    charts_.add(chart, "rmse_persistence", "persistence", "s-persistence");
    charts_.add(chart, "rmse_climatology", "climate", "s-climatology");
    charts_.add(chart, "rmse_control", "control", "s-control");
    charts_.add(chart, "spread", "spread", "s-spread");
    charts_.add(chart, "rmse", who_, "s-mean");
    return make("Error",
                ensemble_ ? "Root-mean-square error of the ensemble mean; where spread and error "
                            "meet, the ensemble knows how good it is."
                          : "Root-mean-square error of the forecast.",
                info_.units, "rmse", chart);
  }

  std::string crps() const {
    LineChart chart = charts_.start(
        "CRPS", "Error of the whole distribution beside persistence and climatology.", unit());
    const char* estimator = ensemble_ ? "crps_fair" : "crps_standard";
    charts_.add_interval(chart, estimator);
    chart.y_low = 0.0;
    charts_.add(chart, "crps_persistence", "persistence", "s-persistence");
    charts_.add(chart, "crps_climatology", "climate", "s-climatology");
    charts_.add(chart, estimator, ensemble_ ? "ensemble" : "forecast", "s-mean");
    return make("Probabilistic error",
                ensemble_ ? "CRPS, the error of the whole distribution. Climate is the Gaussian "
                            "with the season’s mean and variance."
                          : "CRPS of a single forecast is its mean absolute error.",
                info_.units, estimator, chart);
  }

  std::string correlation() const {
    LineChart chart = charts_.start(
        "Anomaly correlation",
        "Correlation of forecast and true anomalies; 0.6 is the usual limit of usefulness.", "");
    chart.y_high = 1.0;
    chart.reference_lines = {0.6};
    charts_.add_interval(chart, "acc");
    charts_.add(chart, "acc_persistence", "persistence", "s-persistence");
    charts_.add(chart, "acc_control", "control", "s-control");
    if (!charts_.add(chart, "acc", who_, "s-mean")) return {};
    return make("Anomaly correlation",
                "Pattern skill against climatology. Dotted: 0.6, the usual limit of a useful "
                "forecast.",
                "1", "acc", chart);
  }

  std::string ratio() const {
    if (!ensemble_) return {};
    LineChart chart = charts_.start("Spread-skill ratio",
                                    "Spread over error; 1 is reliable, below 1 overconfident.", "");
    chart.reference_lines = {1.0};
    charts_.add_interval(chart, "spread_skill_ratio");
    if (!charts_.add(chart, "spread_skill_ratio", "ratio", "s-mean")) return {};
    const auto& values = chart.series.back().y;
    const bool far_off =
        std::any_of(values.begin(), values.end(), [](double v) { return v > 2.0; });
    if (far_off) chart.y_scale = Scale::logarithmic;  // keeps the part near 1 readable
    return make("Spread over error", "1 is reliable, below 1 overconfident.", "1",
                "spread_skill_ratio", chart);
  }

  std::string regions() const {
    LineChart chart = charts_.start("Anomaly correlation by region",
                                    "Anomaly correlation of the extratropics and the tropics.", "");
    chart.y_high = 1.0;
    chart.reference_lines = {0.6};
    static constexpr std::array<std::array<const char*, 3>, 3> lines{
        {{"n_extratropics", "north", "s-region1"},
         {"tropics", "tropics", "s-region2"},
         {"s_extratropics", "south", "s-region3"}}};
    bool any = false;
    for (std::size_t r = 1; r < results_.shape().regions.size(); ++r) {
      for (const auto& [name, label, style] : lines) {
        if (results_.shape().regions[r].name == name)
          any = charts_.add(chart, "acc", label, style, r) || any;
      }
    }
    if (!any) return {};
    return make("By region",
                "Anomaly correlation north of 20°N, between 20°S and 20°N, and south of 20°S.", "1",
                "acc", chart);
  }

  /// Regions asked for, three to a figure; by the error where there is no anomaly correlation.
  std::string own_regions() const {
    std::vector<std::size_t> own;
    for (std::size_t r = 1; r < results_.shape().regions.size(); ++r) {
      const auto& known = standard_regions();
      const bool standard = std::any_of(known.begin(), known.end(), [&](const Region& region) {
        return region.name == results_.shape().regions[r].name;
      });
      if (!standard) own.push_back(r);
    }
    std::string figures;
    for (std::size_t first = 0; first < own.size(); first += 3) {
      const std::span<const std::size_t> some = std::span<const std::size_t>(own).subspan(
          first, std::min<std::size_t>(3, own.size() - first));
      std::string drawn = region_chart("acc", some);
      figures += drawn.empty() ? region_chart("rmse", some) : drawn;
    }
    return figures;
  }

  std::string region_chart(const std::string& score, std::span<const std::size_t> regions) const {
    static constexpr std::array<const char*, 3> styles{"s-region1", "s-region2", "s-region3"};
    const bool correlation = score == "acc";
    LineChart chart =
        charts_.start(correlation ? "Anomaly correlation by region" : "Error by region",
                      "One line for each region that was asked for.", correlation ? "" : unit());
    if (correlation) {
      chart.y_high = 1.0;
      chart.reference_lines = {0.6};
    }
    std::string titles;
    bool any = false;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const Region& region = results_.shape().regions[regions[i]];
      any = charts_.add(chart, score, region.name, styles[i], regions[i]) || any;
      titles += (titles.empty() ? "" : "; ") + region.title;
    }
    if (!any) return {};
    return make(correlation ? "By region, correlation" : "By region, error", titles + ".",
                correlation ? "1" : info_.units, score, chart);
  }

  std::string bias() const {
    LineChart chart = charts_.start("Mean error", "Area mean of forecast minus truth.", unit());
    chart.reference_lines = {0.0};
    charts_.add_interval(chart, "bias");
    charts_.add(chart, "bias_climatology", "climate", "s-climatology");
    charts_.add(chart, "bias", who_, "s-mean");
    return make("Bias",
                fmt::format("Mean of forecast minus truth over the {}: a drift shows up here.",
                            area_word(results_.shape())),
                info_.units, "bias", chart);
  }

 private:
  std::string unit() const { return unit_text(info_.units); }
  std::string make(const std::string& heading, const std::string& text, std::string_view units,
                   std::string_view score, const LineChart& chart) const {
    const std::string note = chart.bands.empty() ? std::string() : interval_note(results_);
    return figure(
        {heading, text + note,
         facts_of_all_starts(report_, units,
                             fmt::format("{} = {}", score, find_score(score).definition))},
        render(chart));
  }

  const Report& report_;
  const ScoreResults& results_;
  const VerifiedChannel& info_;
  LeadCharts charts_;
  bool ensemble_;
  const char* who_;
};

}  // namespace

std::string score_charts(const Report& report, std::size_t channel) {
  const ScoreCharts charts(report, channel);
  return "<div class=\"grid\">\n" + charts.error() + charts.crps() + charts.correlation() +
         charts.ratio() + charts.regions() + charts.own_regions() + charts.bias() + "</div>\n";
}

std::string score_table(const ScoreResults& results, std::size_t channel) {
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
