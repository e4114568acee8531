#include "src/base/heartbeat.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/file_descriptor.hpp"
#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

constexpr double k_interval = 0.25;
/// Of the file that is waited for; each byte may take six in JSON.
constexpr std::size_t k_longest_file = 100;
/// Room for the longest host name (64), the largest numbers and such a file.
constexpr std::size_t k_line_length = 1024;
constexpr std::string_view k_prefix = "heartbeat.";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_heartbeat(const std::string& name) {
  if (!name.starts_with(k_prefix) || name.size() == k_prefix.size()) return false;
  return name.find_first_not_of("0123456789", k_prefix.size()) == std::string::npos;
}

}  // namespace

/// The file, for the rank itself and for the thread that watches its file actions. Who comes while
/// the other one writes goes away again: the sign of life is under way.
class Heartbeat::File final : public FileWaitListener {
 public:
  File(fs::path path, int rank, Clock clock)
      : path_(std::move(path)), rank_(rank), clock_(std::move(clock)) {
    descriptor_ = detail::open_waiting(path_, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor_ < 0) {
      log_warning("run", "E1071",
                  "cannot make {} ({}) a rank that dies cannot be named; the run goes on",
                  path_.string(), errno_text(errno));
      return;
    }
    there_ = true;
    write(0, nullptr);
  }
  ~File() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void beat(std::int64_t step) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || descriptor_ < 0 || clock_() - last_ < k_interval) return;
    write(step, nullptr);
  }

  void waiting(const PendingFileAction* action) override {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock && descriptor_ >= 0) write(step_, action);
  }

  void remove() const {
    if (there_) ::unlink(path_.c_str());
  }

 private:
  void write(std::int64_t step, const PendingFileAction* action) {
    step_ = step;
    last_ = clock_();
    const std::string line = line_with(action);
    ssize_t written = 0;
    int problem = 0;
    {
      const FileWait wait(FileAction::write, path_);
      written = ::pwrite(descriptor_, line.data(), line.size(), 0);
      problem = errno;
    }
    if (written == static_cast<ssize_t>(line.size())) return;
    log_warning("run", "E1071",
                "cannot write {} ({}) a rank that dies cannot be named; the run goes on",
                path_.string(), errno_text(problem));
    ::close(std::exchange(descriptor_, -1));
    there_ = false;
  }

  std::string line_with(const PendingFileAction* action) const {
    Json json;
    json.set("rank", rank_);
    json.set("host", host_name());
    json.set("pid", static_cast<std::int64_t>(::getpid()));
    json.set("step", step_);
    json.set("time", now_utc().iso());
    if (action != nullptr) {
      PendingFileAction shown = *action;
      shown.file = published_path(shown.file).string();
      if (shown.file.size() > k_longest_file)  // the end of a path tells more than its begin
        shown.file = "..." + shown.file.substr(shown.file.size() - k_longest_file);
      json.set("waiting_for", to_json(shown));
    }
    std::string line = to_json_text(json);
    MYRIAD_ENSURE(line.size() < k_line_length);
    line.resize(k_line_length - 1, ' ');
    line += '\n';
    return line;
  }

  fs::path path_;
  int rank_;
  Clock clock_;
  std::mutex mutex_;
  int descriptor_ = -1;
  std::int64_t step_ = 0;
  double last_ = 0;
  std::atomic<bool> there_{false};  ///< the file is ours
};

Heartbeat::Heartbeat(const fs::path& run_directory, int rank, Clock clock)
    : file_(std::make_shared<File>(run_directory / fmt::format("{}{}", k_prefix, rank), rank,
                                   clock ? std::move(clock) : Clock(steady_seconds))) {}

Heartbeat::~Heartbeat() {
  file_->remove();
}

void Heartbeat::beat(std::int64_t step) {
  file_->beat(step);
}

std::weak_ptr<FileWaitListener> Heartbeat::listener() const {
  return file_;
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
