#include "diagnostics/report_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "diagnostics/chart.hpp"
#include "diagnostics/contour.hpp"
#include "diagnostics/map.hpp"
#include "diagnostics/ranks.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

constexpr std::size_t k_globe = 0;
constexpr std::size_t k_drawn_members = 60;  ///< thin lines of a plume; the bands use all members

std::string figure(const std::string& heading, const std::string& caption,
                   const std::string& drawing, std::string_view css = "") {
  return fmt::format("<figure{}><figcaption><b>{}</b>{}</figcaption>{}</figure>\n",
                     css.empty() ? std::string() : fmt::format(" class=\"{}\"", css),
                     escape_markup(heading), escape_markup(caption), drawing);
}

/// Charts over lead time of one channel.
class LeadCharts {
 public:
  LeadCharts(const Verification& results, std::size_t channel)
      : results_(results), channel_(channel), info_(results.shape().channels[channel]) {
    const auto& hours = results.shape().lead_hours;
    unit_hours_ = hours.back() > 48.0 ? 24.0 : 1.0;
    for (double h : hours) x_.push_back(h / unit_hours_);
  }

  const std::vector<double>& x() const { return x_; }
  std::string x_title() const { return unit_hours_ == 24.0 ? "lead, days" : "lead, hours"; }

  LineChart start(const std::string& what, const std::string& description,
                  const std::string& unit) const {
    LineChart chart;
    chart.title = fmt::format("{} of {}", what, info_.long_name);
    chart.description = description;
    chart.x_title = x_title();
    chart.y_title = unit;
    chart.x_ticks = x_ticks();
    return chart;
  }

  /// Whole days (or hours), at most nine.
  std::vector<double> x_ticks() const {
    const double span = x_.back() - x_.front();
    double step = 1.0;
    for (double candidate : {1.0, 2.0, 3.0, 5.0, 6.0, 10.0, 12.0, 24.0, 30.0, 50.0, 100.0}) {
      step = candidate;
      if (span / candidate <= 8.0) break;
    }
    std::vector<double> ticks;
    for (double i = std::ceil(x_.front() / step - 1e-9); i * step <= x_.back() + 1e-9; i += 1.0)
      ticks.push_back(i * step);
    return ticks;
  }

  /// Add a score as a line when it exists.
  bool add(LineChart& chart, std::string_view score, const std::string& label,
           const std::string& style, std::size_t region = k_globe) const {
    auto y = results_.over_leads(find_score(score), channel_, region);
    if (std::none_of(y.begin(), y.end(), [](double v) { return std::isfinite(v); })) return false;
    chart.series.push_back({label, style, x_, std::move(y)});
    return true;
  }

  /// Add the bootstrap interval of a score as a band when there are enough starts.
  void add_interval(LineChart& chart, std::string_view name) const {
    if (results_.starts() < 5) return;
    Band band{"s-mean", x_, {}, {}};
    for (std::size_t t = 0; t < x_.size(); ++t) {
      const Interval interval = results_.interval(name, channel_, t, k_globe);
      band.low.push_back(interval.low);
      band.high.push_back(interval.high);
    }
    chart.bands.push_back(std::move(band));
  }

 private:
  const Verification& results_;
  std::size_t channel_;
  const VerifiedChannel& info_;
  double unit_hours_ = 24.0;
  std::vector<double> x_;
};

std::string interval_note(const Verification& results) {
  return results.starts() < 5 ? "" : " Shading: 90 % interval over starts (bootstrap).";
}

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
  html += figure("Bias", "Mean of forecast minus truth over the globe: a drift shows up here.",
                 render(bias));
  return html + "</div>\n";
}

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

  std::string heading = lead_text(panel.lead_hours);
  heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
  return fmt::format("<h4>{}</h4>\n<div class=\"grid three\">\n{}</div>\n", heading, html);
}

std::string maps(const Report& report, std::size_t channel) {
  std::string rows;
  for (const MapPanel& panel : report.maps) {
    if (panel.channel == channel) rows += map_row(report, panel);
  }
  if (rows.empty()) return {};
  return fmt::format("<h3>Maps of the forecast from {}</h3>\n{}", date_text(report.shown_start),
                     rows);
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

std::string plumes(const Report& report, std::size_t channel) {
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

/// At most \p most indices spread evenly over 0..count-1, the last one included.
std::vector<std::size_t> spread_indices(std::size_t count, std::size_t most) {
  std::vector<std::size_t> out;
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i) out.push_back(i);
    return out;
  }
  for (std::size_t i = 1; i <= most; ++i) out.push_back(i * (count - 1) / most);
  return out;
}

std::string rank_histograms(const Verification& results, std::size_t channel) {
  const VerificationShape& shape = results.shape();
  if (shape.members < 2) return {};
  std::vector<std::size_t> present;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    if (!results.rank_histogram(channel, t, k_globe).empty()) present.push_back(t);
  }
  std::string figures;
  for (std::size_t i : spread_indices(present.size(), 6)) {
    const std::size_t t = present[i];
    BarChart chart;
    chart.values = results.rank_histogram(channel, t, k_globe);
    std::string caption;
    if (shape.rank_bins == shape.members + 1) {
      caption = fmt::format("outside: {} %, expected {} %",
                            fixed_text(100.0 * outlier_rate(chart.values), 1),
                            fixed_text(100.0 * expected_outlier_rate(shape.members), 1));
    }
    for (double& v : chart.values) v *= static_cast<double>(shape.rank_bins);
    std::string heading = lead_text(shape.lead_hours[t]);
    heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
    chart.title = fmt::format("Rank histogram of {}, {}", shape.channels[channel].long_name,
                              lead_text(shape.lead_hours[t]));
    chart.description = caption;
    chart.first_label = "lowest";
    chart.last_label = "highest";
    figures += figure(heading, caption, render(chart), "rank");
  }
  if (figures.empty()) return {};
  return "<h3>Where the truth falls among the members</h3>\n<p class=\"key\">Rank histograms, "
         "area-weighted over the globe and all "
         "starts. Flat (dotted line) is reliable, a bowl means too little spread, a dome too much, "
         "a slope a bias.</p>\n"
         "<div class=\"grid small\">\n" +
         figures + "</div>\n";
}

