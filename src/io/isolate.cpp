#include "src/io/isolate.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "src/base/error.hpp"

namespace myriad::io {

namespace {

constexpr int k_threw =
    100;  // exit status of a child whose action threw; the error follows through the pipe

void limit(int resource, std::int64_t value) {
  rlimit bound{};
  bound.rlim_cur = bound.rlim_max = static_cast<rlim_t>(value);
  ::setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

void write_all(int descriptor, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(descriptor, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t n = ::read(descriptor, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > 65536) return text;
  }
}

[[noreturn]] void child(int pipe_end, const std::function<void()>& action,
                        const IsolationLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, limits.cpu_seconds);
  if (limits.memory_bytes > 0) limit(RLIMIT_AS, limits.memory_bytes);
  // A crash handler of the program would report a bug of ours; the parent reports the file.
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
  int status = 0;
  try {
    action();
  } catch (const Error& error) {
    // _exit, not return: nothing of the parent's state may be destroyed or flushed twice.
    write_all(pipe_end,
              fmt::format("{}\n{}\n{}", static_cast<int>(error.kind()), error.id(), error.what()));
    status = k_threw;
  } catch (const std::exception& error) {
    write_all(pipe_end, fmt::format("{}\nE2006\n{}", static_cast<int>(ErrorKind::input_corrupt),
                                    error.what()));
    status = k_threw;
  }
  ::_exit(status);
}

}  // namespace

void run_isolated(const std::string& subject, const std::function<void()>& action,
                  const IsolationLimits& limits) {
  int ends[2] = {-1, -1};
  const bool piped = ::pipe(ends) == 0;
  const pid_t pid = piped ? ::fork() : -1;
  if (pid < 0) {
    const int reason = errno;
    if (piped) {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    throw Error(ErrorKind::unavailable, "E2007",
                fmt::format("cannot check '{}' in a child process ({}); raise the process limit or "
                            "check it without isolation",
                            subject, std::strerror(reason)));
  }
  if (pid == 0) {
    ::close(ends[0]);
    child(ends[1], action, limits);
  }
  ::close(ends[1]);
  const std::string report = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) == k_threw) {
    const std::size_t first = report.find('\n');
    const std::size_t second = report.find('\n', first + 1);
    if (second != std::string::npos) {
      throw Error(static_cast<ErrorKind>(std::stoi(report.substr(0, first))),
                  report.substr(first + 1, second - first - 1), report.substr(second + 1));
    }
  }
  const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                              : fmt::format("status {}", WEXITSTATUS(status));
  throw Error(ErrorKind::input_corrupt, "E2006",
              fmt::format("reading '{}' crashed the file library ({} in a child process); the file "
                          "is damaged: fetch it again",
                          subject, how));
}

}  // namespace myriad::io
