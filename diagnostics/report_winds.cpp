#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"
#include "diagnostics/wind_spectra.hpp"

namespace myriad::diag::detail {
namespace {

/// Degree 0 carries no wind.
Series by_degree(const std::vector<double>& values, const std::string& label,
                 const std::string& style) {
  Series series{label, style, {}, {}, Marks::none};
  for (std::size_t l = 1; l < values.size(); ++l) {
    series.x.push_back(static_cast<double>(l));
    series.y.push_back(values[l]);
  }
  return series;
}

std::string energy_figure(const Report& report, std::size_t pair, std::size_t lead) {
  const ScoreResults& results = *report.results;
  const VerificationShape& shape = results.shape();
  const bool ensemble = shape.members > 1;
  const std::string when = lead_text(shape.lead_hours[lead]);
  LineChart chart;
  chart.title =
      fmt::format("Kinetic energy per degree of the {}, {}", shape.winds[pair].long_name, when);
  chart.description = "Kinetic energy against total degree, both logarithmic.";
  chart.x_title = "degree (wavelength 40,000 km ÷ degree)";
  chart.y_title = unit_text("m2 s-2");
  chart.x_scale = chart.y_scale = Scale::logarithmic;
  const auto add = [&](WindPart part, WindOf of, const char* label, const char* style) {
    const auto values = results.wind_spectrum(pair, lead, part, of);
    if (!values.empty()) chart.series.push_back(by_degree(values, label, style));
  };
  add(WindPart::divergent, WindOf::truth, "truth, div.", "s-region3");
  add(WindPart::divergent, WindOf::members, ensemble ? "members, div." : "forecast, div.",
      "s-between1");
  if (ensemble) add(WindPart::rotational, WindOf::ensemble_mean, "ens. mean", "s-spread");
  add(WindPart::rotational, WindOf::truth, "truth", "s-truth");
  add(WindPart::rotational, WindOf::members, ensemble ? "members" : "forecast", "s-mean");
  return figure({fmt::format("Kinetic energy at {}", when),
                 "Rotational wind, and below it the divergent one (div., dashed for the forecast). "
                 "Members should follow the truth at every scale.",
                 facts_of_all_starts(report, "m2 s-2",
                                     "a²/(2 l(l+1)) of the area-mean squared vorticity or "
                                     "divergence of the degree, mean over starts")},
                render(chart));
}

std::string ratio_figure(const Report& report, std::size_t pair,
                         const std::vector<std::size_t>& leads) {
  const ScoreResults& results = *report.results;
  const VerificationShape& shape = results.shape();
  static constexpr const char* k_styles[2][2] = {{"s-region1", "s-region2"},
                                                 {"s-between1", "s-between2"}};
  LineChart chart;
  chart.title = fmt::format("Kinetic energy over that of the truth, {}", shape.winds[pair].long_name);
  chart.description = "Ratio of kinetic energy per degree; 1 is right, below 1 blurred.";
  chart.x_title = "degree";
  chart.x_scale = Scale::logarithmic;
  chart.reference_lines = {1.0};
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const std::string when = lead_text(shape.lead_hours[leads[i]]);
    for (const auto part : {WindPart::divergent, WindPart::rotational}) {
      const bool rotational = part == WindPart::rotational;
      const auto ratio = kinetic_energy_ratio(results, pair, leads[i], part, WindOf::members);
      if (ratio.empty()) continue;
      chart.series.push_back(by_degree(ratio, rotational ? when : when + ", div.",
                                       k_styles[rotational ? 0 : 1][i]));
    }
  }
  if (chart.series.empty()) return {};
  return figure({"Kinetic energy over that of the truth",
                 "1 is right; below 1 the wind is too weak at that scale. Dashed: divergent wind. "
                 "The ratio of the enstrophies is that of the rotational energies.",
                 facts_of_all_starts(report, "1", "ratio of the means over starts")},
                render(chart));
}

}  // namespace

std::string wind_part(const Report& report, std::size_t channel) {
  const VerificationShape& shape = report.results->shape();
  std::string html;
  for (std::size_t pair = 0; pair < shape.winds.size(); ++pair) {
    if (shape.winds[pair].eastward != channel) continue;
    std::vector<std::size_t> present;
    for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
      const auto truth =
          report.results->wind_spectrum(pair, t, WindPart::rotational, WindOf::truth);
      if (shape.lead_hours[t] > 0.0 && !truth.empty()) present.push_back(t);
    }
    if (present.empty()) continue;
    const std::vector<std::size_t> leads = first_and_last(shape.lead_hours, present);
    std::string figures;
    for (std::size_t t : leads) figures += energy_figure(report, pair, t);
    figures += ratio_figure(report, pair, leads);
    html += fmt::format("<h3>Kinetic energy of the {}</h3>\n<div class=\"grid three\">\n{}</div>\n",
                        escape_markup(shape.winds[pair].long_name), figures);
  }
  return html;
}

}  // namespace myriad::diag::detail
