#include "pipelines/daily/suite_reporter.hpp"

#include <cstdlib>
#include <utility>

#include "src/base/log.hpp"
#include "src/base/subprocess.hpp"

namespace myriad::pipelines {

namespace {

constexpr Duration k_time_out{20};

bool run_client(const std::vector<std::string>& arguments) {
  ChildOptions options;
  options.time_out = k_time_out;
  options.log_file = "/dev/null";
  return run_child(arguments, options).good();
}

}  // namespace

SuiteReporter::SuiteReporter(std::string_view manager, Runner runner, Environment environment)
    : runner_(runner ? std::move(runner) : Runner(run_client)) {
  if (manager == "none") return;
  const auto value = [&](const char* name) {
    const char* text = environment ? environment(name) : std::getenv(name);
    return std::string(text == nullptr ? "" : text);
  };
  if (manager == "ecflow" && !value("ECF_NAME").empty()) kind_ = Kind::ecflow;
  if (manager == "cylc" && !value("CYLC_TASK_JOB").empty()) {
    kind_ = Kind::cylc;
    workflow_ = value("CYLC_WORKFLOW_ID");
    task_ = value("CYLC_TASK_JOB");
  }
  if (kind_ == Kind::none)
    log_info("daily", "report: {} is not running this task; nothing is reported", manager);
}

void SuiteReporter::label(const std::string& text) {
  if (kind_ == Kind::ecflow) send({"ecflow_client", "--label=myriad", text});
  if (kind_ == Kind::cylc) message(text);
}

void SuiteReporter::event(const std::string& name) {
  if (kind_ == Kind::ecflow) send({"ecflow_client", "--event=" + name});
  if (kind_ == Kind::cylc) message(name + " complete");
}

void SuiteReporter::meter(double percent) {
  const int whole = static_cast<int>(percent);
  if (whole < last_percent_ + 5 && whole != 100) return;
  if (whole == last_percent_) return;
  last_percent_ = whole;
  if (kind_ == Kind::ecflow) send({"ecflow_client", "--meter=progress", std::to_string(whole)});
  if (kind_ == Kind::cylc) message(fmt::format("progress {} %", whole));
}

void SuiteReporter::message(const std::string& text) {
  send({"cylc", "message", "--", workflow_, task_, "INFO:" + text});
}

void SuiteReporter::send(const std::vector<std::string>& arguments) {
  bool good = false;
  try {
    good = runner_(arguments);
  } catch (const std::exception&) {
    good = false;
  }
  if (good || complained_) return;
  complained_ = true;
  log_warning("daily", "E2681",
              "{} failed (the workflow manager does not see progress) the run goes on",
              arguments[0]);
}

}  // namespace myriad::pipelines
