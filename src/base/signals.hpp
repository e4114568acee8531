#pragma once
/// \file
/// Requests to stop or to checkpoint: signals, trigger files, wall-clock limit.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "src/base/time.hpp"

namespace myriad {

/// Why a run should stop. Higher values win when ranks disagree.
enum class StopReason : std::int64_t {
  none = 0,
  wall_limit = 1,
  stop_file = 2,
  signal_usr1 = 3,
  signal_int = 4,
  signal_term = 5
};

std::string to_string(
    StopReason reason);  ///< e.g. "signal SIGTERM", "file STOP", "wall-clock limit"

/// Watches for requests. Handlers only set flags; call the queries between steps and agree on the
/// answer over the ranks (agree_on_stop in src/comm/agree.hpp). One object per process.
class RunControl {
 public:
  /// Installs handlers for SIGTERM, SIGINT, SIGUSR1 (stop) and SIGUSR2 (checkpoint now and go on).
  RunControl();
  ~RunControl();
  RunControl(const RunControl&) = delete;
  RunControl& operator=(const RunControl&) = delete;

  /// Also obey the files STOP and CHECKPOINT_NOW in this directory.
  void watch_directory(std::filesystem::path run_directory);
  /// Stop \p reserve before the limit: \p limit counts from the start of the process. Without a
  /// limit the end of the Slurm job (SLURM_JOB_END_TIME) is used when known.
  void set_wall_limit(std::optional<Duration> limit, Duration reserve);

  StopReason stop_requested() const;
  /// True once per request. The file CHECKPOINT_NOW is removed. Errors: ErrorKind::io (E1070) when
  /// it cannot be removed, because it would trigger a checkpoint at every step.
  bool checkpoint_requested();
  /// Remove the file STOP, so that the next start is not stopped at once; call when stopping
  /// because of it.
  void acknowledge_stop();
  /// Seconds until the limit less the reserve; nothing when there is none.
  std::optional<double> seconds_left() const;

 private:
  void remove_trigger(const char* name) const;

  std::filesystem::path directory_;
  std::optional<double> deadline_;  ///< seconds after the start of the process
};

}  // namespace myriad
