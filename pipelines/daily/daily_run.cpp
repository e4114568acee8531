#include "pipelines/daily/daily_run.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "src/base/log.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

namespace {

/// The problem in the last error line of a log: "error E2034: no field at ... in ...".
std::string last_words_of(const fs::path& log) {
  const std::string see = "see " + log.string();
  std::error_code problem;
  if (!fs::exists(log, problem) || fs::file_size(log, problem) > (std::uintmax_t{32} << 20))
    return see;
  const std::string text = read_text_file(log);
  const std::size_t at = text.rfind("error E");
  if (at == std::string::npos) return see;
  const std::string line = text.substr(at, text.find('\n', at) - at);
  return line.substr(0, line.find(" ("));
}

const AnalysisSource& source_named(const DailySettings& settings, const std::string& name) {
  const auto found =
      std::find_if(settings.sources.begin(), settings.sources.end(),
                   [&](const AnalysisSource& source) { return source.name == name; });
  MYRIAD_VALIDATE(found != settings.sources.end(), ErrorKind::input_missing, "E2686",
                  "the analysis source '{}' that was chosen is no longer configured "
                  "(analysis.sources changed) restore it, or "
                  "remove the cycle's directory",
                  name);
  return *found;
}

}  // namespace

ErrorKind kind_of_end(const ChildEnd& end) {
  if (end.signal != 0) {
    const std::array k_crashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    const bool crash = std::find(k_crashes.begin(), k_crashes.end(), end.signal) != k_crashes.end();
    return crash ? ErrorKind::internal : ErrorKind::stopped_early;
  }
  for (const ErrorKind kind :
       {ErrorKind::usage, ErrorKind::input_corrupt, ErrorKind::input_missing,
        ErrorKind::unavailable, ErrorKind::resources, ErrorKind::cannot_create, ErrorKind::io,
        ErrorKind::stopped_early, ErrorKind::quality, ErrorKind::permission, ErrorKind::config_invalid}) {
    if (exit_code(kind) == end.code) return kind;
  }
  // mpirun returns 128 + signal for a rank that was killed from outside.
  for (const int s : {SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGTERM}) {
    if (end.code == 128 + s) return ErrorKind::stopped_early;
  }
  return ErrorKind::internal;
}

DailyRun::DailyRun(const VerbContext& context)
    : context_(context),
      settings_(context.config),
      directory_(cycle_directory(settings_.out, settings_.cycle)),
      reporter_(settings_.report) {
  const Config config =
      read_child_config("forecast", settings_.forecast,
                        {setting("out", "checked"), setting("start", settings_.cycle.iso()),
                         setting("initial.files", list_of({"checked"}))});
  record_.cycle = settings_.cycle;
  record_.start = settings_.cycle;
  record_.lead = config.duration("lead");
  if (const auto& verification = settings_.verification) {
    read_child_config("verify", verification->config, {setting("out", "checked")});
  }
  if (const auto record = read_cycle_record(directory_)) record_ = *record;
}

std::string DailyRun::plan_text() const {
  std::string text;
  text += fmt::format("cycle        {} in {}\n", record_.cycle.iso(), directory_.string());
  text += fmt::format("forecast     {}, lead {}\n", record_.forecast_done ? "done" : "to do",
                      to_string(record_.lead));
  text += fmt::format("started by   {}\n", record_.analysis_chosen ? describe_start(record_)
                                                                   : "an analysis not chosen yet");
  text += fmt::format("verified     {}\n", record_.verified ? "yes" : "no");
  text += fmt::format("all cycles   {}\n", read_cycle_records(settings_.out).size());
  return text;
}

void DailyRun::begin() {
  make_directory(directory_ / "logs");
  lock_.emplace(directory_);
  remove_stale_temporaries(directory_);
  // The run before this one may have gone on between the construction and the lock.
  if (const auto record = read_cycle_record(directory_)) record_ = *record;
  record_.run_id = context_.run_id;
  status_.emplace(settings_.out, context_.run_id, "daily");
  context_.show_waits(*status_);
  progress_.emplace("daily", 100, progress_mode_from_string(context_.config.text("progress")));
  context_.control.watch_directory(settings_.out);
}

void DailyRun::show(const std::string& phase, double percent, const std::string& note) {
  percent_ = percent;
  RunStatus status;
  status.phase = phase;
  status.percent = percent;
  status.note = fmt::format("cycle {}", record_.cycle.iso());
  if (record_.analysis_chosen) status.note += ", " + describe_start(record_);
  if (!note.empty()) status.note += ", " + note;
  status_->write(status);
  progress_->update(static_cast<std::int64_t>(percent), phase);
  reporter_.meter(percent);
}

void DailyRun::tell_failure(const Error& error) noexcept {
  try {
    if (!status_) return;
    show(error.kind() == ErrorKind::stopped_early ? "stopped" : "failed", percent_,
         fmt::format("error {}: {}", error.id(), error.what()));
    reporter_.label(fmt::format("error {}", error.id()));
  } catch (const std::exception& problem) {
    log_debug("daily", "the failure could not be told: {}", problem.what());
  }
}

void DailyRun::stop_if_asked() const {
  const StopReason reason = context_.control.stop_requested();
  if (reason == StopReason::none) return;
  context_.control.acknowledge_stop();
  throw Error(ErrorKind::stopped_early, "E2689",
              fmt::format("cycle {} was stopped ({}) run the same command to go on",
                          record_.cycle.iso(), to_string(reason)));
}

