#include "src/base/file_watch.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/log.hpp"
#include "src/base/progress.hpp"

namespace myriad {

namespace {

constexpr double k_longest_silence = 600.0;
/// How long the end of a process waits for a look that is under way.
constexpr std::chrono::milliseconds k_patience{500};

std::string name_of(const PendingFileAction& action) {
  return published_path(action.file).string();
}

}  // namespace

Json to_json(const PendingFileAction& action) {
  Json json;
  json.set("file", name_of(action));
  json.set("operation", to_string(action.action));
  json.set("seconds", std::round(action.seconds * 10.0) / 10.0);
  return json;
}

namespace detail {

void SlowFileLog::look(const std::vector<PendingFileAction>& slow) {
  for (const PendingFileAction& action : slow) {
    Told& told = told_[action.serial];
    told.action = action;
    if (action.seconds < told.next) continue;
    told.next = action.seconds + std::min(action.seconds, k_longest_silence);
    log_warning("files", "E1073",
                "{} of {} has taken {} so far (the file system answers slowly or not at all) the "
                "run goes on waiting; look at quotas and at the load of file and metadata servers",
                to_string(action.action), name_of(action), format_seconds(action.seconds));
  }
  for (auto it = told_.begin(); it != told_.end();) {
    const std::uint64_t serial = it->first;
    if (std::any_of(slow.begin(), slow.end(),
                    [&](const PendingFileAction& a) { return a.serial == serial; })) {
      ++it;
      continue;
    }
    log_info("files", "{} of {} is over after about {}; the run goes on",
             to_string(it->second.action.action), name_of(it->second.action),
             format_seconds(it->second.action.seconds));
    it = told_.erase(it);
  }
}

}  // namespace detail

struct FileWatch::State {
  State(double seconds, FileWaits& all) : limit(seconds), waits(all) {}

  const double limit;
  FileWaits& waits;
  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  bool ended = false;
  std::vector<std::weak_ptr<FileWaitListener>> listeners;

  // Used by the watching thread alone.
  detail::SlowFileLog log;
  bool waiting = false;

  void try_to_look() {
    try {
      look();
    } catch (const std::exception&) {
      // Out of memory, or a name that cannot be told: the next look may do better.
    }
  }

  void look() {
    const std::vector<PendingFileAction> slow = waits.pending(limit);
    if (slow.empty() && !waiting) return;
    log.look(slow);
    waiting = !slow.empty();
    std::vector<std::shared_ptr<FileWaitListener>> alive;
    {
      const std::lock_guard lock(mutex);
      for (const auto& listener : listeners) {
        if (auto there = listener.lock()) alive.push_back(std::move(there));
      }
    }
    for (const auto& listener : alive) listener->waiting(waiting ? &slow.front() : nullptr);
  }
};

FileWatch::FileWatch(double limit, FileWaits& waits)
    : state_(std::make_shared<State>(limit, waits)) {
  MYRIAD_EXPECT(limit > 0);
  waits.count_slow(limit);
  // Signals are for the thread that steps the model, but for those of a crash.
  sigset_t all, before;
  sigfillset(&all);
  for (int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, crash);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([state = state_] { watch(*state); });
  } catch (const std::system_error& error) {
    log_warning("files", "E1074",
                "no thread can watch for a slow file system ({}) the run goes on without",
                error.what());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FileWatch::~FileWatch() {
  if (thread_.joinable()) {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    state_->changed.notify_all();
    if (state_->changed.wait_for(lock, k_patience, [&] { return state_->ended; })) {
      lock.unlock();
      thread_.join();
    } else {
      thread_.detach();  // it hangs in a file system; its state lives as long as it does
    }
  }
  const FileWaits& waits = state_->waits;
  if (waits.slow_actions() == 0) return;
  log_info("files", "{} slow file action(s) took {} in all", waits.slow_actions(),
           format_seconds(waits.slow_seconds()));
}

void FileWatch::tell(std::weak_ptr<FileWaitListener> listener) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->listeners, [](const auto& known) { return known.expired(); });
  state_->listeners.push_back(std::move(listener));
}

void FileWatch::watch(State& state) {
  FileWait::ignore_this_thread();
  const std::chrono::duration<double> pause(std::clamp(state.limit / 4, 0.001, 1.0));
  std::unique_lock lock(state.mutex);
  while (!state.changed.wait_for(lock, pause, [&] { return state.stop; })) {
    lock.unlock();
    state.try_to_look();
    lock.lock();
  }
  if (state.waiting) {  // what was told of and ended since the last look
    lock.unlock();
    state.try_to_look();
    lock.lock();
  }
  state.ended = true;
  state.changed.notify_all();
}

}  // namespace myriad
