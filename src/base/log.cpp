#include "src/base/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include "src/base/file_descriptor.hpp"
#include "src/base/file_wait.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/json.hpp"
#include "src/base/terminal.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace {

constexpr std::size_t k_tail_lines = 200;

struct LogState {
  std::mutex mutex;
  LogOptions options;
  std::shared_ptr<const detail::FileDescriptor> file;
  std::deque<std::string> tail;
  std::deque<std::string> to_file;  ///< lines that are not in the file yet
  bool file_busy = false;           ///< a thread writes them, without the mutex
};

/// Never destroyed: threads may log while the process ends.
LogState& state() {
  static LogState* const instance = new LogState;
  return *instance;
}

std::atomic<LogLevel> threshold{LogLevel::info};
thread_local std::int64_t place_member = LogPlace::k_none;
thread_local std::int64_t place_step = LogPlace::k_none;

std::string iso_milliseconds(std::int64_t time_ms) {
  const std::int64_t seconds = time_ms / 1000;
  std::string text = Instant::from_seconds_since_1970(seconds).iso();
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, time_ms - seconds * 1000);
}

/// One line stays one line, and no control sequence of a file name reaches a terminal.
std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

/// A log that cannot be written must not end a run: the line is dropped.
void write_quietly(int descriptor, std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(descriptor, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "unknown";
}

LogFormat log_format_from_string(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  throw Error(ErrorKind::config_invalid, "E1080",
              fmt::format("log format '{}' is unknown (there are two); use text or json", name));
}

void configure_log(const LogOptions& options) {
  std::shared_ptr<const detail::FileDescriptor> file;
  if (!options.directory.empty()) {
    make_directory(options.directory);
    const std::filesystem::path path =
        options.directory / fmt::format("rank-{:04}.log", options.rank);
    const int descriptor =
        detail::open_waiting(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) detail::throw_system_error("open log file", path, errno, "E1081");
    file = std::make_shared<const detail::FileDescriptor>(descriptor, path);
  }
  LogState& s = state();
  const std::scoped_lock lock(s.mutex);
  s.options = options;
  s.file = std::move(file);
  threshold = options.threshold;
}

bool log_enabled(LogLevel level) {
  return level >= LogLevel::warning || level >= threshold.load();
}

void write_log(LogLevel level, std::string_view component, std::string_view text,
               std::string_view error_id) {
  if (!log_enabled(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  LogState& s = state();
  std::unique_lock lock(s.mutex);
  std::string line = detail::format_log_line(s.options, time_ms, level, component, text, error_id,
                                             place_member, place_step);
  s.tail.push_back(line);
  if (s.tail.size() > k_tail_lines) s.tail.pop_front();
  line += '\n';
  if (s.file) s.to_file.push_back(line);
  // The file may lie on a file system that hangs: stderr comes first, and the thread that writes to
  // the file takes along the lines that others log meanwhile.
  if (s.options.rank == 0 || level >= LogLevel::warning) {
    write_quietly(STDERR_FILENO, detail::erase_bar_before(std::move(line)));
  }
  if (s.file_busy) return;
  s.file_busy = true;
  while (!s.to_file.empty()) {
    const std::string next = std::move(s.to_file.front());
    s.to_file.pop_front();
    const auto file = s.file;
    lock.unlock();
    if (file) {
      const FileWait wait(FileAction::write, file->path());
      write_quietly(file->get(), next);
    }
    lock.lock();
  }
  s.file_busy = false;
}

void log_error(std::string_view component, const Error& error) {
  write_log(LogLevel::error, component, error.what(), error.id());
}

LogPlace::LogPlace(std::int64_t member, std::int64_t step)
    : previous_member_(place_member), previous_step_(place_step) {
  place_member = member;
  place_step = step;
}

LogPlace::~LogPlace() {
  place_member = previous_member_;
  place_step = previous_step_;
}

std::vector<std::string> log_tail() {
  LogState& s = state();
  const std::scoped_lock lock(s.mutex);
  return {s.tail.begin(), s.tail.end()};
}

namespace detail {

namespace {
std::atomic<bool> bar_shown{false};
}

void set_bar_shown(BarShown shown) {
  bar_shown = shown == BarShown::yes;
}

std::string erase_bar_before(std::string line) {
  if (bar_shown.exchange(false)) line.insert(0, "\r\x1b[K");
  return line;
}

std::string format_log_line(const LogOptions& options, std::int64_t time_ms, LogLevel level,
                            std::string_view component, std::string_view text,
                            std::string_view error_id, std::int64_t member, std::int64_t step) {
  if (options.format == LogFormat::json) {
    Json line;
    line.set("time", iso_milliseconds(time_ms));
    line.set("level", to_string(level));
    if (!options.run_id.empty()) line.set("run", options.run_id);
    line.set("rank", options.rank);
    if (member != LogPlace::k_none) line.set("member", member);
    if (step != LogPlace::k_none) line.set("step", step);
    line.set("component", component);
    if (!error_id.empty()) line.set("id", error_id);
    line.set("text", text);
    return to_json_text(line);
  }
  std::string line = fmt::format("{} {:<7}", iso_milliseconds(time_ms), to_string(level));
  if (!options.run_id.empty()) line += fmt::format(" run={}", options.run_id);
  line += fmt::format(" rank={}", options.rank);
  if (member != LogPlace::k_none) line += fmt::format(" member={}", member);
  if (step != LogPlace::k_none) line += fmt::format(" step={}", step);
  line += fmt::format(" {}: ", component);
  if (!error_id.empty()) line += fmt::format("{} {}: ", to_string(level), error_id);
  line += escape_controls(text);
  return line;
}

}  // namespace detail

}  // namespace myriad
