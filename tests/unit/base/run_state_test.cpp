#include "src/base/run_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "src/base/error.hpp"
#include "src/base/manifest.hpp"
#include "src/base/progress.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant k_now = Instant::parse("2026-01-02T03:04:05Z");

std::string seconds_ago(std::int64_t seconds) {
  return (k_now - Duration{seconds}).iso();
}

/// status.json as StatusWriter writes it, with a heartbeat of its own.
void write_status(const TemporaryDirectory& dir, const std::string& phase, std::int64_t age,
                  double step_seconds) {
  Json json;
  json.set("run", "ab12cd34");
  json.set("verb", "forecast");
  json.set("phase", phase);
  json.set("percent", 40.0);
  json.set("eta_seconds", 90.0);
  json.set("step_seconds", step_seconds);
  json.set("last_checkpoint", Json());
  json.set("heartbeat", seconds_ago(age));
  publish_text(dir / "status.json", to_json_text(json), Existing::replace);
}

void write_heartbeat(const TemporaryDirectory& dir, int rank, std::int64_t age,
                     const std::string& waits_for = {}) {
  Json json;
  json.set("rank", rank);
  json.set("time", seconds_ago(age));
  if (!waits_for.empty()) {
    Json wait;
    wait.set("file", waits_for);
    wait.set("operation", "sync");
    wait.set("seconds", 17.5);
    json.set("waiting_for", wait);
  }
  publish_text(dir / ("heartbeat." + std::to_string(rank)), to_json_text(json) + "     \n",
               Existing::replace);
}

/// A lock of a process that ended: pid 1 with a start that never was.
void write_dead_lock(const TemporaryDirectory& dir) {
  Json json;
  json.set("host", host_name());
  json.set("pid", 1);
  json.set("boot_id", "another boot");
  json.set("start_ticks", "0");
  publish_text(dir / "run.lock", to_json_text(json) + "\n", Existing::replace);
}

TEST(RunState, ALockedRunWithAFreshHeartbeatRuns) {
  const TemporaryDirectory dir;
  const RunLock lock(dir.path());
  write_status(dir, "forecast", 20, 1.0);
  const RunState state = read_run_state(dir.path(), k_now);
  EXPECT_EQ(state.life, RunLife::running);
  EXPECT_EQ(state.heartbeat_age, 20.0);
  EXPECT_EQ(state.owner->pid, ::getpid());
  EXPECT_EQ(state.owner->life, LockOwner::Life::alive);
  EXPECT_EQ(to_json(state, "x").at("eta_seconds").as_double(), 90.0);
}

TEST(RunState, AHeartbeatOlderThanThreeStepsMeansHung) {
  const TemporaryDirectory dir;
  const RunLock lock(dir.path());
  write_status(dir, "forecast", 301, 100.0);
  EXPECT_EQ(read_run_state(dir.path(), k_now).life, RunLife::hung);
  write_status(dir, "forecast", 299, 100.0);
  EXPECT_EQ(read_run_state(dir.path(), k_now).life, RunLife::running);
  write_status(dir, "forecast", 31, 0.001);
  EXPECT_EQ(read_run_state(dir.path(), k_now).life, RunLife::hung);
}

TEST(RunState, TheNewestSignOfAnyRankCountsAndSilentRanksAreNamed) {
  const TemporaryDirectory dir;
  const RunLock lock(dir.path());
  write_status(dir, "forecast", 500, 1.0);
  write_heartbeat(dir, 0, 2);
  write_heartbeat(dir, 1, 400);
  write_heartbeat(dir, 11, 31);
  const RunState state = read_run_state(dir.path(), k_now);
  EXPECT_EQ(state.life, RunLife::running);
  EXPECT_EQ(state.heartbeat_age, 2.0);
  EXPECT_THAT(state.silent_ranks, ElementsAre(1, 11));
}

