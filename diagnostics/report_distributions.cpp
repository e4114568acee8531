#include "diagnostics/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/ranks.hpp"
#include "diagnostics/report_text.hpp"
#include "diagnostics/spectral_scores.hpp"

namespace myriad::diag::detail {
namespace {

/// At most \p most (at least 2) indices spread evenly over 0..count-1, first and last included.
std::vector<std::size_t> spread_indices(std::size_t count, std::size_t most) {
  std::vector<std::size_t> out;
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i) out.push_back(i);
    return out;
  }
  for (std::size_t i = 0; i < most; ++i) out.push_back(i * (count - 1) / (most - 1));
  return out;
}

Series spectrum_series(const std::vector<double>& power, const std::string& label,
                       const std::string& style) {
  Series series{label, style, {}, {}, Marks::none};
  for (std::size_t l = 1; l < power.size(); ++l) {
    series.x.push_back(static_cast<double>(l));
    series.y.push_back(power[l]);
  }
  return series;
}

/// What the test of flatness says of a rank histogram, a sentence; empty when it was not made.
std::string flatness_text(const ScoreResults& results, std::size_t channel, std::size_t lead) {
  const auto number = [&](const char* name) {
    const auto values = results.extra(name, channel, lead, k_globe);
    return values.empty() ? std::nan("") : values.front();
  };
  const double p = number("rank_flatness_p");
  if (!std::isfinite(p)) return {};
  const std::string chance = p < 0.001 ? "p < 0.001" : fmt::format("p = {}", fixed_text(p, 3));
  if (p >= 0.05) return fmt::format("flat within chance ({})", chance);
  std::string how;
  const auto name = [&](const char* t, const char* p_value, const char* above, const char* below) {
    if (!(number(p_value) < 0.05)) return;
    how += how.empty() ? ": " : " and ";
    how += number(t) > 0.0 ? above : below;
  };
  name("rank_convexity_t", "rank_convexity_p", "too little spread", "too much spread");
  name("rank_slope_t", "rank_slope_p", "too low", "too high");
  return fmt::format("not flat ({}){}", chance, how);
}

}  // namespace

std::string rank_part(const Report& report, std::size_t channel) {
  const ScoreResults& results = *report.results;
  const VerificationShape& shape = results.shape();
  if (shape.members < 2) return {};
  std::vector<std::size_t> present;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    if (!results.rank_histogram(channel, t, k_globe).empty()) present.push_back(t);
  }
  present = whole_days(shape.lead_hours, present);
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
    const std::string flatness = flatness_text(results, channel, t);
    if (!caption.empty() && !flatness.empty()) caption += "; ";
    caption += flatness;
    for (double& v : chart.values) v *= static_cast<double>(shape.rank_bins);
    const std::string heading = capitalised(lead_text(shape.lead_hours[t]));
    chart.title = fmt::format("Rank histogram of {}, {}", shape.channels[channel].long_name,
                              lead_text(shape.lead_hours[t]));
    chart.description = caption;
    chart.first_label = "lowest";
    chart.last_label = "highest";
    figures += figure(
        {heading, caption, facts_of_all_starts(report, "1", "area-weighted shares of ranks")},
        render(chart), "rank");
  }
  if (figures.empty()) return {};
  return "<h3>Where the truth falls among the members</h3>\n<p class=\"key\">Rank histograms, "
         "area-weighted over the " + area_word(shape) + " and all "
         "starts. Flat (dotted line) is reliable, a bowl means too little spread, a dome too much, "
         "a slope a bias; the test of flatness takes starts, not grid points, as independent.</p>\n"
         "<div class=\"grid small\">\n" +
         figures + "</div>\n";
}

