#pragma once
/// \file
/// The configuration of a suite, read as a whole: a stage that is not asked for leaves no key
/// unread.

#include <optional>
#include <string>
#include <vector>

#include "src/base/config.hpp"

namespace myriad::pipelines {

struct AnalysisSource {
  std::string name;
  std::vector<std::string> files;  ///< with %Y %m %d %H
};

/// Another verb's configuration file and settings on top of it.
struct ChildConfig {
  std::string file;
  std::vector<std::string> settings;  ///< key=value
};

struct VerificationSettings {
  ChildConfig config;
  std::vector<std::string> analysis;
  Duration reach;
};

struct RetentionSettings {
  std::optional<Duration> members, forecast, unverified;
};

struct DailySettings {
  explicit DailySettings(const Config& config);

  std::filesystem::path out;
  Instant cycle;
  Duration interval;
  std::vector<std::string> stages;
  std::string report;
  std::vector<AnalysisSource> sources;
  Duration wait, poll, max_age;
  ChildConfig forecast;
  std::vector<std::string> launcher;
  std::optional<VerificationSettings> verification;
  std::optional<RetentionSettings> retention;
  std::string sha256;  ///< of the configuration

  bool wants(const char* stage) const;
};

/// "key=value" for --set, quoted as YAML needs it.
std::string setting(const std::string& key, const Json& value);
Json list_of(const std::vector<std::string>& texts);

/// The configuration a child of \p verb will see. Errors: those of Config.
Config read_child_config(const char* verb, const ChildConfig& config,
                         const std::vector<std::string>& more);

/// Replace %Y, %m, %d and %H by the date.
std::string fill_date(std::string pattern, const Instant& time);

}  // namespace myriad::pipelines
