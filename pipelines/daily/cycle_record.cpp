#include "pipelines/daily/cycle_record.hpp"

#include <algorithm>

#include "src/base/files.hpp"
#include "src/base/json.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

namespace {

constexpr const char* k_file = "cycle.json";
constexpr std::int64_t k_format = 1;

}  // namespace

fs::path cycle_directory(const fs::path& suite, const Instant& cycle) {
  return suite / cycle.file_stamp();
}

std::optional<CycleRecord> read_cycle_record(const fs::path& directory) {
  const fs::path file = directory / k_file;
  if (!fs::exists(file)) return std::nullopt;
  CycleRecord r;
  try {
    const Json json = read_json_file(file);
    MYRIAD_VALIDATE(json.at("format").as_int() == k_format, ErrorKind::input_corrupt, "E2680",
                    "format {} is unknown", json.at("format").as_int());
    r.cycle = Instant::parse(json.at("cycle").as_string());
    r.run_id = json.at("run").as_string();
    r.analysis_chosen = json.at("analysis_chosen").as_bool();
    r.start = Instant::parse(json.at("start").as_string());
    r.source = json.at("source").as_string();
    r.fallback_reason = json.at("fallback_reason").as_string();
    r.lead = parse_duration(json.at("lead").as_string());
    r.forecast_done = json.at("forecast_done").as_bool();
    r.forecast_degraded = json.at("forecast_degraded").as_bool();
    r.verified = json.at("verified").as_bool();
    r.pruned_files = json.at("pruned_files").as_uint();
    r.pruned_bytes = json.at("pruned_bytes").as_uint();
  } catch (const Error& error) {
    throw Error(
        ErrorKind::input_corrupt, "E2680",
        fmt::format(
            "{} is no record of a cycle ({}) restore it, or remove it to do the cycle again",
            file.string(), error.what()));
  }
  return r;
}

void write_cycle_record(const fs::path& directory, const CycleRecord& r) {
  Json json;
  json.set("format", k_format);
  json.set("cycle", r.cycle.iso());
  json.set("run", r.run_id);
  json.set("analysis_chosen", r.analysis_chosen);
  json.set("start", r.start.iso());
  json.set("source", r.source);
  json.set("fallback_reason", r.fallback_reason);
  json.set("lead", to_string(r.lead));
  json.set("forecast_done", r.forecast_done);
  json.set("forecast_degraded", r.forecast_degraded);
  json.set("verified", r.verified);
  json.set("pruned_files", r.pruned_files);
  json.set("pruned_bytes", r.pruned_bytes);
  publish_text(directory / k_file, to_json_text(json, JsonStyle::indented) + "\n",
               Existing::replace);
}

std::vector<CycleRecord> read_cycle_records(const fs::path& suite) {
  std::vector<CycleRecord> records;
  if (!fs::is_directory(suite)) return records;
  for (const auto& entry : fs::directory_iterator(suite)) {
    if (!entry.is_directory()) continue;
    auto record = read_cycle_record(entry.path());
    // A record that was copied elsewhere speaks of another directory.
    if (record && record->cycle.file_stamp() == entry.path().filename()) records.push_back(*record);
  }
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.cycle < b.cycle; });
  return records;
}

std::string describe_start(const CycleRecord& r) {
  if (!r.fallback()) return fmt::format("analysis of {} ({})", r.start.iso(), r.source);
  return fmt::format("analysis of {} ({}), {} before the cycle: {}", r.start.iso(), r.source,
                     to_string(r.cycle - r.start), r.fallback_reason);
}

}  // namespace myriad::pipelines