TEST(RunState, ARankThatWaitsForAFileIsNamedAndAlive) {
  const TemporaryDirectory dir;
  std::optional<RunLock> lock(std::in_place, dir.path());
  write_status(dir, "forecast", 500, 1.0);
  write_heartbeat(dir, 3, 1, "run/b.nc");
  write_heartbeat(dir, 0, 1, "run/a.nc");
  write_heartbeat(dir, 1, 1);
  const RunState state = read_run_state(dir.path(), k_now);
  EXPECT_EQ(state.life, RunLife::running);
  ASSERT_EQ(state.waiting.size(), 2U);
  EXPECT_EQ(state.waiting[0].file, "run/a.nc");
  EXPECT_EQ(state.waiting[1].rank, 3);
  EXPECT_EQ(state.waiting[1].operation, "sync");
  const Json json = to_json(state, "x");
  EXPECT_EQ(json.at("waiting_for").as_array().at(0).at("seconds").as_double(), 17.5);
  // What a killed run left tells nothing.
  lock.reset();
  EXPECT_TRUE(read_run_state(dir.path(), k_now).waiting.empty());
}

TEST(RunState, WithoutHeartbeatsTheStatusFileTellsOfTheWait) {
  const TemporaryDirectory dir;
  const RunLock lock(dir.path());
  const StatusWriter status(dir.path(), "ab12cd34", "daily");
  RunStatus now;
  now.phase = "forecast";
  status.write(now);
  const PendingFileAction action{FileAction::write, "run/a.nc", 12, 64};
  status.listener().lock()->waiting(&action);
  const RunState state = read_run_state(dir.path(), now_utc());
  ASSERT_EQ(state.waiting.size(), 1U);
  EXPECT_EQ(state.waiting[0].file, "run/a.nc");
  EXPECT_EQ(state.phase, "forecast");
  // The heartbeat of rank 0 is newer than what its status file says.
  write_heartbeat(dir, 0, 0);
  EXPECT_TRUE(read_run_state(dir.path(), k_now).waiting.empty());
}

TEST(RunState, AClockThatRunsAheadIsNoDamage) {
  const TemporaryDirectory dir;
  const RunLock lock(dir.path());
  write_status(dir, "forecast", -7200, 1.0);
  const RunState state = read_run_state(dir.path(), k_now);
  EXPECT_EQ(state.heartbeat_age, 0.0);
  EXPECT_EQ(state.life, RunLife::running);
}

TEST(RunState, WithoutAProcessARunIsDoneOrStopped) {
  const TemporaryDirectory dir;
  write_status(dir, "done", 86400, 1.0);
  EXPECT_EQ(read_run_state(dir.path(), k_now).life, RunLife::done);
  write_status(dir, "forecast", 3, 1.0);
  EXPECT_EQ(read_run_state(dir.path(), k_now).life, RunLife::stopped);
  write_dead_lock(dir);
  const RunState killed = read_run_state(dir.path(), k_now);
  EXPECT_EQ(killed.life, RunLife::stopped);
  EXPECT_EQ(killed.owner->life, LockOwner::Life::gone);
  EXPECT_TRUE(to_json(killed, "x").at("eta_seconds").is_null());
}

TEST(RunState, AnAbsurdStepTimeStaysANumber) {
  const TemporaryDirectory dir;
  write_status(dir, "forecast", 3, 1e308);
  EXPECT_NO_THROW(to_json_text(to_json(read_run_state(dir.path(), k_now), "x")));
}

TEST(RunState, MembersAreThoseOfTheManifest) {
  const TemporaryDirectory dir;
  publish_text(dir / "a.nc", "12345");
  publish_text(dir / "b.nc", "123");
  Manifest manifest(dir.path());
  Json facts;
  facts.set("verb", "forecast");
  facts.set("run_id", "ab12cd34");
  facts.set("member_files", 5);
  manifest.add_run(facts);
  manifest.add_file("a.nc", 2);
  manifest.add_file("b.nc");
  const RunState state = read_run_state(dir.path(), k_now);
  EXPECT_EQ(state.members_done, 1);
  EXPECT_EQ(state.members_total, 5);
  EXPECT_EQ(state.files, 2U);
  EXPECT_EQ(state.bytes, 8U);
  EXPECT_EQ(state.verb, "forecast");
  EXPECT_EQ(state.life, RunLife::stopped);
  EXPECT_THAT(state.silent_ranks, IsEmpty());
}

TEST(RunState, ADirectoryWithoutARunIsRefused) {
  const TemporaryDirectory dir;
  try {
    read_run_state(dir.path(), k_now);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E1075");
    EXPECT_EQ(error.kind(), ErrorKind::input_missing);
  }
}

}  // namespace
}  // namespace myriad
