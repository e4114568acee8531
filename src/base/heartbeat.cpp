#include "src/base/heartbeat.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

constexpr double k_interval = 0.25;
/// Room for the longest host name (64) and the largest numbers.
constexpr std::size_t k_line_length = 256;
constexpr std::string_view k_prefix = "heartbeat.";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_heartbeat(const std::string& name) {
  if (!name.starts_with(k_prefix) || name.size() == k_prefix.size()) return false;
  return name.find_first_not_of("0123456789", k_prefix.size()) == std::string::npos;
}

}  // namespace

Heartbeat::Heartbeat(const fs::path& run_directory, int rank, Clock clock)
    : file_(run_directory / fmt::format("{}{}", k_prefix, rank)),
      rank_(rank),
      clock_(clock ? std::move(clock) : Clock(steady_seconds)) {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) {
    log_warning("run", "E1071",
                "cannot make {} ({}) a rank that dies cannot be named; the run goes on",
                file_.string(), errno_text(errno));
    return;
  }
  write(0);
}

Heartbeat::~Heartbeat() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(file_.c_str());
}

void Heartbeat::beat(std::int64_t step) {
  if (descriptor_ < 0 || clock_() - last_ < k_interval) return;
  write(step);
}

void Heartbeat::write(std::int64_t step) {
  last_ = clock_();
  Json json;
  json.set("rank", rank_);
  json.set("host", host_name());
  json.set("pid", static_cast<std::int64_t>(::getpid()));
  json.set("step", step);
  json.set("time", now_utc().iso());
  std::string line = to_json_text(json);
  line.resize(k_line_length - 1, ' ');
  line += '\n';
  if (::pwrite(descriptor_, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()))
    return;
  const int problem = errno;
  log_warning("run", "E1071",
              "cannot write {} ({}) a rank that dies cannot be named; the run goes on",
              file_.string(), errno_text(problem));
  ::close(std::exchange(descriptor_, -1));
}

std::size_t remove_stale_heartbeats(const fs::path& run_directory) {
  std::size_t removed = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(run_directory, problem)) {
    if (!is_heartbeat(entry.path().filename().string()) ||
        !fs::is_regular_file(entry.symlink_status(problem)))
      continue;
    if (::unlink(entry.path().c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace myriad
