#include "diagnostics/report_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace myriad::diag::detail {
namespace {

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

double number_of(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.as_double();
}

Json list(const std::vector<double>& values) {
  Json out{Json::Array{}};
  for (double v : values) out.push_back(number(v));
  return out;
}

std::vector<double> list_of(const Json& json) {
  std::vector<double> out;
  for (const Json& v : json.as_array()) out.push_back(number_of(v));
  return out;
}

Json event_json(const VerifiedEvent& event) {
  return Json(Json::Object{{"channel", Json(event.channel)},
                           {"lead_hours", Json(event.lead_hours)},
                           {"name", Json(event.name)},
                           {"units", Json(event.units)},
                           {"threshold", number(event.threshold)},
                           {"members", Json(event.members)}});
}

VerifiedEvent event_of(const Json& json) {
  return {static_cast<std::size_t>(json.at("channel").as_uint()),
          json.at("lead_hours").as_double(),
          json.at("name").as_string(),
          json.at("units").as_string(),
          number_of(json.at("threshold")),
          static_cast<int>(json.at("members").as_int())};
}

Json instant_json(const Instant& instant) {
  return Json(instant.iso());
}

/// Applies \p make to every element.
template <class List, class Make>
Json array_of(const List& elements, Make&& make) {
  Json out{Json::Array{}};
  for (const auto& element : elements) out.push_back(make(element));
  return out;
}

Json map_json(const MapPanel& panel) {
  return Json(
      Json::Object{{"channel", Json(panel.channel)}, {"lead_hours", Json(panel.lead_hours)}});
}

Json plume_json(const Plume& plume) {
  return Json(Json::Object{{"place", Json(plume.place)},
                           {"latitude", Json(plume.latitude)},
                           {"longitude", Json(plume.longitude)},
                           {"channel", Json(plume.channel)},
                           {"control", Json(!plume.control.empty())},
                           {"climate", Json(!plume.climate_mean.empty())}});
}

Json field_json(const FieldPanel& panel) {
  return Json(Json::Object{{"channel", Json(panel.channel)},
                           {"lead_hours", Json(panel.lead_hours)},
                           {"heading", Json(panel.heading)},
                           {"estimator", Json(panel.estimator)},
                           {"units", Json(panel.units)},
                           {"colour_map", Json(static_cast<int>(panel.colour_map))},
                           {"levels", list(panel.levels)}});
}

Json spaghetti_json(const Spaghetti& panel) {
  return Json(Json::Object{{"channel", Json(panel.channel)},
                           {"lead_hours", Json(panel.lead_hours)},
                           {"level", Json(panel.level)},
                           {"members", Json(panel.members)},
                           {"lines", Json(panel.member_paths.size())}});
}

Json reliability_json(const ReliabilityCurve& curve) {
  return Json(Json::Object{{"event", event_json(curve.event)},
                           {"forecast_probability", list(curve.forecast_probability)},
                           {"observed_frequency", list(curve.observed_frequency)},
                           {"counts", list(curve.counts)},
                           {"base_rate", number(curve.base_rate)}});
}

Json roc_json(const RocCurve& curve) {
  return Json(Json::Object{{"event", event_json(curve.event)},
                           {"false_alarm_rate", list(curve.false_alarm_rate)},
                           {"hit_rate", list(curve.hit_rate)},
                           {"area", number(curve.area)}});
}

Json return_level_json(const ReturnLevelCurve& curve) {
  return Json(Json::Object{{"channel", Json(curve.channel)},
                           {"region", Json(curve.region)},
                           {"lead_hours", Json(curve.lead_hours)},
                           {"window_hours", Json(curve.window_hours)},
                           {"smallest", Json(curve.smallest)},
                           {"maxima", number(curve.maxima)},
                           {"periods", list(curve.periods)},
                           {"level", list(curve.level)},
                           {"low", list(curve.low)},
                           {"high", list(curve.high)},
                           {"members", list(curve.members)},
                           {"truth", list(curve.truth)}});
}

ReturnLevelCurve return_level_of(const Json& json) {
  return {static_cast<std::size_t>(json.at("channel").as_uint()),
          static_cast<std::size_t>(json.at("region").as_uint()),
          json.at("lead_hours").as_double(),
          json.at("window_hours").as_double(),
          json.at("smallest").as_bool(),
          number_of(json.at("maxima")),
          list_of(json.at("periods")),
          list_of(json.at("level")),
          list_of(json.at("low")),
          list_of(json.at("high")),
          list_of(json.at("members")),
          list_of(json.at("truth"))};
}

/// Colour map by number; anything unknown is drawn as an amount.
ColourMap colour_map_of(const Json& json) {
  const std::int64_t value = json.as_int();
  if (value == static_cast<std::int64_t>(ColourMap::thermal)) return ColourMap::thermal;
  if (value == static_cast<std::int64_t>(ColourMap::diverging)) return ColourMap::diverging;
  return ColourMap::sequential;
}

}  // namespace