namespace {

/// Adds a line of a score per degree for each of \p leads.
void add_spectral_score(LineChart& chart, const Report& report, std::size_t channel,
                        std::span<const std::size_t> leads, std::string_view name,
                        const std::string& suffix, bool dashed) {
  const auto scores = spectral_scores();
  const auto score = std::find_if(scores.begin(), scores.end(),
                                  [&](const SpectralScore& s) { return s.name == name; });
  static constexpr const char* k_styles[2][2] = {{"s-region1", "s-region2"},
                                                 {"s-between1", "s-between2"}};
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const auto values = score->value(*report.results, channel, leads[i]);
    if (values.empty()) continue;
    Series series{lead_text(report.results->shape().lead_hours[leads[i]]) + suffix,
                  k_styles[dashed ? 1 : 0][i],
                  {},
                  {},
                  Marks::none};
    for (std::size_t l = 1; l < values.size(); ++l) {
      series.x.push_back(static_cast<double>(l));
      series.y.push_back(values[l]);
    }
    chart.series.push_back(std::move(series));
  }
}

}  // namespace

std::string spectrum_part(const Report& report, std::size_t channel) {
  const ScoreResults& results = *report.results;
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
  const std::vector<std::size_t> chosen = first_and_last(shape.lead_hours, present);
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
        {fmt::format("Power at {}", lead_text(shape.lead_hours[t])),
         ensemble ? "Members should follow the truth; the mean loses what cannot be predicted."
                  : "The forecast should follow the truth.",
         facts_of_all_starts(report, unit.empty() ? "1" : fmt::format("({})²", unit),
                             "sum over m of |c_lm|², orthonormal harmonics, mean over starts")},
        render(chart));
  }
  /// One line per lead shown of a score per degree.
  const auto by_degree = [&](std::string_view name, const std::string& what,
                             const std::string& description) {
    LineChart chart;
    chart.title = fmt::format("{}, {}", what, info.long_name);
    chart.description = description;
    chart.x_title = "degree";
    chart.x_scale = Scale::logarithmic;
    chart.reference_lines = {1.0};
    add_spectral_score(chart, report, channel, chosen, name, "", false);
    return chart;
  };
  if (const auto ratio = by_degree("power_ratio",
                                   fmt::format("Power of the {} over that of the truth",
                                               ensemble ? "members" : "forecast"),
                                   "Ratio of power per degree; 1 is right, below 1 blurred.");
      !ratio.series.empty()) {
    figures +=
        figure({"Power over that of the truth", "1 is right; below 1 the fields are blurred.",
                facts_of_all_starts(report, "1", "ratio of the mean powers")},
               render(ratio));
  }
  if (const auto ratio = by_degree("spread_skill_ratio_by_degree", "Spread over error per degree",
                                   "Ratio of ensemble spread to the error of the mean per degree; "
                                   "1 is reliable.");
      !ratio.series.empty()) {
    figures += figure({"Spread over error, scale by scale",
                       "1 is reliable; above 1 the members differ more at that scale than the mean "
                       "is wrong.",
                       facts_of_all_starts(report, "1", "√((N+1)/N · spread² / error²) of the mean "
                                                        "powers")},
                      render(ratio));
    LineChart chart;
    chart.title = fmt::format("Coherence per degree, {}", info.long_name);
    chart.description = "Coherence of members with the truth and with each other per degree.";
    chart.x_title = "degree";
    chart.x_scale = Scale::logarithmic;
    chart.reference_lines = {0.0};
    add_spectral_score(chart, report, channel, chosen, "coherence_with_truth", " truth", false);
    add_spectral_score(chart, report, channel, chosen, "coherence_of_members", " members", true);
    figures += figure({"What can be predicted, scale by scale",
                       "1: every member has the truth's waves in place; 0: none. A reliable "
                       "ensemble's members agree with each other (dashed) as with the truth.",
                       facts_of_all_starts(report, "1", "Re⟨x, y⟩ / √(P_x P_y) of the mean powers")},
                      render(chart));
  }
  return "<h3>Spectra</h3>\n<div class=\"grid three\">\n" + figures + "</div>\n";
}

}  // namespace myriad::diag::detail
