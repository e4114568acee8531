#include "pipelines/daily/daily_settings.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

namespace {

std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) out.push_back(path.string());
  return out;
}

ChildConfig child_config(const Config& section) {
  return {section.path("config").string(), section.texts("set")};
}

std::optional<Duration> optional_duration(const Config& section, const char* key) {
  return section.has(key) ? std::optional(section.duration(key)) : std::nullopt;
}

}  // namespace

DailySettings::DailySettings(const Config& config)
    : out(config.path("out")),
      cycle(config.date("cycle")),
      interval(config.duration("interval")),
      stages(config.texts("stages")),
      report(config.text("report")),
      sha256(config.sha256()) {
  const Config analysis = config.section("analysis");
  for (const Config& source : analysis.sections("sources")) {
    sources.push_back({source.text("name"), texts_of(source.paths("files"))});
  }
  if (sources.empty()) {
    throw config.complaint(
        "analysis", "E2692",
        "there is no source of analyses (a forecast needs a start) give analysis.sources");
  }
  wait = analysis.duration("wait");
  poll = analysis.duration("poll");
  max_age = analysis.duration("max_age");
  forecast = child_config(config.section("forecast"));
  launcher = config.section("forecast").texts("launcher");
  if (config.has("verification")) {
    const Config section = config.section("verification");
    verification = {child_config(section), texts_of(section.paths("analysis")),
                    section.duration("reach")};
  }
  if (config.has("retention")) {
    const Config section = config.section("retention");
    retention = {optional_duration(section, "members"), optional_duration(section, "forecast"),
                 optional_duration(section, "unverified")};
  }
}

bool DailySettings::wants(const char* stage) const {
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

std::string setting(const std::string& key, const Json& value) {
  return key + "=" + to_json_text(value);
}

Json list_of(const std::vector<std::string>& texts) {
  Json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

Config read_child_config(const char* verb, const ChildConfig& config,
                         const std::vector<std::string>& more) {
  std::vector<ConfigOverride> overrides;
  for (const auto* list : {&config.settings, &more}) {
    for (const std::string& text : *list) overrides.push_back(parse_set(text));
  }
  return Config::from_file(std::make_shared<const Schema>(complete_schema(verb_with_config(verb))),
                           config.file, overrides);
}

std::string fill_date(std::string pattern, const Instant& time) {
  const CivilTime t = time.civil();
  const std::pair<std::string_view, std::string> marks[] = {{"%Y", fmt::format("{:04}", t.year)},
                                                            {"%m", fmt::format("{:02}", t.month)},
                                                            {"%d", fmt::format("{:02}", t.day)},
                                                            {"%H", fmt::format("{:02}", t.hour)}};
  for (const auto& [mark, text] : marks) {
    for (std::size_t at = pattern.find(mark); at != std::string::npos;
         at = pattern.find(mark, at + text.size())) {
      pattern.replace(at, mark.size(), text);
    }
  }
  return pattern;
}

}  // namespace myriad::pipelines
