#pragma once
/// \file
/// Telling a workflow manager how far a cycle is.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace myriad::pipelines {

/// Messages to ecFlow (`ecflow_client --meter/--event/--label`) or cylc (`cylc message`), each by
/// an argument vector.
///
/// Silent unless asked for and started by that manager (ECF_NAME, CYLC_TASK_JOB). A client that
/// fails or hangs (20 s) is told once (E2681 warning) and never fails the run.
class SuiteReporter {
 public:
  /// Starts a program and tells whether it succeeded.
  using Runner = std::function<bool(const std::vector<std::string>& arguments)>;
  using Environment = std::function<const char*(const char* name)>;

  /// \param manager "none", "ecflow" or "cylc"
  explicit SuiteReporter(std::string_view manager, Runner runner = {},
                         Environment environment = {});

  /// A short text that replaces the last one.
  void label(const std::string& text);
  /// Something is complete ("forecast", "verify").
  void event(const std::string& name);
  /// Share done of the whole cycle, 0 to 100; sent when the whole percent grows by five or more.
  void meter(double percent);

  bool active() const { return kind_ != Kind::none; }

 private:
  enum class Kind { none, ecflow, cylc };
  void send(const std::vector<std::string>& arguments);
  void message(const std::string& text);

  Kind kind_ = Kind::none;
  Runner runner_;
  std::string workflow_;
  std::string task_;
  int last_percent_ = -100;
  bool complained_ = false;
};

}  // namespace myriad::pipelines
