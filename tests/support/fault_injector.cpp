// A library for LD_PRELOAD that makes the n-th call of a kind fail, or kills the process there. It
// stands between every library (HDF5 too) and the C library, so the program needs no hooks of its
// own.
//
//   MYRIAD_FAULT_DIR    only files below this folder count
//   MYRIAD_FAULT        <call>:<n>:<what>; call is open (for writing), write, sync or rename; what
//   is
//                       an error name (ENOSPC, EIO, EDQUOT, EACCES): the n-th call fails once
//                       an error name with +: that call and all later ones of its kind fail
//                       short: half of the data is written, the next write fails with ENOSPC
//                       kill: the process dies before the call; killafter: right after it
//                       delay<seconds>: the call is made that much later, e.g. delay0.5; with +: so
//                       are all later ones
//   MYRIAD_FAULT_COUNTS at exit, append "open=.. write=.. sync=.. rename=.." to this file
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

enum Call { k_open, k_write, k_sync, k_rename, k_calls };
constexpr std::array<const char*, k_calls> k_names = {"open", "write", "sync", "rename"};

struct Fault {
  int call = -1;
  long number = 0;
  int error = 0;
  double delay = 0;  ///< seconds
  bool lasting = false, half = false, kill_before = false, kill_after = false;
};

std::array<std::atomic<long>, k_calls> counts{};
std::atomic<bool> next_write_fails{false};

const std::string& folder() {
  static const std::string text = [] {
    const char* value = std::getenv("MYRIAD_FAULT_DIR");
    return std::string(value == nullptr ? "" : value);
  }();
  return text;
}

const Fault& fault() {
  static const Fault parsed = [] {
    Fault f;
    const char* value = std::getenv("MYRIAD_FAULT");
    if (value == nullptr) return f;
    char call[16] = {};
    char what[16] = {};
    if (std::sscanf(value, "%15[^:]:%ld:%15s", call, &f.number, what) != 3) std::abort();
    for (int c = 0; c < k_calls; ++c) {
      if (std::strcmp(call, k_names[static_cast<std::size_t>(c)]) == 0) f.call = c;
    }
    std::string action = what;
    if (action.back() == '+') {
      f.lasting = true;
      action.pop_back();
    }
    f.kill_before = action == "kill";
    f.kill_after = action == "killafter";
    f.half = action == "short";
    if (action.starts_with("delay")) f.delay = std::atof(action.c_str() + 5);
    if (action == "ENOSPC" || f.half) f.error = ENOSPC;
    if (action == "EIO") f.error = EIO;
    if (action == "EDQUOT") f.error = EDQUOT;
    if (action == "EACCES") f.error = EACCES;
    // A spelling mistake must not make a test that tests nothing.
    if (f.call < 0 || f.number < 1 ||
        (f.error == 0 && f.delay <= 0 && !f.kill_before && !f.kill_after))
      std::abort();
    return f;
  }();
  return parsed;
}

bool counts_path(const char* path) {
  return path != nullptr && !folder().empty() &&
         std::strncmp(path, folder().c_str(), folder().size()) == 0;
}

bool counts_descriptor(int descriptor) {
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  if (length < 0) return false;
  path[length] = '\0';
  return counts_path(path);
}

/// A signal does not shorten the wait: a call that hangs in a file system cannot be interrupted
/// either.
void wait_for(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  timespec left{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

/// What happens to this call: 0 goes on, an error number fails it. Kills and waits where that is
/// asked for.
struct Verdict {
  int error = 0;
  bool half = false;
  bool kill_after = false;
};

Verdict judge(Call call) {
  const long number = ++counts[call];
  const Fault& f = fault();
  Verdict v;
  if (call == k_write && next_write_fails.exchange(false)) v.error = ENOSPC;
  if (f.call != call || number < f.number || (number > f.number && !f.lasting)) return v;
  if (f.kill_before) ::kill(::getpid(), SIGKILL);
  if (f.delay > 0) wait_for(f.delay);
  v.kill_after = f.kill_after;
  v.half = f.half;
  if (!f.half) v.error = f.error;
  return v;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

template <class Real>
auto run(Call call, bool counted, Real real) -> decltype(real()) {
  if (!counted) return real();
  const Verdict v = judge(call);
  if (v.error != 0) {
    errno = v.error;
    return -1;
  }
  const auto result = real();
  if (v.kill_after) ::kill(::getpid(), SIGKILL);
  return result;
}

/// A write of \p count bytes; \p real writes the given number of them.
template <class Real>
ssize_t run_write(int descriptor, std::size_t count, Real real) {
  if (!counts_descriptor(descriptor)) return real(count);
  const Verdict v = judge(k_write);
  if (v.error != 0) {
    errno = v.error;
    return -1;
  }
  if (v.half && count > 1) {
    next_write_fails = true;
    return real(count / 2);
  }
  const ssize_t result = real(count);
  if (v.kill_after) ::kill(::getpid(), SIGKILL);
  return result;
}

bool writes(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

struct WriteCounts {
  ~WriteCounts() {
    const char* file = std::getenv("MYRIAD_FAULT_COUNTS");
    if (file == nullptr) return;
    if (FILE* out = std::fopen(file, "a")) {
      for (int c = 0; c < k_calls; ++c) {
        std::fprintf(out, "%s=%ld ", k_names[static_cast<std::size_t>(c)],
                     counts[static_cast<std::size_t>(c)].load());
      }
      std::fprintf(out, "\n");
      std::fclose(out);
    }
  }
} write_counts;

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(const char*, int, ...)>("open");
  return run(k_open, writes(flags) && counts_path(path), [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  return run(k_open, writes(flags) && counts_path(path), [&] { return real(path, flags, mode); });
}

ssize_t write(int descriptor, const void* data, size_t count) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return run_write(descriptor, count, [&](size_t n) { return real(descriptor, data, n); });
}

ssize_t pwrite(int descriptor, const void* data, size_t count, off_t offset) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return run_write(descriptor, count, [&](size_t n) { return real(descriptor, data, n, offset); });
}

ssize_t pwrite64(int descriptor, const void* data, size_t count, off64_t offset) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return run_write(descriptor, count, [&](size_t n) { return real(descriptor, data, n, offset); });
}

int fsync(int descriptor) {
  static const auto real = next<int (*)(int)>("fsync");
  return run(k_sync, counts_descriptor(descriptor), [&] { return real(descriptor); });
}

int fdatasync(int descriptor) {
  static const auto real = next<int (*)(int)>("fdatasync");
  return run(k_sync, counts_descriptor(descriptor), [&] { return real(descriptor); });
}

int rename(const char* from, const char* to) {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return run(k_rename, counts_path(to), [&] { return real(from, to); });
}

// renameat2 has no wrapper in older C libraries: the program calls it by number.
long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& value : a) value = va_arg(arguments, long);
  va_end(arguments);
  static const auto real = next<long (*)(long, ...)>("syscall");
  const auto call = [&] { return real(number, a[0], a[1], a[2], a[3], a[4], a[5]); };
  if (number != SYS_renameat2) return call();
  return run(k_rename, counts_path(reinterpret_cast<const char*>(a[3])), call);
}

}  // extern "C"
