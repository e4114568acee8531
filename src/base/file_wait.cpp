#include "src/base/file_wait.hpp"

#include <algorithm>
#include <chrono>

namespace myriad {

namespace {

/// Whether this thread has noted an action already, or is not to note any.
thread_local bool noted = false;
/// The slot this thread had last: as a rule it is free.
thread_local std::size_t last_slot = 0;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string_view to_string(FileAction action) {
  switch (action) {
    case FileAction::open:
      return "open";
    case FileAction::read:
      return "read";
    case FileAction::write:
      return "write";
    case FileAction::resize:
      return "resize";
    case FileAction::sync:
      return "sync";
    case FileAction::rename:
      return "rename";
    case FileAction::close:
      return "close";
    case FileAction::list:
      return "list";
  }
  return "unknown";
}

FileWaits& FileWaits::process() {
  // Never destroyed: threads may be at files while the process ends.
  static FileWaits* const instance = new FileWaits(steady_seconds);
  return *instance;
}

std::vector<PendingFileAction> FileWaits::pending(double seconds) const {
  const double now = clock_();
  std::vector<PendingFileAction> found;
  for (const Slot& slot : slots_) {
    if (!slot.taken.load(std::memory_order_relaxed)) continue;
    const std::lock_guard lock(slot.mutex);
    if (slot.file == nullptr || now - slot.since < seconds) continue;
    found.push_back({slot.action, slot.file, now - slot.since, slot.serial});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return found;
}

FileWait::FileWait(FileAction action, const char* file, FileWaits& waits) noexcept {
  if (noted) return;
  const std::size_t slots = waits.slots_.size();
  for (std::size_t tried = 0; tried < slots; ++tried) {
    const std::size_t number = (last_slot + tried) % slots;
    FileWaits::Slot& slot = waits.slots_[number];
    if (slot.taken.exchange(true, std::memory_order_acquire)) continue;
    last_slot = number;
    slot_ = &slot;
    break;
  }
  if (slot_ == nullptr) return;
  waits_ = &waits;
  noted = true;
  const double now = waits.clock_();
  const std::lock_guard lock(slot_->mutex);
  slot_->file = file;
  slot_->action = action;
  slot_->since = now;
  slot_->serial = (slot_->serial / slots + 1) * slots + last_slot;
}

FileWait::~FileWait() {
  if (slot_ == nullptr) return;
  const double seconds = waits_->clock_() - slot_->since;
  {
    const std::lock_guard lock(slot_->mutex);
    slot_->file = nullptr;
  }
  slot_->taken.store(false, std::memory_order_release);
  noted = false;
  if (seconds < waits_->limit_.load(std::memory_order_relaxed)) return;
  waits_->slow_seconds_ += seconds;
  ++waits_->slow_actions_;
}

void FileWait::ignore_this_thread() {
  noted = true;
}

}  // namespace myriad
