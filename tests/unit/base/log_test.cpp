#include "src/base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::TemporaryDirectory;
constexpr std::int64_t k_time_ms = 1042610415007;  // 2003-01-15T06:00:15.007Z

/// Restores the default log and catches what goes to stderr.
class Log : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStderr(); }
  void TearDown() override {
    if (!taken_) testing::internal::GetCapturedStderr();
    configure_log({});
  }
  std::string stderr_text() {
    taken_ = true;
    return testing::internal::GetCapturedStderr();
  }
  LogOptions options_;

 private:
  bool taken_ = false;
};

TEST_F(Log, TextLineHoldsAllFieldsInOrder) {
  options_.run_id = "ab12";
  options_.rank = 2;
  EXPECT_EQ(
      detail::format_log_line(options_, k_time_ms, LogLevel::info, "forecast", "step done", "", 3,
                              12),
      "2003-01-15T06:00:15.007Z info    run=ab12 rank=2 member=3 step=12 forecast: step done");
  EXPECT_EQ(
      detail::format_log_line(options_, k_time_ms, LogLevel::error, "io", "bad", "E2041", -1, -1),
      "2003-01-15T06:00:15.007Z error   run=ab12 rank=2 io: error E2041: bad");
}

TEST_F(Log, JsonLineIsOneObjectWithTheSameFields) {
  options_.format = LogFormat::json;
  options_.run_id = "ab12";
  const std::string line = detail::format_log_line(options_, k_time_ms, LogLevel::warning, "io",
                                                   "two\nlines", "E2041", 3, -1);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Json json = parse_json(line, "line");
  EXPECT_EQ(json.at("time").as_string(), "2003-01-15T06:00:15.007Z");
  EXPECT_EQ(json.at("level").as_string(), "warning");
  EXPECT_EQ(json.at("id").as_string(), "E2041");
  EXPECT_EQ(json.at("member").as_int(), 3);
  EXPECT_EQ(json.find("step"), nullptr);
  EXPECT_EQ(json.at("text").as_string(), "two\nlines");
}

TEST_F(Log, ControlCharactersCannotForgeLinesOrDriveTheTerminal) {
  const std::string line =
      detail::format_log_line(options_, 0, LogLevel::info, "io", "a\nb\x1b[2Jc\r", "", -1, -1);
  EXPECT_NE(line.find("a\\nb\\x1b[2Jc\\x0d"), std::string::npos) << line;
}

TEST_F(Log, RankZeroWritesToStderrAndToItsFile) {
  const TemporaryDirectory dir;
  options_.directory = dir.path();
  configure_log(options_);
  log_info("test", "number {}", 7);
  log_debug("test", "hidden");
  EXPECT_NE(stderr_text().find("test: number 7\n"), std::string::npos);
  const std::string file = read_text_file(dir / "rank-0000.log");
  EXPECT_NE(file.find("test: number 7\n"), std::string::npos);
  EXPECT_EQ(file.find("hidden"), std::string::npos);
}

TEST_F(Log, OtherRanksWriteToTheirFileAndWarnOnStderrToo) {
  const TemporaryDirectory dir;
  options_.directory = dir.path();
  options_.rank = 12;
  configure_log(options_);
  log_info("test", "quiet here");
  log_warning("test", "E9999", "loud here");
  const std::string err = stderr_text();
  EXPECT_EQ(err.find("quiet here"), std::string::npos);
  EXPECT_NE(err.find("warning E9999: loud here"), std::string::npos);
  const std::string file = read_text_file(dir / "rank-0012.log");
  EXPECT_NE(file.find("quiet here"), std::string::npos);
  EXPECT_NE(file.find("loud here"), std::string::npos);
}

TEST_F(Log, WarningsPassEveryThreshold) {
  options_.threshold = LogLevel::error;
  configure_log(options_);
  log_info("test", "hidden");
  log_warning("test", "E9999", "shown");
  const std::string err = stderr_text();
  EXPECT_EQ(err.find("hidden"), std::string::npos);
  EXPECT_NE(err.find("shown"), std::string::npos);
}

