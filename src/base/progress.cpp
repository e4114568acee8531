#include "src/base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "src/base/terminal.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace {

constexpr double k_line_interval = 5.0;
constexpr double k_bar_interval = 0.1;
constexpr int k_bar_width = 24;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

ProgressMode progress_mode_from_string(std::string_view name) {
  if (name == "auto") return ProgressMode::automatic;
  if (name == "bar") return ProgressMode::bar;
  if (name == "line") return ProgressMode::line;
  if (name == "none") return ProgressMode::none;
  throw Error(
      ErrorKind::config_invalid, "E1082",
      fmt::format("progress '{}' is unknown (there are four); use auto, bar, line or none", name));
}

Progress::Progress(std::string label, std::int64_t total, ProgressMode mode,
                   std::int64_t already_done, Clock clock)
    : label_(std::move(label)),
      total_(total),
      done_(already_done),
      first_(already_done),
      mode_(mode),
      clock_(clock ? std::move(clock) : Clock(steady_seconds)),
      start_(clock_()),
      now_(start_) {
  MYRIAD_EXPECT(total > 0 && already_done >= 0);
  if (mode_ == ProgressMode::automatic)
    mode_ = ::isatty(STDERR_FILENO) == 1 ? ProgressMode::bar : ProgressMode::line;
}

Progress::~Progress() {
  if (!finished_ && mode_ == ProgressMode::bar && last_shown_ >= start_) {
    // Leave the last state of an interrupted run on the screen.
    std::fputs("\n", stderr);
    detail::set_bar_shown(detail::BarShown::no);
  }
}

void Progress::update(std::int64_t done, std::string_view note) {
  done_ = done;
  now_ = clock_();
  const double interval = mode_ == ProgressMode::bar ? k_bar_interval : k_line_interval;
  if (now_ - last_shown_ >= interval) show(note);
}

void Progress::finish(std::string_view note) {
  now_ = clock_();
  show(note);
  if (mode_ == ProgressMode::bar) {
    std::fputs("\n", stderr);
    detail::set_bar_shown(detail::BarShown::no);
  }
  finished_ = true;
}

double Progress::percent() const {
  return 100.0 * static_cast<double>(done_) / static_cast<double>(total_);
}

std::optional<double> Progress::seconds_per_item() const {
  if (done_ <= first_) return std::nullopt;
  return (now_ - start_) / static_cast<double>(done_ - first_);
}

std::optional<double> Progress::eta_seconds() const {
  const auto pace = seconds_per_item();
  if (!pace) return std::nullopt;
  return *pace * static_cast<double>(std::max<std::int64_t>(total_ - done_, 0));
}

std::string Progress::describe(std::string_view note) const {
  std::string text = fmt::format("{}/{} ({:.0f} %)", done_, total_, std::floor(percent()));
  if (done_ >= total_) {
    text += ", took " + format_seconds(now_ - start_);
  } else if (const auto eta = eta_seconds()) {
    text += ", " + format_seconds(*eta) + " left";
  }
  if (!note.empty()) text += fmt::format(", {}", note);
  return text;
}

void Progress::show(std::string_view note) {
  last_shown_ = now_;
  if (mode_ == ProgressMode::none) return;
  if (mode_ == ProgressMode::line) {
    log_info(label_, "{}", describe(note));
    return;
  }
  const auto filled = static_cast<int>(std::clamp(percent() / 100.0, 0.0, 1.0) * k_bar_width);
  std::string line = fmt::format(
      "\r\x1b[K{} [{}{}] {}", label_, std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(k_bar_width - filled), '.'), describe(note));
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  detail::set_bar_shown(detail::BarShown::yes);
}

std::string format_seconds(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  if (total < 48 * 3600) return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
  return fmt::format("{} d {:02} h", total / 86400, total / 3600 % 24);
}

/// The file, for the run itself and for the thread that watches its file actions.
class StatusWriter::File final : public FileWaitListener {
 public:
  explicit File(std::filesystem::path path) : path_(std::move(path)) {}

  void write(Json status) {
    // The other thread may hang while it holds the mutex: that is a wait for this file, too.
    const FileWait wait(FileAction::write, path_);
    const std::lock_guard lock(mutex_);
    newest_ = std::move(status);
    publish(newest_);
  }

  void waiting(const PendingFileAction* action) override {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || newest_.is_null()) return;
    Json status = newest_;
    if (action != nullptr) status.set("waiting_for", to_json(*action));
    try {
      publish(std::move(status));
    } catch (const Error& error) {
      // The run will meet it, too, or get on without this file.
      log_debug("run", "{}", error.what());
    }
  }

 private:
  void publish(Json status) const {
    status.set("heartbeat", now_utc().iso());
    status.set("host", host_name());
    status.set("pid", static_cast<std::int64_t>(::getpid()));
    publish_text(path_, to_json_text(status, JsonStyle::indented) + "\n", Existing::replace,
                 Durability::rename_only);
  }

  std::filesystem::path path_;
  std::mutex mutex_;
  Json newest_;
};

StatusWriter::StatusWriter(const std::filesystem::path& run_directory, std::string run_id,
                           std::string verb)
    : file_(std::make_shared<File>(run_directory / "status.json")),
      run_id_(std::move(run_id)),
      verb_(std::move(verb)) {}

void StatusWriter::write(const RunStatus& status) const {
  const auto optional_number = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json json;
  json.set("run", run_id_);
  json.set("verb", verb_);
  json.set("phase", status.phase);
  json.set("member", optional_number(status.member));
  json.set("step", optional_number(status.step));
  json.set("percent", std::round(status.percent * 10.0) / 10.0);
  json.set("eta_seconds", optional_number(status.eta_seconds));
  json.set("step_seconds", optional_number(status.step_seconds));
  json.set("last_checkpoint",
           status.last_checkpoint.empty() ? Json() : Json(status.last_checkpoint));
  json.set("bytes_written", status.bytes_written);
  if (!status.note.empty()) json.set("note", status.note);
  file_->write(std::move(json));
}

std::weak_ptr<FileWaitListener> StatusWriter::listener() const {
  return file_;
}

}  // namespace myriad
