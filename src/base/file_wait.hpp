#pragma once
/// \file
/// Which actions on files are under way, and since when: so that a run that waits for its file
/// system can say so.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace myriad {

enum class FileAction : std::uint8_t { open, read, write, resize, sync, rename, close, list };
std::string_view to_string(FileAction action);

/// An action that has not ended yet.
struct PendingFileAction {
  FileAction action = FileAction::open;
  std::string file;
  double seconds = 0;        ///< since it began
  std::uint64_t serial = 0;  ///< tells it from all others of the process
};

/// The actions of all threads. *Threads*: thread-safe.
class FileWaits {
 public:
  using Clock = double (*)();  ///< seconds, monotonic

  explicit FileWaits(Clock clock) : clock_(clock) {}
  FileWaits(const FileWaits&) = delete;
  FileWaits& operator=(const FileWaits&) = delete;
  /// Those of this process.
  static FileWaits& process();

  /// Actions that began at least \p seconds ago, the longest first. Allocates only when there are
  /// some.
  std::vector<PendingFileAction> pending(double seconds) const;

  /// From now on actions that take at least \p seconds count as slow.
  void count_slow(double seconds) { limit_ = seconds; }
  /// Slow actions that have ended, and the time they took; actions of several threads at a time add
  /// up.
  std::int64_t slow_actions() const { return slow_actions_; }
  double slow_seconds() const { return slow_seconds_; }

 private:
  friend class FileWait;

  /// The mutex is held for as long as it takes to set or copy the members, never during an action.
  struct Slot {
    std::atomic<bool> taken{false};
    mutable std::mutex mutex;
    const char* file = nullptr;
    FileAction action = FileAction::open;
    double since = 0;
    std::uint64_t serial = 0;
  };

  Clock clock_;
  std::array<Slot, 64> slots_{};
  std::atomic<double> limit_{std::numeric_limits<double>::infinity()};
  std::atomic<std::int64_t> slow_actions_{0};
  std::atomic<double> slow_seconds_{0.0};
};

/// Says, for its lifetime, that this thread is at \p action with \p file: put one around each call
/// that a file system may keep waiting.
///
/// Costs about 0.1 us. Does nothing inside another one of the same thread, in the thread that
/// watches the others, and when 64 threads are at files already. \p file must outlive the object.
class FileWait {
 public:
  FileWait(FileAction action, const char* file, FileWaits& waits = FileWaits::process()) noexcept;
  FileWait(FileAction action, const std::string& file,
           FileWaits& waits = FileWaits::process()) noexcept
      : FileWait(action, file.c_str(), waits) {}
  FileWait(FileAction action, const std::filesystem::path& file,
           FileWaits& waits = FileWaits::process()) noexcept
      : FileWait(action, file.c_str(), waits) {}
  FileWait(FileAction, std::string&&) = delete;
  FileWait(FileAction, std::filesystem::path&&) = delete;
  ~FileWait();
  FileWait(const FileWait&) = delete;
  FileWait& operator=(const FileWait&) = delete;

  /// What this thread does with files from now on is not noted.
  static void ignore_this_thread();

 private:
  FileWaits* waits_ = nullptr;  ///< null: nothing noted
  FileWaits::Slot* slot_ = nullptr;
};

}  // namespace myriad
