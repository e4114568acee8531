#include "src/base/signals.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "src/base/error.hpp"
#include "src/base/files.hpp"

namespace myriad {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// Taken when the program is loaded: the wall-clock limit counts from here.
const SteadyClock::time_point k_process_start = SteadyClock::now();

// Handlers may only touch lock-free atomics.
std::atomic<int> stop_signal{0};
std::atomic<int> checkpoint_signals{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_stop(int signal) {
  // The first signal names the reason; more of them change nothing.
  int none = 0;
  stop_signal.compare_exchange_strong(none, signal);
}

void on_checkpoint(int /*signal*/) {
  checkpoint_signals.fetch_add(1);
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // system calls of libraries that do not expect EINTR go on
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

constexpr std::array<int, 3> k_stop_signals = {SIGTERM, SIGINT, SIGUSR1};

double uptime() {
  return std::chrono::duration<double>(SteadyClock::now() - k_process_start).count();
}

bool file_there(const std::filesystem::path& path) {
  std::error_code problem;
  return std::filesystem::exists(std::filesystem::symlink_status(path, problem));
}

}  // namespace

std::string to_string(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return "none";
    case StopReason::wall_limit:
      return "wall-clock limit";
    case StopReason::stop_file:
      return "file STOP";
    case StopReason::signal_usr1:
      return "signal SIGUSR1";
    case StopReason::signal_int:
      return "signal SIGINT";
    case StopReason::signal_term:
      return "signal SIGTERM";
  }
  return "unknown";
}

RunControl::RunControl() {
  stop_signal = 0;
  checkpoint_signals = 0;
  for (const int signal : k_stop_signals) install(signal, on_stop);
  install(SIGUSR2, on_checkpoint);
}

RunControl::~RunControl() {
  for (const int signal : k_stop_signals) install(signal, SIG_DFL);
  install(SIGUSR2, SIG_DFL);
}

void RunControl::watch_directory(std::filesystem::path run_directory) {
  directory_ = std::move(run_directory);
}

void RunControl::set_wall_limit(std::optional<Duration> limit, Duration reserve) {
  deadline_.reset();
  if (limit) {
    deadline_ = static_cast<double>(limit->seconds - reserve.seconds);
    return;
  }
  const char* end = std::getenv("SLURM_JOB_END_TIME");
  if (end == nullptr) return;
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(end, end + std::strlen(end), seconds);
  if (parsed.ec != std::errc() || *parsed.ptr != '\0' || seconds <= 0) return;
  // Turned into the steady clock once: later jumps of the machine's clock change nothing.
  const double left = static_cast<double>(seconds - now_utc().seconds_since_1970());
  deadline_ = uptime() + left - static_cast<double>(reserve.seconds);
}

StopReason RunControl::stop_requested() const {
  switch (stop_signal.load()) {
    case SIGTERM:
      return StopReason::signal_term;
    case SIGINT:
      return StopReason::signal_int;
    case SIGUSR1:
      return StopReason::signal_usr1;
    default:
      break;
  }
  if (!directory_.empty() && file_there(directory_ / "STOP")) return StopReason::stop_file;
  if (const auto left = seconds_left(); left && *left <= 0) return StopReason::wall_limit;
  return StopReason::none;
}

bool RunControl::checkpoint_requested() {
  bool requested = checkpoint_signals.exchange(0) > 0;
  if (!directory_.empty() && file_there(directory_ / "CHECKPOINT_NOW")) {
    remove_trigger("CHECKPOINT_NOW");
    requested = true;
  }
  return requested;
}

void RunControl::acknowledge_stop() {
  if (!directory_.empty() && file_there(directory_ / "STOP")) remove_trigger("STOP");
}

std::optional<double> RunControl::seconds_left() const {
  if (!deadline_) return std::nullopt;
  return *deadline_ - uptime();
}

void RunControl::remove_trigger(const char* name) const {
  const std::filesystem::path file = directory_ / name;
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return;
  const int problem = errno;
  throw Error(
      problem == EACCES || problem == EPERM ? ErrorKind::permission : ErrorKind::io, "E1070",
      fmt::format("cannot remove {} ({}; it would act again at every step); remove it by hand",
                  file.string(), errno_text(problem)));
}

}  // namespace myriad
