#include <fmt/format.h>

#include <cmath>

#include "diagnostics/member_health.hpp"
#include "diagnostics/score_extras.hpp"
#include "diagnostics/score_file.hpp"

namespace myriad::diag {

std::string score_lines(const Verification& results) {
  const VerificationShape& shape = results.shape();
  std::string text = "channel\tregion\tlead_hours\tscore\tvalue\n";
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (const Score& score : scores()) {
        const auto values = results.over_leads(score, c, r);
        for (std::size_t t = 0; t < values.size(); ++t) {
          if (!std::isfinite(values[t])) continue;
          text += fmt::format("{}\t{}\t{}\t{}\t{:.9g}\n", shape.channels[c].name,
                              shape.regions[r].name, shape.lead_hours[t], score.name, values[t]);
        }
      }
      detail::for_each_extra(results, c, [&](const detail::Extra& extra) {
        const FamilyOutput& output = extra.output;
        for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
          const auto values = extra.values(t, r);
          for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i])) continue;
            const std::string place =
                output.axis.empty() ? std::string() : fmt::format("@{:g}", output.axis_values[i]);
            text += fmt::format("{}\t{}\t{}\t{}{}\t{:.9g}\n", shape.channels[c].name,
                                shape.regions[r].name, shape.lead_hours[t], output.name, place,
                                values[i]);
          }
        }
      });
    }
  }
  for (const LeadResult& result : health_results()) {
    const auto values = results.lead_result(result.name);
    for (std::size_t t = 0; t < values.size(); ++t) {
      if (!std::isfinite(values[t])) continue;
      text += fmt::format("ensemble\t{}\t{}\t{}\t{:.9g}\n", shape.regions[0].name, shape.lead_hours[t], result.name, values[t]);
    }
  }
  return text;
}

Json score_json(const Verification& results) {
  const VerificationShape& shape = results.shape();
  Json leads{Json::Array{}};
  for (double hours : shape.lead_hours) leads.push_back(hours);
  Json channels{Json::Object{}}, axes{Json::Object{}};
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    Json regions{Json::Object{}};
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      Json list{Json::Object{}};
      for (const Score& score : scores()) {
        const auto values = results.over_leads(score, c, r);
        if (!detail::exists(values)) continue;
        Json array{Json::Array{}};
        for (double v : values) array.push_back(std::isfinite(v) ? Json(v) : Json(nullptr));
        list.set(score.name, std::move(array));
      }
      detail::for_each_extra(results, c, [&](const detail::Extra& extra) {
        const FamilyOutput& output = extra.output;
        const auto number = [](double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); };
        Json array{Json::Array{}};
        bool any = false;
        for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
          const auto values = extra.values(t, r);
          any = any || detail::exists(values);
          if (output.axis.empty()) {
            array.push_back(number(values.front()));
            continue;
          }
          Json curve{Json::Array{}};
          for (double v : values) curve.push_back(number(v));
          array.push_back(std::move(curve));
        }
        if (!any) return;
        list.set(output.name, std::move(array));
        if (output.axis.empty()) return;
        Json places{Json::Array{}};
        for (double v : output.axis_values) places.push_back(v);
        axes.set(output.name, std::move(places));
      });
      regions.set(shape.regions[r].name, std::move(list));
    }
    Json channel{Json::Object{}};
    channel.set("units", shape.channels[c].units);
    channel.set("regions", std::move(regions));
    channels.set(shape.channels[c].name, std::move(channel));
  }
  Json json{Json::Object{}};
  json.set("members", shape.members);
  json.set("starts", static_cast<std::int64_t>(results.starts()));
  json.set("lead_hours", std::move(leads));
  json.set("channels", std::move(channels));
  Json health{Json::Object{}};
  for (const LeadResult& result : health_results()) {
    const auto values = results.lead_result(result.name);
    if (!detail::exists(values)) continue;
    Json array{Json::Array{}};
    for (double v : values) array.push_back(std::isfinite(v) ? Json(v) : Json(nullptr));
    health.set(std::string(result.name), std::move(array));
  }
  if (!health.as_object().empty()) json.set("ensemble", std::move(health));
  if (!axes.as_object().empty()) json.set("axes", std::move(axes));
  return json;
}

}  // namespace myriad::diag
