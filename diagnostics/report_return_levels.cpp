#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

/// The globe (or domain) and the regions that were asked for; scores.nc holds the others too.
bool is_drawn(const VerificationShape& shape, std::size_t region) {
  const auto& standard = standard_regions();
  return region == k_globe || std::none_of(standard.begin(), standard.end(), [&](const Region& r) {
           return r.name == shape.regions[region].name;
         });
}

/// \p earliest may be \p curve itself, of a single window.
std::string figure_of(const Report& report, const ReturnLevelCurve& curve,
                      const ReturnLevelCurve& earliest) {
  const VerificationShape& shape = report.results->shape();
  const VerifiedChannel& info = shape.channels[curve.channel];
  const Region& region = shape.regions[curve.region];
  LineChart chart;
  chart.title = fmt::format("Return levels of {}, {}", info.long_name, region.title);
  chart.description = "Level against return period of the members and of the truth.";
  chart.x_title = fmt::format("return period, windows of {:g} hours", curve.window_hours);
  chart.y_title = unit_text(info.units);
  chart.x_scale = Scale::logarithmic;
  chart.bands.push_back({"s-mean", curve.periods, curve.low, curve.high, "90 % interval"});
  if (&earliest != &curve) {
    chart.series.push_back({lead_text(earliest.lead_hours), "s-between1", earliest.periods,
                            earliest.level, Marks::none});
  }
  chart.series.push_back({"by rank", "s-spread", curve.periods, curve.members, Marks::discs});
  chart.series.push_back({"members", "s-mean", curve.periods, curve.level, Marks::none});
  chart.series.push_back({"truth", "s-truth", curve.periods, curve.truth, Marks::discs});
  std::string text = fmt::format(
      "{} of the mean over “{}” in a window, which the members exceed once in so many windows; the "
      "truth by rank, as far as {} start{} reach{}.",
      curve.smallest ? "Smallest value" : "Largest value", region.title, report.starts.size(),
      report.starts.size() == 1 ? "" : "s", report.starts.size() == 1 ? "es" : "");
  if (&earliest != &curve) {
    text += fmt::format(
        " Dashed: the window up to {}; where the lines part, the model’s climate drifts.",
        lead_text(earliest.lead_hours));
  }
  return figure(
      {fmt::format("Return levels up to {}: {}", lead_text(curve.lead_hours), region.title), text,
       facts_of_all_starts(
           report, info.units,
           fmt::format("distribution of {:g} extremes of members fitted by L-moments; shading: "
                       "90 % interval, bootstrap over starts",
                       curve.maxima))},
      render(chart));
}

}  // namespace

std::string return_level_part(const Report& report, std::size_t channel) {
  std::vector<const ReturnLevelCurve*> drawn;
  for (const ReturnLevelCurve& curve : report.return_levels) {
    if (curve.channel == channel && is_drawn(report.results->shape(), curve.region))
      drawn.push_back(&curve);
  }
  std::string figures;
  for (std::size_t first = 0; first < drawn.size();) {
    std::size_t last = first;  // the curves of a region follow each other, by lead
    while (last + 1 < drawn.size() && drawn[last + 1]->region == drawn[first]->region) ++last;
    figures += figure_of(report, *drawn[last], *drawn[first]);
    first = last + 1;
  }
  if (figures.empty()) return {};
  return "<h3>Extremes</h3>\n<div class=\"grid\">\n" + figures + "</div>\n";
}

}  // namespace myriad::diag::detail