Series spectrum_series(const std::vector<double>& power, const std::string& label,
                       const std::string& style) {
  Series series{label, style, {}, {}};
  for (std::size_t l = 1; l < power.size(); ++l) {
    series.x.push_back(static_cast<double>(l));
    series.y.push_back(power[l]);
  }
  return series;
}

std::string spectra(const Verification& results, std::size_t channel) {
  const VerificationShape& shape = results.shape();
  std::vector<std::size_t> present;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    if (shape.lead_hours[t] > 0.0 && !results.spectrum(channel, t, SpectrumOf::truth).empty())
      present.push_back(t);
  }
  if (present.empty()) return {};
  const VerifiedChannel& info = shape.channels[channel];
  const std::string unit = unit_text(info.units);
  const bool ensemble = shape.members > 1;
  std::string figures;
  std::vector<std::size_t> chosen{present.front()};
  if (present.back() != present.front()) chosen.push_back(present.back());
  for (std::size_t t : chosen) {
    LineChart chart;
    chart.title =
        fmt::format("Power per degree of {}, {}", info.long_name, lead_text(shape.lead_hours[t]));
    chart.description = "Power against total degree, both logarithmic.";
    chart.x_title = "degree (wavelength 40,000 km ÷ degree)";
    chart.y_title = unit.empty() ? "" : fmt::format("({})²", unit);
    chart.x_scale = chart.y_scale = Scale::logarithmic;
    if (const auto p = results.spectrum(channel, t, SpectrumOf::error_of_mean); !p.empty()) {
      chart.series.push_back(spectrum_series(p, "error", "s-control"));
    }
    if (const auto p = results.spectrum(channel, t, SpectrumOf::ensemble_mean);
        ensemble && !p.empty()) {
      chart.series.push_back(spectrum_series(p, "ens. mean", "s-spread"));
    }
    chart.series.push_back(
        spectrum_series(results.spectrum(channel, t, SpectrumOf::truth), "truth", "s-truth"));
    if (const auto p = results.spectrum(channel, t, SpectrumOf::members); !p.empty()) {
      chart.series.push_back(spectrum_series(p, ensemble ? "members" : "forecast", "s-mean"));
    }
    figures += figure(
        fmt::format("Power at {}", lead_text(shape.lead_hours[t])),
        ensemble ? "Members should follow the truth; the mean loses what cannot be predicted."
                 : "The forecast should follow the truth.",
        render(chart));
  }
  LineChart ratio;
  ratio.title = fmt::format("Power of the {} over that of the truth, {}",
                            ensemble ? "members" : "forecast", info.long_name);
  ratio.description = "Ratio of power per degree; 1 is right, below 1 blurred.";
  ratio.x_title = "degree";
  ratio.x_scale = Scale::logarithmic;
  ratio.reference_lines = {1.0};
  const char* styles[] = {"s-region1", "s-region2"};
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto members = results.spectrum(channel, chosen[i], SpectrumOf::members);
    const auto truth = results.spectrum(channel, chosen[i], SpectrumOf::truth);
    if (members.empty()) continue;
    Series series{lead_text(shape.lead_hours[chosen[i]]), styles[i], {}, {}};
    for (std::size_t l = 1; l < truth.size(); ++l) {
      series.x.push_back(static_cast<double>(l));
      series.y.push_back(truth[l] > 0.0 ? members[l] / truth[l]
                                        : std::numeric_limits<double>::quiet_NaN());
    }
    ratio.series.push_back(std::move(series));
  }
  if (!ratio.series.empty())
    figures += figure("Power over that of the truth", "1 is right; below 1 the fields are blurred.",
                      render(ratio));
  return "<h3>Spectra</h3>\n<div class=\"grid three\">\n" + figures + "</div>\n";
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
      "<details><summary>Table of scores over the globe{}</summary>\n<div class=\"scroll\" "
      "role=\"region\" "
      "tabindex=\"0\" aria-label=\"Scores of {}\"><table><thead><tr><th scope=\"col\">lead</th>",
      unit.empty() ? std::string() : fmt::format(" ({})", escape_markup(unit)),
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

}  // namespace

std::string channel_section(const Report& report, std::size_t channel) {
  const VerifiedChannel& info = report.results->shape().channels[channel];
  std::string title = info.long_name;
  if (!title.empty())
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  std::string html =
      fmt::format("<section id=\"{0}\" aria-labelledby=\"h-{0}\">\n<h2 id=\"h-{0}\">{1}</h2>\n<p>",
                  escape_markup(info.name), escape_markup(title));
  for (const std::string& sentence : describe_channel(*report.results, channel))
    html += escape_markup(sentence) + " ";
  html += "</p>\n";
  html += score_charts(*report.results, channel);
  html += score_table(*report.results, channel);
  html += maps(report, channel);
  html += plumes(report, channel);
  html += rank_histograms(*report.results, channel);
  html += spectra(*report.results, channel);
  return html + "</section>\n";
}

}  // namespace myriad::diag::detail
