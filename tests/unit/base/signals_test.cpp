#include "src/base/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "src/base/files.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::TemporaryDirectory;

TEST(RunControl, StopSignalsAreRememberedAndTheFirstOneNamesTheReason) {
  for (const auto& [signal, reason] :
       {std::pair{SIGTERM, StopReason::signal_term}, std::pair{SIGINT, StopReason::signal_int},
        std::pair{SIGUSR1, StopReason::signal_usr1}}) {
    const RunControl control;
    EXPECT_EQ(control.stop_requested(), StopReason::none);
    std::raise(signal);
    EXPECT_EQ(control.stop_requested(), reason);
    std::raise(SIGTERM);
    std::raise(SIGINT);
    EXPECT_EQ(control.stop_requested(), reason) << "more signals are harmless";
  }
  EXPECT_EQ(to_string(StopReason::signal_term), "signal SIGTERM");
}

TEST(RunControl, CheckpointSignalActsOnce) {
  RunControl control;
  EXPECT_FALSE(control.checkpoint_requested());
  std::raise(SIGUSR2);
  EXPECT_TRUE(control.checkpoint_requested());
  EXPECT_FALSE(control.checkpoint_requested());
  EXPECT_EQ(control.stop_requested(), StopReason::none);
}

TEST(RunControl, TriggerFilesActLikeSignalsAndAreRemoved) {
  const TemporaryDirectory dir;
  RunControl control;
  control.watch_directory(dir.path());
  EXPECT_EQ(control.stop_requested(), StopReason::none);
  publish_text(dir / "CHECKPOINT_NOW", "");
  EXPECT_TRUE(control.checkpoint_requested());
  EXPECT_FALSE(std::filesystem::exists(dir / "CHECKPOINT_NOW"));
  EXPECT_FALSE(control.checkpoint_requested());
  publish_text(dir / "STOP", "");
  EXPECT_EQ(control.stop_requested(), StopReason::stop_file);
  control.acknowledge_stop();
  EXPECT_FALSE(std::filesystem::exists(dir / "STOP"));
}

TEST(RunControl, TriggerThatCannotBeRemovedIsAnErrorInsteadOfAFlood) {
  const TemporaryDirectory dir;
  RunControl control;
  control.watch_directory(dir.path());
  make_directory(dir / "CHECKPOINT_NOW");  // unlink refuses directories, for root too
  try {
    control.checkpoint_requested();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E1070");
  }
}

TEST(RunControl, WallLimitCountsFromTheStartOfTheProcessLessTheReserve) {
  ::unsetenv("SLURM_JOB_END_TIME");
  RunControl control;
  EXPECT_FALSE(control.seconds_left().has_value());
  control.set_wall_limit(Duration::hours(1), Duration{60});
  ASSERT_TRUE(control.seconds_left().has_value());
  EXPECT_LE(*control.seconds_left(), 3540.0);
  EXPECT_GT(*control.seconds_left(), 3000.0);
  EXPECT_EQ(control.stop_requested(), StopReason::none);
  control.set_wall_limit(Duration{60}, Duration{60});
  EXPECT_EQ(control.stop_requested(), StopReason::wall_limit);
}

TEST(RunControl, EndOfTheSlurmJobIsTheLimitWhenNoneIsGiven) {
  RunControl control;
  ::setenv("SLURM_JOB_END_TIME", std::to_string(now_utc().seconds_since_1970() + 1000).c_str(), 1);
  control.set_wall_limit(std::nullopt, Duration{100});
  ASSERT_TRUE(control.seconds_left().has_value());
  EXPECT_NEAR(*control.seconds_left(), 900.0, 5.0);
  for (const char* nonsense : {"", "soon", "-5", "12x"}) {
    ::setenv("SLURM_JOB_END_TIME", nonsense, 1);
    control.set_wall_limit(std::nullopt, Duration{100});
    EXPECT_FALSE(control.seconds_left().has_value()) << nonsense;
  }
  ::unsetenv("SLURM_JOB_END_TIME");
}

}  // namespace
}  // namespace myriad
