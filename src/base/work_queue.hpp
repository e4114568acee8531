#pragma once
/// \file
/// One thread that does work in order beside the caller.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace myriad {

/// Runs jobs one after the other on a thread of its own. For libraries that are not thread-safe (NetCDF): whoever owns the
/// queue must not use them before drain().
///
/// A job that throws ends the work: later jobs are dropped and the exception leaves from the next submit() or drain().
class WorkQueue {
 public:
  /// \param capacity jobs that may wait; submit() blocks beyond that
  explicit WorkQueue(std::size_t capacity);
  /// Waiting jobs are dropped; the running one is finished.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void submit(std::function<void()> job);
  /// Wait until everything is done.
  void drain();
  /// Drop the jobs that wait and forget a failure; waits for the running one.
  void cancel() noexcept;
  /// Seconds that submit() and drain() have waited so far.
  double waited_seconds() const { return waited_; }
  /// Seconds that jobs ran so far.
  double busy_seconds() const;

 private:
  void work();
  void rethrow(std::unique_lock<std::mutex>& lock);

  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool running_ = false;
  bool closing_ = false;
  std::exception_ptr failure_;
  double waited_ = 0.0;
  double busy_ = 0.0;
  std::thread thread_;
};

}  // namespace myriad