std::string field_suffix(const Report& report, std::size_t index) {
  const FieldPanel& panel = report.fields[index];
  std::vector<std::string> headings;
  for (const FieldPanel& other : report.fields) {
    if (other.channel == panel.channel &&
        std::find(headings.begin(), headings.end(), other.heading) == headings.end())
      headings.push_back(other.heading);
  }
  const auto found = std::find(headings.begin(), headings.end(), panel.heading);
  return fmt::format("_field_{}", found - headings.begin());
}

Json report_json(const Report& report) {
  Json json{Json::Object{}};
  json.set("title", report.title);
  json.set("forecast", report.forecast);
  json.set("truth", report.truth);
  json.set("climate", report.climate);
  json.set("calendar", to_string(report.shown_start.calendar()));
  json.set("starts", array_of(report.starts, instant_json));
  json.set("shown_start", report.shown_start.iso());
  json.set("maps", array_of(report.maps, map_json));
  json.set("plumes", array_of(report.plumes, plume_json));
  json.set("fields", array_of(report.fields, field_json));
  json.set("spaghetti", array_of(report.spaghetti, spaghetti_json));
  json.set("reliability", array_of(report.reliability, reliability_json));
  json.set("roc", array_of(report.roc, roc_json));
  json.set("return_levels", array_of(report.return_levels, return_level_json));
  json.set("provenance", array_of(report.provenance, [](const auto& entry) {
             return Json(Json::Array{Json(entry.first), Json(entry.second)});
           }));
  return json;
}

Report report_from_json(const Json& json, const ScoreResults& results) {
  const auto channel = [](const Json& entry) {
    return static_cast<std::size_t>(entry.at("channel").as_uint());
  };
  const auto lead = [](const Json& entry) { return entry.at("lead_hours").as_double(); };
  const Calendar calendar = calendar_from_string(json.at("calendar").as_string());
  const std::size_t leads = results.shape().lead_hours.size();
  Report report;
  report.title = json.at("title").as_string();
  report.forecast = json.at("forecast").as_string();
  report.truth = json.at("truth").as_string();
  report.climate = json.at("climate").as_string();
  for (const Json& start : json.at("starts").as_array())
    report.starts.push_back(Instant::parse(start.as_string(), calendar));
  report.shown_start = Instant::parse(json.at("shown_start").as_string(), calendar);
  for (const Json& entry : json.at("maps").as_array())
    report.maps.push_back({channel(entry), lead(entry), {}, {}, {}});
  for (const Json& entry : json.at("plumes").as_array()) {
    Plume plume;
    plume.place = entry.at("place").as_string();
    plume.latitude = entry.at("latitude").as_double();
    plume.longitude = entry.at("longitude").as_double();
    plume.channel = channel(entry);
    if (entry.at("control").as_bool()) plume.control.resize(leads);
    if (entry.at("climate").as_bool()) plume.climate_mean.resize(leads);
    report.plumes.push_back(std::move(plume));
  }
  for (const Json& entry : json.at("fields").as_array()) {
    report.fields.push_back({channel(entry),
                             lead(entry),
                             entry.at("heading").as_string(),
                             entry.at("estimator").as_string(),
                             entry.at("units").as_string(),
                             colour_map_of(entry.at("colour_map")),
                             list_of(entry.at("levels")),
                             {}});
  }
  for (const Json& entry : json.at("spaghetti").as_array()) {
    Spaghetti panel{channel(entry),
                    lead(entry),
                    entry.at("level").as_double(),
                    static_cast<int>(entry.at("members").as_int()),
                    {},
                    {}};
    const std::uint64_t lines = entry.at("lines").as_uint();
    panel.member_paths.resize(static_cast<std::size_t>(std::min<std::uint64_t>(lines, 10000)));
    report.spaghetti.push_back(std::move(panel));
  }
  for (const Json& entry : json.at("reliability").as_array()) {
    report.reliability.push_back({event_of(entry.at("event")),
                                  list_of(entry.at("forecast_probability")),
                                  list_of(entry.at("observed_frequency")),
                                  list_of(entry.at("counts")), number_of(entry.at("base_rate"))});
  }
  for (const Json& entry : json.at("roc").as_array()) {
    report.roc.push_back({event_of(entry.at("event")), list_of(entry.at("false_alarm_rate")),
                          list_of(entry.at("hit_rate")), number_of(entry.at("area"))});
  }
  // Files of older versions do not have them.
  if (const Json* curves = json.find("return_levels")) {
    for (const Json& entry : curves->as_array())
      report.return_levels.push_back(return_level_of(entry));
  }
  for (const Json& entry : json.at("provenance").as_array()) {
    const Json::Array& pair = entry.as_array();
    if (pair.size() == 2) report.provenance.emplace_back(pair[0].as_string(), pair[1].as_string());
  }
  return report;
}

}  // namespace myriad::diag::detail
