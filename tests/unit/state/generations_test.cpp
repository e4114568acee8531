#include "src/state/generations.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "tests/unit/state/checkpoint_fixtures.hpp"

namespace myriad {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A checkpoint that says which publication it is.
CheckpointWriter numbered(std::int64_t number) {
  CheckpointWriter writer(CheckpointKind::training_state);
  writer.add("number", {1}, std::vector<std::int64_t>{number});
  writer.add("ballast", {40}, std::vector<float>(40, static_cast<float>(number)));
  return writer;
}

std::int64_t number_of(const Checkpoint& checkpoint) {
  return checkpoint.integers("number", {1})[0];
}

void flip_bit(const fs::path& path, std::size_t from_end) {
  Bytes bytes = test::read_bytes(path);
  bytes[bytes.size() - from_end] ^= std::byte{1};
  test::write_bytes(path, bytes);
}

TEST(Generations, AnEmptyOrAbsentFolderHasNone) {
  const TemporaryFolder folder("none");
  EXPECT_EQ(Generations(folder.path(), "state").load_newest().has_value(), false);
  EXPECT_EQ(Generations(folder.path() / "absent", "state").load_newest().has_value(), false);
}

TEST(Generations, TheNewestAndThePreviousOneAreKept) {
  const TemporaryFolder folder("two");
  Generations series(folder.path() / "checkpoints", "state");
  for (int i = 1; i <= 5; ++i) {
    series.publish(numbered(i));
    EXPECT_THAT(series.files(), SizeIs(i == 1 ? 1U : 2U));
    EXPECT_EQ(number_of(series.load_newest()->checkpoint), i);
  }
  EXPECT_EQ(series.files()[0].filename(), "state.g00000005.safetensors");
  EXPECT_EQ(number_of(Checkpoint::load(series.files()[1])), 4);
  // Another series in the same folder and foreign files are left alone.
  test::write_bytes(folder.path() / "checkpoints/state.gXXXXXXXX.safetensors", {});
  Generations other(folder.path() / "checkpoints", "state2");
  other.publish(numbered(77));
  EXPECT_EQ(number_of(series.load_newest()->checkpoint), 5);
  EXPECT_EQ(number_of(other.load_newest()->checkpoint), 77);
}

TEST(Generations, TruncationAtEveryByteFallsBackToThePreviousGenerationAndSaysSo) {
  const TemporaryFolder folder("fallback");
  Generations series(folder.path(), "state");
  series.publish(numbered(1));
  series.publish(numbered(2));
  const fs::path newest = series.files()[0];
  const Bytes whole = test::read_bytes(newest);
  ::testing::internal::CaptureStderr();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    test::write_bytes(newest, std::span(whole).first(length));
    const auto loaded = Generations(folder.path(), "state").load_newest();
    ASSERT_TRUE(loaded.has_value());
    ASSERT_EQ(number_of(loaded->checkpoint), 1) << "cut to " << length;
    ASSERT_THAT(loaded->refused, SizeIs(1));
    ASSERT_THAT(loaded->refused[0], HasSubstr(newest.string()));
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("E2119"));
  test::write_bytes(newest, whole);
  EXPECT_EQ(number_of(series.load_newest()->checkpoint), 2);
}

TEST(Generations, WhenEveryGenerationIsDamagedTheReasonsAreNamed) {
  const TemporaryFolder folder("alldamaged");
  Generations series(folder.path(), "state");
  series.publish(numbered(1));
  series.publish(numbered(2));
  for (const auto& file : series.files()) flip_bit(file, 5);
  try {
    series.load_newest();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2118");
    EXPECT_THAT(error.what(), HasSubstr("g00000001"));
    EXPECT_THAT(error.what(), HasSubstr("g00000002"));
  }
}

TEST(Generations, ADamagedGenerationNeverCountsAsThePreviousOne) {
  const TemporaryFolder folder("aside");
  {
    Generations series(folder.path(), "state");
    series.publish(numbered(1));
    series.publish(numbered(2));
  }
  flip_bit(folder.path() / "state.g00000002.safetensors", 5);
  ::testing::internal::CaptureStderr();
  Generations resumed(folder.path(), "state");
  EXPECT_EQ(number_of(resumed.load_newest()->checkpoint), 1);
  resumed.publish(numbered(3));
  ::testing::internal::GetCapturedStderr();
  ASSERT_THAT(resumed.files(), SizeIs(2));
  EXPECT_EQ(number_of(Checkpoint::load(resumed.files()[0])), 3);
  EXPECT_EQ(number_of(Checkpoint::load(resumed.files()[1])), 1) << "the last good one was kept";
  EXPECT_TRUE(fs::exists(folder.path() / "state.g00000002.safetensors.damaged"));
}

