#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "src/base/file_descriptor.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/json.hpp"
#include "src/base/process.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_longest_lock = 4096;

/// First line of a small file of /proc; empty when unreadable.
std::string proc_text(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  const detail::FileDescriptor file(descriptor, path);
  std::string text(k_longest_lock, '\0');
  text.resize(file.read_some(std::as_writable_bytes(std::span(text))));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string boot_id() {
  return proc_text("/proc/sys/kernel/random/boot_id");
}

/// Start of a process in clock ticks since boot (field 22 of its stat): tells a process from a
/// later one with its pid.
std::string start_ticks(long pid) {
  const std::string stat = proc_text(fmt::format("/proc/{}/stat", pid));
  std::size_t at = stat.rfind(')');  // the name may hold blanks and brackets
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

Json my_identity() {
  Json identity;
  identity.set("host", host_name());
  identity.set("pid", static_cast<std::int64_t>(::getpid()));
  identity.set("boot_id", boot_id());
  identity.set("start_ticks", start_ticks(::getpid()));
  return identity;
}

[[noreturn]] void refuse(const fs::path& file, const std::string& owner, std::string_view reason) {
  throw Error(ErrorKind::cannot_create, "E1059",
              fmt::format("{} is in use by {} ({}); wait for it, choose another directory, or "
                          "remove {} when you are "
                          "sure that the run is gone",
                          file.parent_path().string(), owner, reason, file.filename().string()));
}

/// Whom the text of a lock names; nothing when it is empty or half-written by a run that was killed in that very moment
/// (a living one would hold the advisory lock).
std::optional<LockOwner> parse_owner(const fs::path& file, const std::string& text) {
  if (text.empty()) return std::nullopt;
  LockOwner owner;
  std::string boot;
  std::string ticks;
  try {
    const Json lock = parse_json(text, file.string());
    owner.host = lock.at("host").as_string();
    owner.pid = lock.at("pid").as_int();
    boot = lock.at("boot_id").as_string();
    ticks = lock.at("start_ticks").as_string();
  } catch (const Error&) {
    return std::nullopt;
  }
  if (owner.host != host_name()) return owner;
  const bool there = boot == boot_id() && detail::process_runs(owner.pid);
  owner.life = there && start_ticks(owner.pid) == ticks ? LockOwner::Life::alive : LockOwner::Life::gone;
  return owner;
}

/// Throws when the run that wrote \p text may still be alive.
void check_owner(const fs::path& file, const std::string& text) {
  const std::optional<LockOwner> owner = parse_owner(file, text);
  if (!owner || owner->life == LockOwner::Life::gone) return;
  refuse(file, fmt::format("process {} on host {}", owner->pid, owner->host),
         owner->life == LockOwner::Life::alive ? "it is alive"
                                               : "whether it is alive cannot be seen from this host");
}

}  // namespace

RunLock::RunLock(const fs::path& run_directory) : file_(run_directory / "run.lock") {
  while (true) {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) {
      detail::throw_system_error("lock", file_, errno == ENOENT ? ENOTDIR : errno, "E1059");
    }
    detail::FileDescriptor file(descriptor, file_);
    std::string text(k_longest_lock, '\0');
    text.resize(file.read_some(std::as_writable_bytes(std::span(text))));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      check_owner(file_, text);
      refuse(file_, "another process", "it holds the lock");
    }
    // Without advisory locks (some network file systems) the content alone decides.
    struct stat opened {};
    struct stat named {};
    const bool same = ::fstat(descriptor, &opened) == 0 && ::lstat(file_.c_str(), &named) == 0 &&
                      opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
    if (!same) continue;  // released between open and lock
    check_owner(file_, text);
    const std::string mine = to_json_text(my_identity()) + "\n";
    if (::ftruncate(descriptor, 0) != 0 || ::lseek(descriptor, 0, SEEK_SET) != 0) {
      detail::throw_system_error("lock", file_, errno, "E1059");
    }
    file.write_all(bytes_of(mine));
    file.sync();
    descriptor_ = file.release();
    return;
  }
}

std::optional<LockOwner> lock_owner(const fs::path& run_directory) {
  const fs::path file = run_directory / "run.lock";
  std::error_code problem;
  if (!fs::exists(fs::symlink_status(file, problem))) return std::nullopt;
  return parse_owner(file, read_text_file(file, k_longest_lock));
}

RunLock::~RunLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace myriad
