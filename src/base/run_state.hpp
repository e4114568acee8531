#pragma once
/// \file
/// What the files of a run directory tell about the run: whether it lives, how far it is.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/time.hpp"

namespace myriad {

enum class RunLife : std::uint8_t {
  running,
  hung,     ///< nobody has shown a sign of life for three step times (at least half a minute)
  stopped,  ///< no process is at work and the run is not complete; the same command goes on
  done,
};
std::string_view to_string(RunLife life);

/// A rank that waits for its file system.
struct RunWait {
  std::int64_t rank = 0;
  std::string file;
  std::string operation;  ///< "write", "sync", ...
  double seconds = 0.0;   ///< when it last said so
};

/// The state of one run.
struct RunState {
  RunLife life = RunLife::stopped;
  std::string verb;
  std::string run_id;
  std::string phase;
  std::optional<LockOwner> owner;  ///< of run.lock
  double percent = 0.0;
  std::optional<double> eta_seconds;
  std::optional<double> step_seconds;
  std::optional<double> heartbeat_age;        ///< seconds since the newest sign of life of any rank
  double heartbeat_limit = 0.0;               ///< older than this means hung, s
  std::vector<std::int64_t> silent_ranks;     ///< with a heartbeat file older than the limit
  std::vector<RunWait> waiting;               ///< of a run that is at work, by rank
  std::int64_t members_done = 0;              ///< files of members in the manifest
  std::optional<std::int64_t> members_total;  ///< such files that the run is to write
  std::size_t files = 0;                      ///< in the manifest
  std::uint64_t bytes = 0;                    ///< of these
  std::string last_checkpoint;
};

/// Read `status.json`, `heartbeat.*`, `run.lock` and `run.manifest` of \p run_directory. Changes
/// nothing.
///
/// A process on another host cannot be seen: there the signs of life alone decide.
/// \param now the clock (UTC); clocks of hosts may differ by seconds, a sign from the future counts
/// as age 0 Errors: ErrorKind::input_missing (E1075) when the directory holds no run; input_corrupt
/// for damaged files.
RunState read_run_state(const std::filesystem::path& run_directory, const Instant& now);

/// Stable keys, for programs.
Json to_json(const RunState& state, const std::string& run);

}  // namespace myriad
