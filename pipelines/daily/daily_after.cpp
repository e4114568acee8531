// The stages after the forecast.
#include <algorithm>

#include "pipelines/daily/daily_run.hpp"
#include "pipelines/daily/retention.hpp"
#include "pipelines/daily/suite_page.hpp"
#include "src/base/build_info.hpp"
#include "src/base/log.hpp"
#include "src/base/manifest.hpp"
#include "src/io/field_series.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

std::vector<Instant> DailyRun::verifying_times() const {
  io::SeriesOptions options;
  options.files = settings_.verification->analysis;
  options.time_check = io::TimeCheck::increasing;
  try {
    return io::open_field_series(options)->times();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::input_missing) return {};
    log_warning("daily", "E2688",
                "the verifying analyses cannot be read ({}) no cycle is scored now", error.what());
    return {};
  }
}

bool DailyRun::verify_cycle(CycleRecord& record) {
  const fs::path directory = cycle_directory(settings_.out, record.cycle);
  const VerificationSettings& verification = *settings_.verification;
  const std::string title =
      read_child_config("verify", verification.config, {setting("out", "checked")})
          .section("report")
          .text("title");
  std::vector<std::string> all = verification.config.settings;
  all.push_back(setting("out", (directory / "verification").string()));
  all.push_back(setting("forecasts", list_of({(directory / "forecast").string()})));
  all.push_back(setting("analysis", list_of(verification.analysis)));
  all.push_back(
      setting("report.title",
              fmt::format("{}, cycle {}{}", title, record.cycle.iso(),
                          record.fallback() ? ", from the " + describe_start(record) : "")));
  std::vector<std::string> command = {
      own_program().string(), "verify",     verification.config.file,
      "--overwrite",          "--progress", "none"};
  for (const std::string& text : all) {
    command.push_back("--set");
    command.push_back(text);
  }
  const Outcome outcome = run(directory, "verify", command);
  if (!outcome.end.good()) {
    log_warning("daily", "E2688", "cycle {} could not be scored ({}) see {}", record.cycle.iso(),
                outcome.last_words, (directory / "logs" / "verify.log").string());
    return false;
  }
  Manifest manifest(directory);
  Json facts;
  facts.set("verb", "daily");
  facts.set("run_id", context_.run_id);
  facts.set("cycle", record.cycle.iso());
  facts.set("start", record.start.iso());
  facts.set("config_sha256", settings_.sha256);
  facts.set("version", build_info().version);
  facts.set("finished", now_utc().iso());
  manifest.add_run(facts);
  for (const char* file : {"verification/scores.nc", "verification/report.nc", "verification/report.html"})
    manifest.add_file(file);
  record.verified = true;
  write_cycle_record(directory, record);
  log_info("daily", "cycle {} is verified: {}", record.cycle.iso(),
           (directory / "verification" / "report.html").string());
  return true;
}

void DailyRun::verify() {
  if (!settings_.verification) return;
  show("verify", 85);
  const std::vector<Instant> times = verifying_times();
  for (CycleRecord record : read_cycle_records(settings_.out)) {
    const bool due = record.cycle <= record_.cycle &&
                     record_.cycle - record.cycle <= settings_.verification->reach;
    if (!due || !record.forecast_done || record.verified || record.pruned_files > 0) continue;
    if (std::find(times.begin(), times.end(), record.end()) == times.end()) continue;
    std::optional<RunLock> lock;
    if (record.cycle != record_.cycle) {
      try {
        lock.emplace(cycle_directory(settings_.out, record.cycle));
      } catch (const Error& error) {
        log_info("daily", "cycle {} is left to the run that has it: {}", record.cycle.iso(),
                 error.what());
        continue;
      }
    }
    if (!verify_cycle(record)) degraded_ = true;
    if (record.cycle == record_.cycle) record_ = record;
  }
  reporter_.event("verify");
}

void DailyRun::prune() {
  if (!settings_.retention) return;
  show("prune", 95);
  const RetentionSettings& retention = *settings_.retention;
  for (CycleRecord record : read_cycle_records(settings_.out)) {
    const auto older = [&](const std::optional<Duration>& limit) {
      return limit && record_.cycle - record.cycle > *limit;
    };
    const bool all = older(retention.forecast);
    if (!record.forecast_done || (!all && !older(retention.members))) continue;
    const bool waits = settings_.verification && !record.verified;
    if (waits && !older(retention.unverified)) continue;
    const fs::path directory = cycle_directory(settings_.out, record.cycle);
    std::optional<RunLock> lock;
    try {
      lock.emplace(directory);
    } catch (const Error& error) {
      log_info("daily", "cycle {} is left to the run that has it: {}", record.cycle.iso(),
               error.what());
      continue;
    }
    const Pruned pruned = prune_run(directory / "forecast", [&](const ManifestFile& file) {
      return all || file.path.starts_with("members/");
    });
    if (pruned.files == 0) continue;
    record.pruned_files += pruned.files;
    record.pruned_bytes += pruned.bytes;
    write_cycle_record(directory, record);
    log_info("daily", "cycle {}: {} files ({:.1f} MiB) deleted by the retention rules",
             record.cycle.iso(), pruned.files, static_cast<double>(pruned.bytes) / 1048576.0);
  }
}

int DailyRun::finish() {
  publish_text(settings_.out / "index.html", suite_page(read_cycle_records(settings_.out)),
               Existing::replace);
  const bool degraded =
      degraded_ || (record_.analysis_chosen && record_.fallback()) || record_.forecast_degraded;
  show(degraded ? "done, degraded" : "done", 100);
  progress_->finish();
  context_.print(
      fmt::format("cycle {}  forecast {}  verified {}  from the {}\n", record_.cycle.iso(),
                  record_.forecast_done ? "done" : "pending", record_.verified ? "yes" : "no",
                  record_.analysis_chosen ? describe_start(record_) : "analysis not chosen yet"));
  return degraded ? k_exit_degraded : 0;
}

}  // namespace myriad::pipelines