TEST_F(Log, MemberAndStepOfTheThreadStandInItsLines) {
  configure_log(options_);
  {
    const LogPlace outer(5, 1);
    {
      const LogPlace inner(6);
      log_info("test", "inner");
    }
    log_info("test", "outer");
  }
  log_info("test", "none");
  const std::string err = stderr_text();
  EXPECT_NE(err.find("rank=0 member=6 test: inner"), std::string::npos) << err;
  EXPECT_NE(err.find("rank=0 member=5 step=1 test: outer"), std::string::npos) << err;
  EXPECT_NE(err.find("rank=0 test: none"), std::string::npos) << err;
}

TEST_F(Log, LinesOfManyThreadsStayWhole) {
  const TemporaryDirectory dir;
  options_.directory = dir.path();
  configure_log(options_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i)
        log_info("test", "thread {} line {} {}", t, i, std::string(50, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string file = read_text_file(dir / "rank-0000.log");
  EXPECT_EQ(std::count(file.begin(), file.end(), '\n'), 400);
  for (std::size_t begin = 0; begin < file.size();) {
    const std::size_t end = file.find('\n', begin);
    ASSERT_TRUE(file.substr(begin, end - begin).ends_with(std::string(50, 'x')));
    begin = end + 1;
  }
}

/// The log file is a pipe that is full: the thread that writes to it hangs, others do not.
TEST_F(Log, AFileThatHangsKeepsOnlyItsWriterWaiting) {
  const TemporaryDirectory dir;
  const std::filesystem::path file = dir / "rank-0000.log";
  ASSERT_EQ(::mkfifo(file.c_str(), 0644), 0);
  const int pipe = ::open(file.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(pipe, 0);
  const int room = ::fcntl(pipe, F_SETPIPE_SZ, 4096);
  ASSERT_GT(room, 0);
  options_.directory = dir.path();
  configure_log(options_);
  std::thread hanging(
      [&] { log_info("test", "{}", std::string(static_cast<std::size_t>(2 * room), 'x')); });
  int filled = 0;
  while (filled < room) {
    ASSERT_EQ(::ioctl(pipe, FIONREAD, &filled), 0);
    std::this_thread::yield();
  }
  log_info("test", "of another thread");
  EXPECT_TRUE(log_tail().back().ends_with("of another thread"));
  std::string read;
  std::vector<char> buffer(4096);
  while (std::count(read.begin(), read.end(), '\n') < 2) {
    const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count > 0) read.append(buffer.data(), static_cast<std::size_t>(count));
  }
  hanging.join();
  ::close(pipe);
  EXPECT_NE(read.find("xxx\n"), std::string::npos);
  EXPECT_TRUE(read.ends_with("of another thread\n"));
  EXPECT_NE(stderr_text().find("of another thread\n"), std::string::npos);
}

TEST_F(Log, TailKeepsTheNewestLines) {
  configure_log(options_);
  for (int i = 0; i < 300; ++i) log_info("test", "line {}", i);
  const std::vector<std::string> tail = log_tail();
  ASSERT_EQ(tail.size(), 200U);
  EXPECT_TRUE(tail.front().ends_with("line 100"));
  EXPECT_TRUE(tail.back().ends_with("line 299"));
}

TEST_F(Log, NamesOfFormatsAreChecked) {
  EXPECT_EQ(log_format_from_string("json"), LogFormat::json);
  test::expect_error([] { log_format_from_string("xml"); }, ErrorKind::config_invalid, "E1080",
                     {"xml"});
}

TEST_F(Log, LogFileThatIsALinkIsRefused) {
  const TemporaryDirectory dir;
  std::filesystem::create_symlink("/tmp/elsewhere", dir / "rank-0000.log");
  options_.directory = dir.path();
  test::expect_error([&] { configure_log(options_); }, ErrorKind::cannot_create, "E1081");
}

}  // namespace
}  // namespace myriad
