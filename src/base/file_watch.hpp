#pragma once
/// \file
/// Tells people of actions on files that take long.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "src/base/file_wait.hpp"
#include "src/base/json.hpp"

namespace myriad {

/// {"file":…,"operation":"write","seconds":…}; a file under construction by the name it will have.
Json to_json(const PendingFileAction& action);

/// Learns which action the process waits for.
class FileWaitListener {
 public:
  virtual ~FileWaitListener() = default;
  /// Called by the watching thread about once a second while an action is slow, with the one that
  /// has taken longest, and once with null when none is slow any more.
  virtual void waiting(const PendingFileAction* action) = 0;
};

namespace detail {

/// The log lines about slow actions; no thread and no clock of its own.
class SlowFileLog {
 public:
  /// Log what is new in \p slow, the actions that are slow now: a warning (E1073) when an action
  /// becomes slow and again whenever it has taken twice as long (at the latest after ten minutes),
  /// a line when it is over.
  void look(const std::vector<PendingFileAction>& slow);

 private:
  struct Told {
    PendingFileAction action;  ///< as seen last
    double next = 0;           ///< next warning after so many seconds
  };
  std::map<std::uint64_t, Told> told_;
};

}  // namespace detail

/// A thread that looks for file actions that take longer than a limit. Make one per process, in the
/// program and not in a library.
///
/// The log comes first, to stderr first, and the listeners after it: what they write may lie on the
/// file system that hangs. The thread holds nothing that others wait for; one that hangs itself at
/// the end of the process is left behind. It allocates and writes nothing while all is well.
/// A thread that cannot be started is told (E1074); the run goes on without.
class FileWatch {
 public:
  /// \param limit seconds, > 0
  explicit FileWatch(double limit, FileWaits& waits = FileWaits::process());
  /// Logs the time that slow actions took in all, when there were some.
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Tell \p listener for as long as it lives.
  void tell(std::weak_ptr<FileWaitListener> listener);

 private:
  struct State;
  static void watch(State& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace myriad
