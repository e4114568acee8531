#pragma once
/// \file
/// Log lines: ISO time (UTC, ms), level, run id, rank, member, step, component, text. stdout is
/// never written.

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.hpp"

namespace myriad {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

std::string_view to_string(LogLevel level);
/// Errors: ErrorKind::config_invalid (E1080) for anything but "text" and "json".
LogFormat log_format_from_string(std::string_view name);

struct LogOptions {
  LogLevel threshold =
      LogLevel::info;  ///< lines below are dropped; warnings and errors always pass
  LogFormat format = LogFormat::text;
  std::string run_id;  ///< empty: field left out
  int rank = 0;
  std::filesystem::path
      directory;  ///< empty: no files; else `<directory>/rank-NNNN.log` is appended to
};

/// Set how the process logs. Rank 0 writes to stderr and, when a directory is set, to its file;
/// other ranks write to their file only; warnings and errors of every rank go to both. Before the
/// first call: text, info, stderr. Errors: ErrorKind::cannot_create when the log file cannot be
/// opened.
void configure_log(const LogOptions& options);

/// Whether a line of \p level would be written anywhere (skip costly text).
bool log_enabled(LogLevel level);

/// Write one line. Thread safe; the whole line goes out in one write call; control characters are
/// escaped. A thread that hangs while it writes to the log file keeps no other one waiting.
void write_log(LogLevel level, std::string_view component, std::string_view text,
               std::string_view error_id = {});

template <class... Args>
void log_debug(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (log_enabled(LogLevel::debug)) {
    write_log(LogLevel::debug, component, fmt::format(text, std::forward<Args>(args)...));
  }
}
template <class... Args>
void log_info(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (log_enabled(LogLevel::info)) {
    write_log(LogLevel::info, component, fmt::format(text, std::forward<Args>(args)...));
  }
}
/// A warning carries a stable id like an error does (docs/errors/).
template <class... Args>
void log_warning(std::string_view component, std::string_view id, fmt::format_string<Args...> text,
                 Args&&... args) {
  write_log(LogLevel::warning, component, fmt::format(text, std::forward<Args>(args)...), id);
}
/// The line of an error: its id and message.
void log_error(std::string_view component, const Error& error);

/// Member and step that lines of this thread belong to, for the lifetime of the object; nests.
class LogPlace {
 public:
  static constexpr std::int64_t k_none = -1;
  explicit LogPlace(std::int64_t member, std::int64_t step = k_none);
  ~LogPlace();
  LogPlace(const LogPlace&) = delete;
  LogPlace& operator=(const LogPlace&) = delete;

 private:
  std::int64_t previous_member_;
  std::int64_t previous_step_;
};

/// The last lines logged by this process (at most 200), oldest first, for the report bundle.
std::vector<std::string> log_tail();

namespace detail {
/// One formatted line without the newline; pure, for tests. \p time_ms is Unix time in
/// milliseconds.
std::string format_log_line(const LogOptions& options, std::int64_t time_ms, LogLevel level,
                            std::string_view component, std::string_view text,
                            std::string_view error_id, std::int64_t member, std::int64_t step);
}  // namespace detail

}  // namespace myriad