/// How a child process ended.
struct Ending {
  bool killed = false;
  int code = -1;
};

Ending in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    // The log of the child is not of interest, and a limit on file size would hit it as well.
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDERR_FILENO);
    int code = 99;
    try {
      code = body();
    } catch (const Error& error) {
      code = exit_code(error.kind());
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFSIGNALED(status), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

/// From now on the kernel kills this process when it enters any of the given system calls.
bool die_in(const std::vector<long>& calls) {
  std::vector<sock_filter> program;
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const long call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(Generations, AKillInAnySystemCallOfPublishLeavesTheOldGenerations) {
  struct Point {
    const char* name;
    std::vector<long> calls;
    std::int64_t newest;  ///< what a restart must find
    bool may_finish = false;
  };
  const std::vector<Point> points = {
      {"reserve", {SYS_fallocate}, 2},
      {"write", {SYS_write}, 2},
      {"read back", {SYS_pread64}, 2},
      {"flush", {SYS_fsync, SYS_fdatasync}, 2},
      {"rename", {SYS_rename, SYS_renameat, SYS_renameat2, SYS_link, SYS_linkat}, 2},
      {"delete the oldest", {SYS_unlink, SYS_unlinkat}, 3, true},
  };
  for (const Point& point : points) {
    SCOPED_TRACE(point.name);
    const TemporaryFolder folder("kill");
    Generations series(folder.path(), "state");
    series.publish(numbered(1));
    series.publish(numbered(2));
    const Ending ending = in_child([&] {
      if (!die_in(point.calls)) return 98;
      series.publish(numbered(3));
      return 0;
    });
    ASSERT_NE(ending.code, 98) << "the kernel offers no system call filter";
    EXPECT_TRUE(ending.killed);
    const auto loaded = Generations(folder.path(), "state").load_newest();
    ASSERT_TRUE(loaded.has_value());
    if (point.may_finish) {
      EXPECT_GE(number_of(loaded->checkpoint), 2);
    } else {
      EXPECT_EQ(number_of(loaded->checkpoint), point.newest);
    }
    EXPECT_THAT(loaded->refused, IsEmpty()) << "nothing half-written under a final name";
    // The next run goes on and clears the debris of the dead one.
    series.publish(numbered(4));
    EXPECT_EQ(number_of(series.load_newest()->checkpoint), 4);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
    EXPECT_EQ(files, 2U);
  }
}

TEST(Generations, AKillAtAnyByteOfTheFileLeavesTheOldGenerations) {
  const TemporaryFolder folder("killbyte");
  Generations series(folder.path(), "state");
  series.publish(numbered(1));
  const std::size_t size = test::read_bytes(series.files()[0]).size();
  for (std::size_t limit = 0; limit < size; limit += 101) {
    // Beyond the limit the kernel ends the process with SIGXFSZ inside the call.
    const Ending ending = in_child([&] {
      const rlimit bound{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &bound);
      ::signal(SIGXFSZ, SIG_DFL);
      series.publish(numbered(2));
      return 0;
    });
    ASSERT_TRUE(ending.killed) << limit;
    ASSERT_THAT(series.files(), SizeIs(1)) << limit;
    ASSERT_EQ(number_of(series.load_newest()->checkpoint), 1) << limit;
  }
}

TEST(Generations, AFullFileSystemIsAnErrorThatKeepsTheOldGenerations) {
  const TemporaryFolder folder("full");
  Generations series(folder.path(), "state");
  series.publish(numbered(1));
  const std::size_t size = test::read_bytes(series.files()[0]).size();
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
    const Ending ending = in_child([&] {
      const rlimit bound{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &bound);
      ::signal(SIGXFSZ, SIG_IGN);  // the call then fails with EFBIG instead
      series.publish(numbered(2));
      return 0;
    });
    EXPECT_EQ(ending.code, 74) << limit;
    ASSERT_THAT(series.files(), SizeIs(1));
    EXPECT_EQ(number_of(series.load_newest()->checkpoint), 1);
  }
  series.publish(numbered(2));
  EXPECT_EQ(number_of(series.load_newest()->checkpoint), 2);
}

TEST(Generations, SeriesNamesThatLeaveTheFolderAreRefused) {
  for (const char* stem : {"", "../x", "a/b", "a.g1", "a b"}) {
    EXPECT_THROW(Generations("folder", stem), Error) << stem;
  }
}

}  // namespace
}  // namespace myriad