DailyRun::Outcome DailyRun::run(const fs::path& directory, const std::string& name,
                                const std::vector<std::string>& command,
                                const std::function<void()>& now_and_then) {
  ChildOptions options;
  options.log_file = directory / "logs" / (name + ".log");
  int polls = 0;
  options.stop = [&] {
    if (now_and_then && ++polls % 20 == 0) now_and_then();
    return context_.control.stop_requested() != StopReason::none;
  };
  // Each start has a log of its own: the last words are those of this start.
  std::error_code ignored;
  fs::rename(options.log_file, directory / "logs" / (name + ".previous.log"), ignored);
  Outcome outcome;
  outcome.end = run_child(command, options);
  if (!outcome.end.good()) outcome.last_words = last_words_of(options.log_file);
  stop_if_asked();
  return outcome;
}

std::vector<std::string> DailyRun::forecast_command(const Instant& start, Duration lead,
                                                    const AnalysisSource& source) const {
  std::vector<std::string> files;
  for (const std::string& file : source.files) files.push_back(fill_date(file, start));
  std::vector<std::string> command = {own_program().string(), "forecast", settings_.forecast.file,
                                      "--overwrite"};
  std::vector<std::string> all = settings_.forecast.settings;
  all.push_back(setting("out", (directory_ / "forecast").string()));
  all.push_back(setting("start", start.iso()));
  all.push_back(setting("lead", to_string(lead)));
  all.push_back(setting("initial.files", list_of(files)));
  all.push_back(setting("progress", "line"));
  for (const std::string& text : all) {
    command.push_back("--set");
    command.push_back(text);
  }
  return command;
}

std::optional<DailyRun::Choice> DailyRun::probe(const Instant& start, std::string& reason) {
  for (const AnalysisSource& source : settings_.sources) {
    // The forecast itself judges: what its dry run accepts is what it will read.
    std::vector<std::string> command =
        forecast_command(start, record_.lead + (record_.cycle - start), source);
    command.push_back("--dry-run");
    const Outcome outcome = run(directory_, "analysis", command);
    if (outcome.end.good()) return Choice{start, source.name};
    const ErrorKind kind = kind_of_end(outcome.end);
    MYRIAD_VALIDATE(
        kind == ErrorKind::input_missing || kind == ErrorKind::input_corrupt, kind, "E2685",
        "the forecast of {} could not run whatever the analysis ({}) correct that first",
        start.iso(), outcome.last_words);
    reason += fmt::format("{}{}: {}", reason.empty() ? "" : "; ", source.name, outcome.last_words);
  }
  return std::nullopt;
}

std::optional<DailyRun::Choice> DailyRun::await(std::string& reason) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(settings_.wait.seconds);
  while (true) {
    show("wait", 0);
    reason.clear();
    if (auto choice = probe(record_.cycle, reason)) return choice;
    if (Clock::now() >= deadline) return std::nullopt;
    log_info("daily", "waiting for the analysis of {}: {}", record_.cycle.iso(), reason);
    const auto next =
        std::min(Clock::now() + std::chrono::seconds(settings_.poll.seconds), deadline);
    while (Clock::now() < next) {
      stop_if_asked();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

void DailyRun::choose_analysis() {
  if (record_.analysis_chosen) return;
  std::string reason;
  std::optional<Choice> choice = await(reason);
  const std::string missing = reason;
  for (Duration age = settings_.interval; !choice && age <= settings_.max_age;
       age = age + settings_.interval) {
    choice = probe(record_.cycle - age, reason);
  }
  MYRIAD_VALIDATE(choice.has_value(), ErrorKind::input_missing, "E2684",
                  "no analysis for cycle {}, nor one at most {} older ({}) fetch it and give the "
                  "same command again",
                  record_.cycle.iso(), to_string(settings_.max_age), reason);
  record_.analysis_chosen = true;
  record_.start = choice->start;
  record_.source = choice->source;
  record_.lead = record_.lead + (record_.cycle - choice->start);
  if (record_.fallback()) {
    record_.fallback_reason = missing;
    log_warning("daily", "E2690", "cycle {} starts from the {}", record_.cycle.iso(),
                describe_start(record_));
    reporter_.label("late analysis: started from " + record_.start.iso());
  }
  write_cycle_record(directory_, record_);
  reporter_.event("analysis");
}

void DailyRun::forecast() {
  if (record_.forecast_done) {
    log_info("daily", "the forecast of cycle {} is there already", record_.cycle.iso());
    return;
  }
  MYRIAD_VALIDATE(
      record_.analysis_chosen, ErrorKind::input_missing, "E2686",
      "no analysis has been chosen for cycle {} (stage analysis did not run) run it first",
      record_.cycle.iso());
  show("forecast", 10);
  std::vector<std::string> command = settings_.launcher;
  const std::vector<std::string> own =
      forecast_command(record_.start, record_.lead, source_named(settings_, record_.source));
  command.insert(command.end(), own.begin(), own.end());
  const Outcome outcome = run(directory_, "forecast", command, [&] {
    const fs::path file = directory_ / "forecast" / "status.json";
    if (!fs::exists(file)) return;
    const Json status = read_json_file(file);
    if (const Json* percent = status.find("percent"); percent != nullptr && percent->is_number()) {
      show("forecast", 10 + 0.7 * percent->as_double());
    }
  });
  const bool degraded = outcome.end.signal == 0 && outcome.end.code == k_exit_degraded;
  if (!outcome.end.good() && !degraded) {
    throw Error(
        kind_of_end(outcome.end), "E2687",
        fmt::format("the forecast of cycle {} failed ({}) its log is {}", record_.cycle.iso(),
                    outcome.last_words, (directory_ / "logs" / "forecast.log").string()));
  }
  record_.forecast_done = true;
  record_.forecast_degraded = degraded;
  write_cycle_record(directory_, record_);
  reporter_.event("forecast");
}

}  // namespace myriad::pipelines
