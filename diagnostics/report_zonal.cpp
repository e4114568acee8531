#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

/// Charts over latitude of one channel.
class ZonalCharts {
 public:
  ZonalCharts(const Report& report, std::size_t channel)
      : report_(report),
        results_(*report.results),
        channel_(channel),
        info_(results_.shape().channels[channel]),
        latitudes_(results_.shape().grid.latitudes_deg()) {
    std::reverse(latitudes_.begin(), latitudes_.end());
  }

  LineChart start(const std::string& what, const std::string& description) const {
    LineChart chart;
    chart.title = fmt::format("{} of {}", what, info_.long_name);
    chart.description = description;
    chart.x_title = "latitude, degrees north";
    chart.y_title = unit_text(info_.units);
    chart.x_ticks = {-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0};
    return chart;
  }
  /// A line from south to north; nothing when it does not exist.
  void add(LineChart& chart, ZonalMeanOf of, std::size_t lead, const std::string& label,
           const char* style) const {
    auto values = results_.zonal_mean(channel_, lead, of);
    if (values.empty()) return;
    std::reverse(values.begin(), values.end());
    chart.series.push_back({label, style, latitudes_, std::move(values), Marks::none});
  }
  std::string make(const std::string& heading, const std::string& text, ZonalMeanOf of,
                   const LineChart& chart) const {
    return figure({heading, text, facts_of_all_starts(report_, info_.units, estimator(of))},
                  render(chart));
  }

 private:
  const Report& report_;
  const ScoreResults& results_;
  std::size_t channel_;
  const VerifiedChannel& info_;
  std::vector<double> latitudes_;
};

}  // namespace

std::string zonal_part(const Report& report, std::size_t channel) {
  const ScoreResults& results = *report.results;
  const VerificationShape& shape = results.shape();
  std::vector<std::size_t> present;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    if (shape.lead_hours[t] > 0.0 && !results.zonal_mean(channel, t, ZonalMeanOf::truth).empty())
      present.push_back(t);
  }
  if (present.empty()) return {};
  const std::vector<std::size_t> leads = first_and_last(shape.lead_hours, present);
  const std::string last = lead_text(shape.lead_hours[leads.back()]);
  const bool ensemble = shape.members > 1;
  const ZonalCharts charts(report, channel);

  LineChart means = charts.start("Zonal mean", "Mean along circles of latitude.");
  charts.add(means, ZonalMeanOf::truth, leads.back(), "truth", "s-truth");
  charts.add(means, ZonalMeanOf::ensemble_mean, leads.back(), ensemble ? "ens. mean" : "forecast",
             "s-mean");
  LineChart errors = charts.start("Zonal mean error",
                                  "Forecast minus truth along circles of latitude.");
  errors.reference_lines = {0.0};
  static constexpr const char* k_styles[2] = {"s-region1", "s-region2"};
  for (std::size_t i = 0; i < leads.size(); ++i) {
    charts.add(errors, ZonalMeanOf::error, leads[i], lead_text(shape.lead_hours[leads[i]]),
               k_styles[i]);
  }
  LineChart spread = charts.start("Spread and error",
                                  "Ensemble spread and error of the mean by latitude.");
  spread.y_low = 0.0;
  charts.add(spread, ZonalMeanOf::spread, leads.back(), "spread", "s-spread");
  charts.add(spread, ZonalMeanOf::rmse, leads.back(), "error", "s-mean");
  return "<h3>Zonal means</h3>\n<div class=\"grid three\">\n" +
         charts.make(fmt::format("Zonal mean at {}", last),
                     "Mean along circles of latitude and over starts.", ZonalMeanOf::ensemble_mean,
                     means) +
         charts.make("Zonal mean error", "Forecast minus truth: where the bias sits.",
                     ZonalMeanOf::error, errors) +
         charts.make(fmt::format("Spread and error by latitude at {}", last),
                     ensemble ? "Where the lines meet the ensemble is reliable."
                              : "Root-mean-square error by latitude.",
                     ZonalMeanOf::rmse, spread) +
         "</div>\n";
}

}  // namespace myriad::diag::detail
