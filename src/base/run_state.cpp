#include "src/base/run_state.hpp"

#include <algorithm>

#include "src/base/error.hpp"
#include "src/base/manifest.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

constexpr double k_steps_until_hung = 3.0;
/// Times in status.json are whole seconds and a busy file system may hold a fast run up for longer
/// than three of its steps.
constexpr double k_least_limit = 30.0;
constexpr double k_greatest_limit = 1e9;  // a step time from a damaged file must stay a number

bool there(const fs::path& path) {
  std::error_code problem;
  return fs::is_regular_file(fs::symlink_status(path, problem));
}

/// Age of a time written by a run; never negative.
double age(const std::string& time, const Instant& now) {
  return std::max(0.0, static_cast<double>((now - Instant::parse(time)).seconds));
}

std::string text_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::optional<double> number_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->as_double();
}

std::optional<RunWait> wait_of(const Json& json, std::int64_t rank) {
  const Json* wait = json.find("waiting_for");
  if (wait == nullptr || !wait->is_object()) return std::nullopt;
  return RunWait{rank, text_of(*wait, "file"), text_of(*wait, "operation"),
                 number_of(*wait, "seconds").value_or(0.0)};
}

void read_status(const fs::path& file, const Instant& now, RunState& state) {
  const Json json = read_json_file(file);
  state.verb = text_of(json, "verb");
  state.run_id = text_of(json, "run");
  state.phase = text_of(json, "phase");
  state.percent = number_of(json, "percent").value_or(0.0);
  state.eta_seconds = number_of(json, "eta_seconds");
  state.step_seconds = number_of(json, "step_seconds");
  state.last_checkpoint = text_of(json, "last_checkpoint");
  if (auto wait = wait_of(json, 0)) state.waiting.push_back(std::move(*wait));
  if (const std::string beat = text_of(json, "heartbeat"); !beat.empty())
    state.heartbeat_age = age(beat, now);
}

void read_heartbeats(const fs::path& directory, const Instant& now, RunState& state) {
  constexpr std::string_view prefix = "heartbeat.";
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !there(entry.path())) continue;
    try {
      const Json json = parse_json(read_text_file(entry.path(), 4096), name);
      const double seconds = age(text_of(json, "time"), now);
      state.heartbeat_age = std::min(state.heartbeat_age.value_or(seconds), seconds);
      const std::int64_t rank = json.at("rank").as_int();
      if (seconds > state.heartbeat_limit) state.silent_ranks.push_back(rank);
      // A rank tells it itself, and rank 0 in status.json as well.
      std::erase_if(state.waiting, [&](const RunWait& wait) { return wait.rank == rank; });
      if (auto wait = wait_of(json, rank)) state.waiting.push_back(std::move(*wait));
    } catch (const Error&) {
      // Removed or rewritten at this very moment; the other signs of life stand.
    }
  }
  std::sort(state.silent_ranks.begin(), state.silent_ranks.end());
  std::sort(state.waiting.begin(), state.waiting.end(),
            [](const RunWait& a, const RunWait& b) { return a.rank < b.rank; });
}

void read_manifest(const fs::path& directory, RunState& state) {
  const Manifest manifest(directory);
  for (const ManifestFile& file : manifest.files()) {
    if (file.member) ++state.members_done;
    state.bytes += file.bytes;
  }
  state.files = manifest.files().size();
  if (manifest.runs().empty()) return;
  const Json& run = manifest.runs().back();
  if (state.verb.empty()) state.verb = text_of(run, "verb");
  if (state.run_id.empty()) state.run_id = text_of(run, "run_id");
  for (const Json& facts : manifest.runs()) {
    const Json* wanted = facts.find("member_files");
    if (wanted != nullptr && wanted->is_integer()) state.members_total = wanted->as_int();
  }
}

RunLife life_of(const RunState& state) {
  const bool silent = state.heartbeat_age.value_or(0.0) > state.heartbeat_limit;
  if (state.owner && state.owner->life != LockOwner::Life::gone)
    return silent ? RunLife::hung : RunLife::running;
  return state.phase == "done" ? RunLife::done : RunLife::stopped;
}

}  // namespace

std::string_view to_string(RunLife life) {
  switch (life) {
    case RunLife::running:
      return "running";
    case RunLife::hung:
      return "hung";
    case RunLife::stopped:
      return "stopped";
    case RunLife::done:
      return "done";
  }
  return "unknown";
}

RunState read_run_state(const fs::path& run_directory, const Instant& now) {
  const fs::path status = run_directory / "status.json";
  const bool any =
      there(status) || there(run_directory / "run.manifest") || there(run_directory / "run.lock");
  MYRIAD_VALIDATE(any, ErrorKind::input_missing, "E1075",
                  "{} holds no run (neither status.json nor run.manifest nor run.lock is there); "
                  "check the path",
                  run_directory.string());
  RunState state;
  if (there(status)) read_status(status, now, state);
  state.heartbeat_limit = std::clamp(k_steps_until_hung * state.step_seconds.value_or(0.0),
                                     k_least_limit, k_greatest_limit);
  read_heartbeats(run_directory, now, state);
  read_manifest(run_directory, state);
  state.owner = lock_owner(run_directory);
  state.life = life_of(state);
  if (state.life != RunLife::running && state.life != RunLife::hung) state.waiting.clear();
  return state;
}

Json to_json(const RunState& state, const std::string& run) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json json;
  json.set("run", run);
  json.set("state", to_string(state.life));
  json.set("verb", state.verb);
  json.set("run_id", state.run_id);
  json.set("phase", state.phase);
  json.set("percent", state.percent);
  json.set("eta_seconds", state.life == RunLife::running ? number(state.eta_seconds) : Json());
  json.set("step_seconds", number(state.step_seconds));
  json.set("heartbeat_age_seconds", number(state.heartbeat_age));
  json.set("heartbeat_limit_seconds", state.heartbeat_limit);
  Json silent{Json::Array{}};
  for (std::int64_t rank : state.silent_ranks) silent.push_back(rank);
  json.set("silent_ranks", std::move(silent));
  Json waiting{Json::Array{}};
  for (const RunWait& wait : state.waiting) {
    Json one;
    one.set("rank", wait.rank);
    one.set("file", wait.file);
    one.set("operation", wait.operation);
    one.set("seconds", wait.seconds);
    waiting.push_back(std::move(one));
  }
  json.set("waiting_for", std::move(waiting));
  json.set("members_done", state.members_done);
  json.set("members_total", number(state.members_total));
  json.set("files", state.files);
  json.set("bytes", state.bytes);
  json.set("last_checkpoint", state.last_checkpoint.empty() ? Json() : Json(state.last_checkpoint));
  json.set("host", state.owner ? Json(state.owner->host) : Json());
  json.set("pid", state.owner ? Json(state.owner->pid) : Json());
  return json;
}

}  // namespace myriad
