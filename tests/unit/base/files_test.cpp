#include "src/base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "src/base/file_descriptor.hpp"
#include "src/base/hash.hpp"
#include "src/base/process.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::TemporaryDirectory;

std::size_t entries(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

void write_plain(const fs::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

TEST(AtomicFile, NothingIsVisibleBeforeCommitAndEverythingAfter) {
  const TemporaryDirectory dir;
  AtomicFile file(dir / "out.nc");
  EXPECT_EQ(file.temporary().parent_path(), dir.path());
  EXPECT_EQ(file.temporary().extension(), ".nc");
  write_plain(file.temporary(), "content");
  EXPECT_FALSE(fs::exists(dir / "out.nc"));
  file.commit();
  EXPECT_EQ(read_text_file(dir / "out.nc"), "content");
  EXPECT_EQ(entries(dir.path()), 1U);
}

TEST(AtomicFile, TheNameOfItsTemporaryTellsThatOfTheFile) {
  const AtomicFile file("run/.tmp.members/mem.1.nc");
  EXPECT_EQ(published_path(file.temporary()), "run/.tmp.members/mem.1.nc");
  for (const char* other : {"run/mem.1.nc", "run/.tmp.x", "", "run/.tmp.a.b"})
    EXPECT_EQ(published_path(other), other);
}

TEST(AtomicFile, WithoutCommitNothingRemains) {
  const TemporaryDirectory dir;
  {
    const AtomicFile file(dir / "out");
    write_plain(file.temporary(), "half");
  }
  EXPECT_EQ(entries(dir.path()), 0U);
}

TEST(AtomicFile, ExistingOutputIsRefusedUnlessReplaced) {
  const TemporaryDirectory dir;
  publish_text(dir / "out", "old");
  expect_error([&] { publish_text(dir / "out", "new"); }, ErrorKind::cannot_create, "E1050",
               {"--overwrite"});
  EXPECT_EQ(read_text_file(dir / "out"), "old");
  publish_text(dir / "out", "new", Existing::replace);
  EXPECT_EQ(read_text_file(dir / "out"), "new");
}

TEST(AtomicFile, OutputThatAppearsMeanwhileIsNotReplaced) {
  const TemporaryDirectory dir;
  AtomicFile file(dir / "out");
  write_plain(file.temporary(), "mine");
  write_plain(dir / "out", "theirs");
  expect_error([&] { file.commit(); }, ErrorKind::cannot_create, "E1050");
  EXPECT_EQ(read_text_file(dir / "out"), "theirs");
}

TEST(AtomicFile, LinksAndDirectoriesAreNeverWrittenThrough) {
  const TemporaryDirectory dir;
  publish_text(dir / "target", "precious");
  fs::create_symlink(dir / "target", dir / "link");
  fs::create_directory(dir / "folder");
  for (const char* name : {"link", "folder"}) {
    expect_error([&] { publish_text(dir / name, "x", Existing::replace); },
                 ErrorKind::cannot_create, "E1051", {name});
  }
  EXPECT_EQ(read_text_file(dir / "target"), "precious");
  expect_error([&] { check_output("/", Existing::refuse); }, ErrorKind::cannot_create, "E1051");
  expect_error([&] { check_output("a/..", Existing::refuse); }, ErrorKind::cannot_create, "E1051");
}

TEST(AtomicFile, MissingOrImpossibleDirectoryIsAnOutputErrorNotAMissingInput) {
  const TemporaryDirectory dir;
  expect_error([&] { publish_text(dir / "no/such/out", "x"); }, ErrorKind::cannot_create, "E1051");
  publish_text(dir / "file", "x");
  expect_error([&] { publish_text(dir / "file/out", "x"); }, ErrorKind::cannot_create, "E1051");
  expect_error([&] { make_directory(dir / "file/sub"); }, ErrorKind::cannot_create, "E1052");
  expect_error([&] { make_directory(dir / "file"); }, ErrorKind::cannot_create, "E1052");
}

TEST(AtomicFile, VeryLongNamesStayWithinTheLimitOfTheFileSystem) {
  const TemporaryDirectory dir;
  const std::string name = std::string(251, 'n') + ".nc";
  publish_text(dir / name, "x");
  EXPECT_EQ(read_text_file(dir / name), "x");
}

TEST(AtomicFile, UmaskIsRespected) {
  const TemporaryDirectory dir;
  const mode_t before = ::umask(027);
  publish_text(dir / "out", "x");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((dir / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST(StaleTemporaries, OfDeadProcessesAreRemovedOthersKept) {
  const TemporaryDirectory dir;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  AtomicFile mine(dir / "out");
  write_plain(mine.temporary(), "x");
  std::string dead = mine.temporary().filename().string();
  const std::string pid = std::to_string(::getpid());
  dead.replace(dead.find("." + pid + ".") + 1, pid.size(), std::to_string(child));
  write_plain(dir / dead, "stale");
  write_plain(dir / ".tmp.other_host.1.0.out", "theirs");
  write_plain(dir / "normal", "x");
  fs::create_directories(dir / "members");
  write_plain(dir / "members" / dead, "stale");
  EXPECT_EQ(remove_stale_temporaries(dir.path()), 2U);
  EXPECT_FALSE(fs::exists(dir / dead));
  EXPECT_FALSE(fs::exists(dir / "members" / dead));
  EXPECT_TRUE(fs::exists(mine.temporary()));
  EXPECT_TRUE(fs::exists(dir / ".tmp.other_host.1.0.out"));
  EXPECT_EQ(remove_stale_temporaries(dir / "none"), 0U);
}

TEST(ProcessRuns, ProcessThatEndedButWasNotCollectedDoesNot) {
  EXPECT_TRUE(detail::process_runs(::getpid()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT),
            0);  // ended, a zombie now
  EXPECT_EQ(::kill(child, 0), 0);
  EXPECT_FALSE(detail::process_runs(child));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(detail::process_runs(child));
}

TEST(ReadFile, SizeLimitAndKindOfFileAreChecked) {
  const TemporaryDirectory dir;
  publish_text(dir / "f", "12345");
  EXPECT_EQ(read_text_file(dir / "f", 5), "12345");
  EXPECT_EQ(read_binary_file(dir / "f").size(), 5U);
  expect_error([&] { read_text_file(dir / "f", 4); }, ErrorKind::input_corrupt, "E1056");
  expect_error([&] { read_text_file(dir / "none"); }, ErrorKind::input_missing, "E1054");
  expect_error([&] { read_text_file(dir.path()); }, ErrorKind::input_corrupt, "E1055");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  expect_error([&] { read_text_file(dir / "fifo"); }, ErrorKind::input_corrupt, "E1055");
  EXPECT_GT(read_text_file("/proc/self/status").size(), 10U)
      << "files without a size are read to their end";
}

TEST(Sidecar, IsWhatCoreutilsReadAndSeesEveryChange) {
  const TemporaryDirectory dir;
  publish_text(dir / "a.nc", "content");
  const std::string digest = write_sha256_sidecar(dir / "a.nc");
  EXPECT_EQ(read_text_file(dir / "a.nc.sha256"), digest + "  a.nc\n");
  const std::string command =
      "cd '" + dir.path().string() + "' && sha256sum --status -c a.nc.sha256";
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_NO_THROW(verify_sha256_sidecar(dir / "a.nc"));
  write_plain(dir / "a.nc", "Content");
  expect_error([&] { verify_sha256_sidecar(dir / "a.nc"); }, ErrorKind::input_corrupt, "E1057",
               {"a.nc"});
  expect_error([&] { verify_sha256_sidecar(dir / "b.nc"); }, ErrorKind::input_missing, "E1054");
}

TEST(ErrnoKinds, FollowTheExitCodeTable) {
  EXPECT_EQ(exit_code(error_kind_of_errno(ENOSPC)), 74);
  EXPECT_EQ(exit_code(error_kind_of_errno(EDQUOT)), 74);
  EXPECT_EQ(exit_code(error_kind_of_errno(EIO)), 74);
  EXPECT_EQ(exit_code(error_kind_of_errno(EACCES)), 77);
  EXPECT_EQ(exit_code(error_kind_of_errno(EPERM)), 77);
  EXPECT_EQ(exit_code(error_kind_of_errno(ENOENT)), 66);
  EXPECT_EQ(exit_code(error_kind_of_errno(EEXIST)), 73);
  EXPECT_EQ(errno_text(ENOSPC), "No space left on device, ENOSPC");
  EXPECT_EQ(errno_text(98765), "error number 98765");
}

TEST(FullDevice, WritingFailsWithTheIoKindAndAHint) {
  const detail::FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC), "/dev/full");
  ASSERT_GE(full.get(), 0);
  expect_error([&] { full.write_all(bytes_of("x")); }, ErrorKind::io, "E1053",
               {"ENOSPC", "free space"});
}

TEST(FreeSpace, IsKnownWhereADirectoryIs) {
  EXPECT_GT(free_space("/"), 0U);
  expect_error([] { free_space("/no/such/place"); }, ErrorKind::input_missing, "E1055");
}

TEST(PathInside, AcceptsWhatStaysAndRefusesWhatLeaves) {
  const TemporaryDirectory dir;
  fs::create_directories(dir / "root/sub");
  publish_text(dir / "secret", "x");
  fs::create_symlink(dir / "secret", dir / "root/leak");
  fs::create_symlink("..", dir / "root/up");
  fs::create_symlink("sub", dir / "root/fine");
  const fs::path root = dir / "root";
  EXPECT_EQ(path_inside(root, "members/0001.nc"), root / "members/0001.nc");
  EXPECT_EQ(path_inside(root, "fine/x"), root / "fine/x");
  EXPECT_EQ(path_inside(root, "./a"), root / "./a");
  const std::vector<std::string> hostile = {"",
                                            "/etc/passwd",
                                            "../secret",
                                            "sub/../../secret",
                                            "leak",
                                            "up/secret",
                                            "sub/..",
                                            std::string("a\0b", 3),
                                            std::string(5000, 'a'),
                                            std::string(300, 'a')};
  for (const std::string& path : hostile) {
    expect_error([&] { path_inside(root, path); }, ErrorKind::input_corrupt, "E1058");
  }
}

TEST(ExpandHome, OnlyTheLeadingTildeIsReplaced) {
  ::setenv("HOME", "/home/u", 1);
  EXPECT_EQ(expand_home("~/x"), "/home/u/x");
  EXPECT_EQ(expand_home("~"), "/home/u/");
  EXPECT_EQ(expand_home("a/~/b"), "a/~/b");
  EXPECT_EQ(expand_home("$HOME/x"), "$HOME/x");
  EXPECT_EQ(expand_home("~root/x"), "~root/x");
}

TEST(RunLock, SecondRunInOneDirectoryIsRefusedAndTheNextOneMayStart) {
  const TemporaryDirectory dir;
  {
    const RunLock first(dir.path());
    expect_error([&] { RunLock second(dir.path()); }, ErrorKind::cannot_create, "E1059",
                 {std::to_string(::getpid()), host_name()});
  }
  EXPECT_EQ(entries(dir.path()), 0U);
  EXPECT_NO_THROW(RunLock third(dir.path()));
}

TEST(RunLock, LockOfAnotherLivingProcessIsRefused) {
  const TemporaryDirectory dir;
  int ready[2];
  int stop[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(stop), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(stop[1]);
    const RunLock lock(dir.path());
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    if (::read(stop[0], &byte, 1) < 0) ::_exit(1);
    ::_exit(0);  // as if killed: the lock file stays behind
  }
  ::close(stop[0]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_error([&] { RunLock lock(dir.path()); }, ErrorKind::cannot_create, "E1059",
               {std::to_string(child)});
  ::close(stop[1]);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(dir / "run.lock"));
  EXPECT_NO_THROW(RunLock lock(dir.path())) << "the lock of a dead process must be taken over";
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(RunLock, StaleLocksOfThisHostAreTakenOverThoseOfOthersAreNot) {
  const TemporaryDirectory dir;
  const std::string host = host_name();
  // Another boot; a process number that now belongs to somebody else (start time differs); a torn
  // file.
  for (const std::string& text :
       {"{\"host\":\"" + host + "\",\"pid\":1,\"boot_id\":\"other\",\"start_ticks\":\"1\"}",
        "{\"host\":\"" + host + "\",\"pid\":1,\"boot_id\":\"" +
            read_text_file("/proc/sys/kernel/random/boot_id").substr(0, 36) +
            "\",\"start_ticks\":\"999999999\"}",
        std::string("{\"host\":\"abc"), std::string()}) {
    write_plain(dir / "run.lock", text);
    EXPECT_NO_THROW(RunLock lock(dir.path())) << text;
  }
  write_plain(dir / "run.lock", R"({"host":"elsewhere","pid":1,"boot_id":"x","start_ticks":"1"})");
  expect_error([&] { RunLock lock(dir.path()); }, ErrorKind::cannot_create, "E1059",
               {"elsewhere", "run.lock"});
  expect_error([&] { RunLock lock(dir / "none"); }, ErrorKind::cannot_create, "E1059");
}

}  // namespace
}  // namespace myriad
