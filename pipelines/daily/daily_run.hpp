#pragma once
/// \file
/// The stages of one cycle: choose the analysis, forecast, verify what became verifiable, delete
/// what is old.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/common/verb.hpp"
#include "pipelines/daily/cycle_record.hpp"
#include "pipelines/daily/daily_settings.hpp"
#include "pipelines/daily/suite_reporter.hpp"
#include "src/base/files.hpp"
#include "src/base/progress.hpp"
#include "src/base/subprocess.hpp"

namespace myriad::pipelines {

/// One cycle of a suite. Each stage does what is left to do and records it, so that any of them can
/// be repeated or run by a job of its own. Forecasts and scores are made by child processes of this
/// program (argument vectors, no shell), each with its log in `<cycle>/logs`: a crash there ends
/// the stage, not the suite.
class DailyRun {
 public:
  /// Checks the configurations of the children too. Errors: those of Config; E2680.
  explicit DailyRun(const VerbContext& context);

  /// What would be done, for --dry-run.
  std::string plan_text() const;
  /// Take the cycle's directory. Errors: cannot_create E1059 when another run has it.
  void begin();

  /// Wait for the analysis and decide which one the forecast starts from.
  /// Errors: input_missing E2684 when there is none; stopped_early E2689; what makes the forecast
  /// impossible, E2685.
  void choose_analysis();
  /// Errors: input_missing E2686 without a chosen analysis; E2687 with the kind of the forecast's
  /// failure; stopped_early.
  void forecast();
  /// A cycle that cannot be scored is told (E2688 warning) and makes the result degraded; it never
  /// stops the suite.
  void verify();
  void prune();
  /// Write the suite's index page and the last status. Returns the exit code, 0 or 3.
  int finish();
  /// Tell a failure in status.json and to the workflow manager. Never throws.
  void tell_failure(const Error& error) noexcept;

  const DailySettings& settings() const { return settings_; }

 private:
  struct Outcome {
    ChildEnd end;
    std::string last_words;  ///< the last error line of its log
  };
  struct Choice {
    Instant start;
    std::string source;
  };
  std::vector<std::string> forecast_command(const Instant& start, Duration lead,
                                            const AnalysisSource& source) const;
  Outcome run(const std::filesystem::path& directory, const std::string& name,
              const std::vector<std::string>& command,
              const std::function<void()>& now_and_then = {});
  /// The first source that has \p start, or why none has.
  std::optional<Choice> probe(const Instant& start, std::string& reason);
  std::optional<Choice> await(std::string& reason);
  bool verify_cycle(CycleRecord& record);
  std::vector<Instant> verifying_times() const;
  void show(const std::string& phase, double percent, const std::string& note = {});
  void stop_if_asked() const;

  const VerbContext& context_;
  DailySettings settings_;
  std::filesystem::path directory_;
  CycleRecord record_;
  SuiteReporter reporter_;
  std::optional<RunLock> lock_;
  std::optional<StatusWriter> status_;
  std::optional<Progress> progress_;
  double percent_ = 0;
  bool degraded_ = false;
};

/// Exit code of a child as the kind of our own failure; a killed child can be repeated.
ErrorKind kind_of_end(const ChildEnd& end);

}  // namespace myriad::pipelines
