#include "src/base/subprocess.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::TemporaryDirectory;

TEST(Subprocess, ArgumentsArriveAsTheyAreAndNoShellReadsThem) {
  const TemporaryDirectory dir;
  ChildOptions options;
  options.log_file = dir / "log";
  const std::string hostile = "$(touch " + (dir / "owned").string() + "); `id` \"'&|";
  EXPECT_TRUE(run_child({"printf", "%s|", hostile, "two words"}, options).good());
  EXPECT_EQ(read_text_file(dir / "log"), hostile + "|two words|");
  EXPECT_FALSE(std::filesystem::exists(dir / "owned"));
}

TEST(Subprocess, OutputOfSeveralChildrenIsAppended) {
  const TemporaryDirectory dir;
  ChildOptions options;
  options.log_file = dir / "log";
  run_child({"echo", "one"}, options);
  run_child({"sh", "-c", "echo two >&2"}, options);
  EXPECT_EQ(read_text_file(dir / "log"), "one\ntwo\n");
}

TEST(Subprocess, ExitCodesAndSignalsAreTold) {
  EXPECT_EQ(run_child({"sh", "-c", "exit 75"}).code, 75);
  const ChildEnd killed = run_child({"sh", "-c", "kill -9 $$"});
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_FALSE(killed.good());
}

TEST(Subprocess, ARequestToStopArrivesAsUsr1Once) {
  const TemporaryDirectory dir;
  ChildOptions options;
  options.stop = [] { return true; };
  options.log_file = dir / "log";
  const ChildEnd end = run_child(
      {"sh", "-c", "trap 'echo stopped; exit 75' USR1; while :; do sleep 0.05; done"}, options);
  EXPECT_TRUE(end.stop_sent);
  // The signal may come before the trap is set; then the child is ended by it.
  EXPECT_TRUE(end.code == 75 || end.signal == SIGUSR1) << end.code << " " << end.signal;
}

TEST(Subprocess, AChildThatHangsIsKilledWithItsChildren) {
  ChildOptions options;
  options.time_out = Duration{0};
  const ChildEnd end = run_child({"sh", "-c", "sleep 1000 & wait"}, options);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
}

TEST(Subprocess, AProgramThatIsNotThereIsUnavailable) {
  test::expect_error([] { run_child({"no-such-program-of-myriad"}); }, ErrorKind::unavailable,
                     "E1072");
}

TEST(Subprocess, ChildrenSeeTheEnvironmentOfTheStartWithoutThatOfAnMpiProcess) {
  const TemporaryDirectory dir;
  ::setenv("MYRIAD_TEST_SET_LATER", "1", 1);
  ChildOptions options;
  options.log_file = dir / "log";
  EXPECT_TRUE(run_child({"env"}, options).good());
  const std::string text = read_text_file(dir / "log");
  EXPECT_NE(text.find("MYRIAD_SOURCE_DIR="), std::string::npos);
  EXPECT_EQ(text.find("MYRIAD_TEST_SET_LATER"), std::string::npos);
  EXPECT_TRUE(detail::is_mpi_process_variable("OMPI_COMM_WORLD_RANK=1"));
  EXPECT_TRUE(detail::is_mpi_process_variable("PMIX_NAMESPACE=x"));
  EXPECT_FALSE(detail::is_mpi_process_variable("OMPI_MCA_rmaps_base_oversubscribe=1"));
  EXPECT_FALSE(detail::is_mpi_process_variable("OMPI_ALLOW_RUN_AS_ROOT=1"));
}

TEST(Subprocess, KnowsItsOwnProgram) {
  EXPECT_EQ(own_program().filename(), "base_test");
}

}  // namespace
}  // namespace myriad
