#include "diagnostics/report_channel.hpp"

#include <fmt/format.h>

#include "diagnostics/report_parts.hpp"

namespace myriad::diag::detail {

std::string channel_section(const Report& report, std::size_t channel) {
  const VerifiedChannel& info = report.results->shape().channels[channel];
  std::string html =
      fmt::format("<section class=\"panel\" id=\"{0}\" aria-labelledby=\"h-{0}\">\n<h2 "
                  "id=\"h-{0}\">{1}</h2>\n<p>",
                  escape_markup(info.name), escape_markup(capitalised(info.long_name)));
  for (const std::string& sentence : describe_channel(*report.results, channel)) {
    html += escape_markup(sentence) + " ";
  }
  html += "</p>\n";
  html += "<h3>Scores over lead time</h3>\n" + score_charts(report, channel);
  html += score_table(*report.results, channel);
  html += map_part(report, channel);
  html += plume_part(report, channel);
  html += zonal_part(report, channel);
  html += rank_part(report, channel);
  html += event_part(report, channel);
  html += return_level_part(report, channel);
  html += spectrum_part(report, channel);
  html += wind_part(report, channel);
  return html + "</section>\n";
}

}  // namespace myriad::diag::detail
