#include "pipelines/daily/suite_reporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace myriad::pipelines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Client {
  std::vector<std::vector<std::string>> calls;
  bool good = true;
  SuiteReporter::Runner runner() {
    return [this](const std::vector<std::string>& arguments) {
      calls.push_back(arguments);
      if (!good) throw std::runtime_error("not there");
      return true;
    };
  }
};

SuiteReporter::Environment variables(std::map<std::string, const char*> set) {
  return [set](const char* name) {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second;
  };
}

TEST(SuiteReporter, SpeaksEcflowThroughItsClient) {
  Client client;
  SuiteReporter reporter("ecflow", client.runner(),
                         variables({{"ECF_NAME", "/suite/family/task"}}));
  reporter.meter(0);
  reporter.label("late; $(rm -rf /)");
  reporter.event("forecast");
  EXPECT_THAT(client.calls,
              ElementsAre(ElementsAre("ecflow_client", "--meter=progress", "0"),
                          ElementsAre("ecflow_client", "--label=myriad", "late; $(rm -rf /)"),
                          ElementsAre("ecflow_client", "--event=forecast")));
}

TEST(SuiteReporter, SpeaksCylcWithWorkflowAndJob) {
  Client client;
  SuiteReporter reporter(
      "cylc", client.runner(),
      variables({{"CYLC_WORKFLOW_ID", "daily/run1"}, {"CYLC_TASK_JOB", "20030115/fc/01"}}));
  reporter.event("forecast");
  EXPECT_THAT(client.calls, ElementsAre(ElementsAre("cylc", "message", "--", "daily/run1",
                                                    "20030115/fc/01", "INFO:forecast complete")));
}

TEST(SuiteReporter, IsSilentWhenNotAskedOrNotUnderThatManager) {
  Client client;
  for (const char* manager : {"none", "ecflow", "cylc"}) {
    SuiteReporter reporter(manager, client.runner(), variables({}));
    reporter.meter(50);
    reporter.event("x");
    reporter.label("x");
    EXPECT_FALSE(reporter.active());
  }
  SuiteReporter unasked("none", client.runner(), variables({{"ECF_NAME", "/s"}}));
  unasked.event("x");
  EXPECT_THAT(client.calls, IsEmpty());
}

TEST(SuiteReporter, AFailingClientNeverFailsTheRun) {
  Client client;
  client.good = false;
  SuiteReporter reporter("ecflow", client.runner(), variables({{"ECF_NAME", "/s"}}));
  EXPECT_NO_THROW(reporter.event("a"));
  EXPECT_NO_THROW(reporter.meter(10));
  EXPECT_EQ(client.calls.size(), 2U) << "a client that failed once may answer later";
}

TEST(SuiteReporter, MeterIsSentInStepsOfFivePercentAndAtTheEnd) {
  Client client;
  SuiteReporter reporter("ecflow", client.runner(), variables({{"ECF_NAME", "/s"}}));
  for (double percent : {0.0, 2.0, 4.9, 5.0, 9.0, 10.5, 98.0, 100.0, 100.0})
    reporter.meter(percent);
  std::vector<std::string> sent;
  for (const auto& call : client.calls) sent.push_back(call.back());
  EXPECT_THAT(sent, ElementsAre("0", "5", "10", "98", "100"));
}

}  // namespace
}  // namespace myriad::pipelines
