#include "src/base/progress.hpp"

#include <gtest/gtest.h>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(Progress, EstimatesTheTimeLeftFromThePaceSinceTheStart) {
  double now = 100;
  Progress progress("test", 10, ProgressMode::none, 0, [&] { return now; });
  EXPECT_FALSE(progress.eta_seconds().has_value());
  now = 108;
  progress.update(4);
  EXPECT_DOUBLE_EQ(progress.percent(), 40.0);
  EXPECT_DOUBLE_EQ(progress.eta_seconds().value(), 12.0);
  EXPECT_DOUBLE_EQ(progress.seconds_per_item().value(), 2.0);
}

TEST(Progress, ItemsDoneBeforeAResumeDoNotCountForThePace) {
  double now = 0;
  Progress progress("test", 10, ProgressMode::none, 6, [&] { return now; });
  EXPECT_FALSE(progress.eta_seconds().has_value());
  EXPECT_DOUBLE_EQ(progress.percent(), 60.0);
  now = 3;
  progress.update(7);
  EXPECT_DOUBLE_EQ(progress.eta_seconds().value(), 9.0);
}

TEST(Progress, LinesComeAtMostEveryFiveSecondsAndAtTheEnd) {
  configure_log({});
  testing::internal::CaptureStderr();
  double now = 0;
  {
    Progress progress("forecast", 100, ProgressMode::line, 0, [&] { return now; });
    for (int i = 1; i <= 100; ++i) {
      now += 0.3;
      progress.update(i, "loss 0.1");
    }
    progress.finish();
  }
  const std::string err = testing::internal::GetCapturedStderr();
  // 30 s: the first item, then one line per 5.1 s (the first update after 5 s), then the end.
  EXPECT_EQ(count(err, "forecast: "), 7U) << err;
  EXPECT_NE(err.find("forecast: 1/100 (1 %), 30 s left, loss 0.1"), std::string::npos) << err;
  EXPECT_NE(err.find("forecast: 100/100 (100 %), took 30 s"), std::string::npos) << err;
}

TEST(Progress, BarRewritesOneLineAndGivesWayToLogLines) {
  configure_log({});
  testing::internal::CaptureStderr();
  double now = 0;
  {
    Progress progress("train", 4, ProgressMode::bar, 0, [&] { return now; });
    now = 1;
    progress.update(2);
    log_info("test", "between");
    now = 2;
    progress.update(4);
    progress.finish();
  }
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_NE(err.find("\r\x1b[Ktrain [############............] 2/4 (50 %), 1 s left"),
            std::string::npos)
      << err;
  EXPECT_NE(err.find("left\r\x1b[K20"), std::string::npos)
      << "the log line erases the bar: " << err;
  EXPECT_TRUE(err.ends_with("4/4 (100 %), took 2 s\n")) << err;
}

TEST(Progress, NoneIsSilent) {
  testing::internal::CaptureStderr();
  {
    Progress progress("test", 1, ProgressMode::none);
    progress.update(1);
    progress.finish();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, NamesOfModesAreChecked) {
  EXPECT_EQ(progress_mode_from_string("auto"), ProgressMode::automatic);
  test::expect_error([] { progress_mode_from_string("fancy"); }, ErrorKind::config_invalid,
                     "E1082");
}

TEST(FormatSeconds, ChoosesReadableUnits) {
  EXPECT_EQ(format_seconds(0.2), "0 s");
  EXPECT_EQ(format_seconds(59.4), "59 s");
  EXPECT_EQ(format_seconds(200), "3 min 20 s");
  EXPECT_EQ(format_seconds(3720), "1 h 02 min");
  EXPECT_EQ(format_seconds(200000), "2 d 07 h");
}

TEST(Status, FileIsReplacedAsAWholeAndHoldsEveryField) {
  const test::TemporaryDirectory dir;
  const StatusWriter writer(dir.path(), "ab12", "forecast");
  RunStatus status;
  status.phase = "load";
  writer.write(status);
  status.phase = "forecast";
  status.member = 3;
  status.step = 12;
  status.percent = 33.333;
  status.eta_seconds = 12.5;
  status.step_seconds = 0.25;
  status.last_checkpoint = "state/step-12.state";
  status.bytes_written = 1U << 20U;
  writer.write(status);
  const Json json = read_json_file(dir / "status.json");
  EXPECT_EQ(json.at("run").as_string(), "ab12");
  EXPECT_EQ(json.at("verb").as_string(), "forecast");
  EXPECT_EQ(json.at("phase").as_string(), "forecast");
  EXPECT_EQ(json.at("member").as_int(), 3);
  EXPECT_EQ(json.at("step").as_int(), 12);
  EXPECT_EQ(json.at("percent").as_double(), 33.3);
  EXPECT_EQ(json.at("eta_seconds").as_double(), 12.5);
  EXPECT_EQ(json.at("last_checkpoint").as_string(), "state/step-12.state");
  EXPECT_EQ(json.at("bytes_written").as_uint(), 1U << 20U);
  EXPECT_EQ(json.at("heartbeat").as_string().size(), 20U);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path()))
    ++files;
  EXPECT_EQ(files, 1U);
}

TEST(Status, AWaitForAFileIsShownBesideTheNewestStatus) {
  const test::TemporaryDirectory dir;
  const StatusWriter writer(dir.path(), "ab12", "forecast");
  const auto listener = writer.listener().lock();
  const PendingFileAction action{FileAction::rename, "run/a.nc", 12.34, 64};
  listener->waiting(&action);
  EXPECT_FALSE(std::filesystem::exists(dir / "status.json"));  // nothing to add it to
  RunStatus status;
  status.phase = "forecast";
  status.percent = 50;
  writer.write(status);
  listener->waiting(&action);
  const Json waiting = read_json_file(dir / "status.json");
  EXPECT_EQ(waiting.at("percent").as_double(), 50);
  EXPECT_EQ(waiting.at("waiting_for").at("operation").as_string(), "rename");
  EXPECT_EQ(waiting.at("waiting_for").at("file").as_string(), "run/a.nc");
  listener->waiting(nullptr);
  EXPECT_EQ(read_json_file(dir / "status.json").find("waiting_for"), nullptr);
  // A status that cannot be written is no failure of the run.
  std::filesystem::remove(dir / "status.json");
  std::filesystem::create_directory(dir / "status.json");
  EXPECT_NO_THROW(listener->waiting(&action));
}

}  // namespace
}  // namespace myriad
