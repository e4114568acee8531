#pragma once
/// \file
/// Progress on the terminal and in status.json.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/file_watch.hpp"

namespace myriad {

enum class ProgressMode : std::uint8_t { automatic, bar, line, none };

/// "auto", "bar", "line", "none". Errors: ErrorKind::config_invalid.
ProgressMode progress_mode_from_string(std::string_view name);

/// Counts work items and shows share, rate and estimated time left on stderr.
///
/// `automatic` is a bar when stderr is a terminal, else one line at most every 5 s (and the first
/// and last one). Make it on rank 0 only, or pass ProgressMode::none elsewhere. Not thread safe.
class Progress {
 public:
  using Clock = std::function<double()>;  ///< seconds, monotonic

  /// \param label what is counted, e.g. "forecast"
  /// \param total items in all, > 0
  /// \param already_done items done before (resume); they do not count for the rate
  Progress(std::string label, std::int64_t total, ProgressMode mode, std::int64_t already_done = 0,
           Clock clock = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// \p done items are complete; \p note (e.g. "loss 0.12") ends the line.
  void update(std::int64_t done, std::string_view note = {});
  /// Show the final state; counts what update() was told last.
  void finish(std::string_view note = {});

  double percent() const;
  /// Seconds left; nothing before the first item is done.
  std::optional<double> eta_seconds() const;
  /// Mean seconds per item since construction; nothing before the first item is done.
  std::optional<double> seconds_per_item() const;

 private:
  void show(std::string_view note);
  std::string describe(std::string_view note) const;

  std::string label_;
  std::int64_t total_;
  std::int64_t done_;
  std::int64_t first_;
  ProgressMode mode_;
  Clock clock_;
  double start_;
  double last_shown_ = -1e300;
  double now_ = 0;
  bool finished_ = false;
};

/// "1 h 02 min", "3 min 20 s", "12 s".
std::string format_seconds(double seconds);

/// What status.json says about a run.
struct RunStatus {
  std::string phase;                   ///< e.g. "load", "forecast", "done", "stopped", "failed"
  std::optional<std::int64_t> member;  ///< newest member worked on
  std::optional<std::int64_t> step;
  double percent = 0;
  std::optional<double> eta_seconds;
  std::optional<double> step_seconds;  ///< a heartbeat older than three of these means hung
  std::string last_checkpoint;         ///< path, empty: none yet
  std::uint64_t bytes_written = 0;
  std::string note = {};  ///< for people; left out when empty
};

/// Writes `status.json` in a run directory by atomic replacement. Use on rank 0 only. *Threads*:
/// thread-compatible, but for the calls of a FileWatch.
class StatusWriter {
 public:
  StatusWriter(const std::filesystem::path& run_directory, std::string run_id, std::string verb);
  /// Replace status.json; adds heartbeat (UTC now), host, pid. Errors: as publish_text (files.hpp).
  void write(const RunStatus& status) const;
  /// For a FileWatch: adds `waiting_for` (file, operation, seconds) to the newest status while the
  /// process waits for its file system.
  std::weak_ptr<FileWaitListener> listener() const;

 private:
  class File;
  std::shared_ptr<File> file_;
  std::string run_id_;
  std::string verb_;
};

}  // namespace myriad
