#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/contour.hpp"
#include "diagnostics/map.hpp"
#include "diagnostics/report_parts.hpp"
#include "diagnostics/report_text.hpp"

namespace myriad::diag::detail {
namespace {

/// Draws the maps of one channel at one lead; all share grid, dates and words.
class MapRow {
 public:
  MapRow(const Report& report, std::size_t channel, double lead_hours)
      : report_(report),
        info_(report.results->shape().channels[channel]),
        latitudes_(report.results->shape().grid.latitudes_deg()),
        when_(fmt::format("{} of the forecast from {}", lead_text(lead_hours),
                          date_text(report.shown_start))),
        valid_(fmt::format("valid {}", date_text(report.shown_start +
                                                 Duration{std::llround(lead_hours * 3600.0)}))) {
    map_.latitudes_deg = latitudes_;
    map_.nlon = report.results->shape().grid.nlon();
  }

  std::string mean(const MapPanel& panel) {
    const bool ensemble = !panel.spread.empty();
    std::vector<float> both(panel.mean);
    both.insert(both.end(), panel.truth.begin(), panel.truth.end());
    map_.colour_map = ColourMap::thermal;
    map_.levels = map_levels(both, map_.colour_map);
    map_.line_levels.clear();
    const std::size_t every = map_.levels.size() > 9 ? 2 : 1;
    for (std::size_t i = 0; i < map_.levels.size(); i += every)
      map_.line_levels.push_back(map_.levels[i]);
    map_.lines = panel.mean;
    const char* name = ensemble ? "Ensemble mean" : "Forecast";
    return draw(panel.mean, info_.units, name, "",
                ensemble ? "mean of the members" : "the forecast itself");
  }

  std::string spread(const MapPanel& panel) {
    if (panel.spread.empty()) return {};
    map_.colour_map = ColourMap::sequential;
    map_.levels = map_levels(panel.spread, map_.colour_map, 9);
    map_.lines = panel.mean;
    return draw(panel.spread, info_.units, "Spread", "Lines: ensemble mean.",
                "standard deviation of the members, divisor N − 1");
  }

  std::string error(const MapPanel& panel) {
    const bool ensemble = !panel.spread.empty();
    std::vector<float> difference(panel.mean.size());
    for (std::size_t i = 0; i < difference.size(); ++i)
      difference[i] = panel.mean[i] - panel.truth[i];
    map_.colour_map = ColourMap::diverging;
    map_.levels = map_levels(difference, map_.colour_map, 11);
    map_.lines = panel.truth;
    return draw(difference, info_.units, ensemble ? "Mean minus truth" : "Forecast minus truth",
                "Orange: too high, blue: too low. Lines: truth.",
                ensemble ? "mean of the members minus truth" : "forecast minus truth");
  }

  std::string field(const FieldPanel& panel) {
    map_.colour_map = panel.colour_map;
    map_.levels = panel.levels;
    map_.lines = {};
    const bool complete = std::all_of(panel.field.begin(), panel.field.end(),
                                      [](float v) { return std::isfinite(v); });
    return draw(panel.field, panel.units, panel.heading, complete ? "" : "Grey: no value.",
                panel.estimator);
  }

  std::string spaghetti(const Spaghetti& panel) const {
    const std::string level = quantity_text(panel.level, info_.units);
    const std::size_t drawn = panel.member_paths.size();
    const std::string text = fmt::format(
        "One line for each of {} members; where they part, the forecast is uncertain. Thick: {}.",
        drawn == static_cast<std::size_t>(panel.members)
            ? std::to_string(drawn)
            : fmt::format("the first {} of {}", drawn, panel.members),
        "truth");
    return figure(
        {"The line of " + level, text,
         facts_of_shown_start(report_, info_.units, "contour of every member; " + valid_)},
        render_line_map(fmt::format("{} of {}: {}", info_.long_name, level, when_),
                        panel.member_paths, panel.truth_path));
  }

 private:
  std::string draw(std::span<const float> values, std::string_view units,
                   const std::string& heading, const std::string& text,
                   const std::string& estimator) {
    map_.units = unit_text(units);
    map_.field = values;
    map_.title = fmt::format("{} of {}, {}", heading, info_.long_name, when_);
    map_.description = text;
    return figure({heading, text, facts_of_shown_start(report_, units, estimator + "; " + valid_)},
                  render_map(map_) + render_legend(map_));
  }

  const Report& report_;
  const VerifiedChannel& info_;
  std::vector<double> latitudes_;
  std::string when_;
  std::string valid_;
  WorldMap map_;
};

}  // namespace

std::string map_part(const Report& report, std::size_t channel) {
  std::vector<double> leads;
  const auto note = [&](const auto& panels) {
    for (const auto& panel : panels) {
      if (panel.channel == channel) leads.push_back(panel.lead_hours);
    }
  };
  note(report.maps);
  note(report.fields);
  note(report.spaghetti);
  std::sort(leads.begin(), leads.end());
  leads.erase(std::unique(leads.begin(), leads.end()), leads.end());
  std::string rows;
  for (double lead : leads) {
    MapRow row(report, channel, lead);
    std::string figures;
    const auto here = [&](const auto& panel) {
      return panel.channel == channel && panel.lead_hours == lead;
    };
    for (const MapPanel& panel : report.maps) {
      if (here(panel)) figures += row.mean(panel) + row.spread(panel) + row.error(panel);
    }
    for (const FieldPanel& panel : report.fields) {
      if (here(panel)) figures += row.field(panel);
    }
    for (const Spaghetti& panel : report.spaghetti) {
      if (here(panel)) figures += row.spaghetti(panel);
    }
    rows += fmt::format("<h4>{}</h4>\n<div class=\"grid three\">\n{}</div>\n",
                        capitalised(lead_text(lead)), figures);
  }
  if (rows.empty()) return {};
  return fmt::format("<h3>Maps of the forecast from {}</h3>\n{}", date_text(report.shown_start),
                     rows);
}

}  // namespace myriad::diag::detail
