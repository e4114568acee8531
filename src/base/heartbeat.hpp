#pragma once
/// \file
/// One small file per rank that says "alive, at step n": who stopped answering can be named after
/// the job is gone.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "src/base/file_wait.hpp"
#include "src/base/file_watch.hpp"

namespace myriad {

/// `heartbeat.<rank>` in a run directory: one JSON line of fixed length with rank, host, pid, step
/// and time (UTC), and while the rank waits for its file system, `waiting_for` (file, operation,
/// seconds).
///
/// A line is rewritten in place by one write call, so that readers never see half of one and
/// thousands of ranks do not load the directory with renames. An orderly end, also that by an
/// Error, removes the file: what is left after a job belongs to ranks that were killed. A file that
/// cannot be written is told once (E1071) and never ends the run. *Threads*: thread-compatible, but
/// for the calls of a FileWatch.
class Heartbeat {
 public:
  using Clock = std::function<double()>;  ///< seconds, monotonic

  /// Writes the first line. \param run_directory must exist
  Heartbeat(const std::filesystem::path& run_directory, int rank, Clock clock = {});
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// The rank reached \p step. Writes at most four times a second: cheap enough for every step.
  void beat(std::int64_t step);
  /// For a FileWatch: waiting for a file is a sign of life, too.
  std::weak_ptr<FileWaitListener> listener() const;

 private:
  class File;
  std::shared_ptr<File> file_;
};

/// Remove the files that killed ranks of earlier jobs left in \p run_directory. Call on one rank
/// that holds the directory's RunLock, before any rank of this job makes its own. Returns how many.
std::size_t remove_stale_heartbeats(const std::filesystem::path& run_directory);

}  // namespace myriad
