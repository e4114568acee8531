#include "src/base/file_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "src/base/files.hpp"
#include "src/base/log.hpp"

namespace myriad {
namespace {

using testing::HasSubstr;

std::atomic<double> now{0};
double test_clock() {
  return now;
}

/// Lines logged since the object was made.
class NewLines {
 public:
  NewLines() : marker_(std::to_string(++count_) + " marks the begin") {
    log_warning("test", "", "{}", marker_);
  }
  std::vector<std::string> get() const {
    std::vector<std::string> lines = log_tail();
    for (std::size_t i = lines.size(); i-- > 0;) {
      if (lines[i].ends_with(marker_)) {
        lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        break;
      }
    }
    return lines;
  }

 private:
  static inline int count_ = 0;
  std::string marker_;
};

PendingFileAction writing(const std::string& file, double seconds, std::uint64_t serial = 64) {
  return {FileAction::write, file, seconds, serial};
}

TEST(SlowFileLog, WarnsAtOnceAndThenWheneverTheTimeHasDoubled) {
  detail::SlowFileLog log;
  const NewLines lines;
  for (int s = 10; s <= 80; ++s) log.look({writing("run/a.nc", s)});
  const auto told = lines.get();
  ASSERT_EQ(told.size(), 4U);  // after 10, 20, 40 and 80 s
  EXPECT_THAT(told[0], HasSubstr("warning E1073: write of run/a.nc has taken 10 s so far"));
  EXPECT_THAT(told[1], HasSubstr("has taken 20 s"));
  EXPECT_THAT(told[3], HasSubstr("has taken 1 min 20 s"));
}

TEST(SlowFileLog, AWaitOfHoursIsToldEveryTenMinutes) {
  detail::SlowFileLog log;
  log.look({writing("a", 3600)});
  const NewLines lines;
  for (int s = 3601; s <= 3600 + 3 * 600; ++s) log.look({writing("a", s)});
  EXPECT_EQ(lines.get().size(), 3U);
}

TEST(SlowFileLog, SaysWhenItIsOverAndForgetsIt) {
  detail::SlowFileLog log;
  log.look({writing("a", 63), writing("b", 12, 65)});
  const NewLines lines;
  log.look({writing("b", 13, 65)});
  const auto told = lines.get();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("write of a is over after about 1 min 03 s"));
  log.look({writing("b", 14, 65)});
  EXPECT_EQ(lines.get().size(), 1U);
  log.look({writing("a", 10, 128), writing("b", 14, 65)});  // another write of the same file
  EXPECT_EQ(lines.get().size(), 2U);
}

TEST(SlowFileLog, NamesAFileUnderConstructionByItsFinalName) {
  const AtomicFile file("members/mem00001.nc");
  detail::SlowFileLog log;
  const NewLines lines;
  log.look({writing(file.temporary().string(), 10)});
  ASSERT_EQ(lines.get().size(), 1U);
  EXPECT_THAT(lines.get()[0], HasSubstr("write of members/mem00001.nc has"));
}

struct Listener final : FileWaitListener {
  void waiting(const PendingFileAction* action) override {
    if (action != nullptr) {
      seconds = action->seconds;
      ++calls;
    } else {
      ++ends;
    }
  }
  std::atomic<int> calls{0}, ends{0};
  std::atomic<double> seconds{0};
};

TEST(FileWatch, TellsListenersWhileAnActionIsSlowAndOnceWhenItIsOver) {
  now = 0;
  FileWaits waits(test_clock);
  FileWatch watch(0.004, waits);
  const auto listener = std::make_shared<Listener>();
  watch.tell(listener);
  watch.tell(std::make_shared<Listener>());  // gone at once
  {
    const FileWait wait(FileAction::write, "run/a.nc", waits);
    now = 30;
    while (listener->calls < 3) std::this_thread::yield();
    EXPECT_EQ(listener->seconds, 30);
    EXPECT_EQ(listener->ends, 0);
  }
  while (listener->ends < 1) std::this_thread::yield();
  EXPECT_EQ(waits.slow_actions(), 1);
}

TEST(FileWatch, ALineIsLoggedBeforeAListenerIsTold) {
  now = 0;
  FileWaits waits(test_clock);
  struct Late final : FileWaitListener {
    void waiting(const PendingFileAction*) override {
      if (logged_before) return;
      logged_before = false;
      for (const std::string& line : log_tail()) {
        if (line.find("sync of run/order.nc has taken") != std::string::npos) logged_before = true;
      }
      told = true;
    }
    std::optional<bool> logged_before;
    std::atomic<bool> told{false};
  };
  const auto late = std::make_shared<Late>();
  FileWatch watch(0.004, waits);
  watch.tell(late);
  const FileWait wait(FileAction::sync, "run/order.nc", waits);
  now = 11;
  while (!late->told) std::this_thread::yield();
  EXPECT_TRUE(late->logged_before.value());
}

TEST(FileWatch, AListenerThatHangsKeepsNobodyFromEnding) {
  now = 0;
  static FileWaits waits(test_clock);  // the thread that is left behind uses it
  struct Hanging final : FileWaitListener {
    void waiting(const PendingFileAction*) override {
      entered = true;
      while (!go) std::this_thread::yield();
      left = true;
    }
    std::atomic<bool> entered{false}, go{false}, left{false};
  };
  const auto hanging = std::make_shared<Hanging>();
  std::optional<FileWatch> watch(std::in_place, 0.004, waits);
  watch->tell(hanging);
  {
    const FileWait wait(FileAction::write, "a", waits);
    now = 11;
    while (!hanging->entered) std::this_thread::yield();
  }
  watch.reset();
  EXPECT_FALSE(hanging->left);
  hanging->go = true;
  while (!hanging->left) std::this_thread::yield();
}

TEST(FileWatch, TellsAtTheEndWhatSlowActionsTookInAll) {
  now = 0;
  FileWaits waits(test_clock);
  const NewLines lines;
  {
    const FileWatch watch(10, waits);
    const FileWait wait(FileAction::write, "a", waits);
    now = 90;
  }
  ASSERT_EQ(lines.get().size(), 1U);
  EXPECT_THAT(lines.get()[0], HasSubstr("1 slow file action(s) took 1 min 30 s in all"));
}

TEST(FileWatch, AnActionThatEndsRightBeforeTheProcessIsToldToBeOver) {
  // Regression: the watching thread used to stop without a last look.
  now = 0;
  FileWaits waits(test_clock);
  const NewLines lines;
  const auto listener = std::make_shared<Listener>();
  {
    FileWatch watch(4, waits);  // looks once a second
    watch.tell(listener);
    const FileWait wait(FileAction::rename, "run/last.nc", waits);
    now = 30;
    while (listener->calls < 1) std::this_thread::yield();
  }
  const std::vector<std::string> logged = lines.get();
  ASSERT_EQ(logged.size(), 3U);
  EXPECT_THAT(logged[0], HasSubstr("rename of run/last.nc has taken 30 s"));
  EXPECT_THAT(logged[1], HasSubstr("rename of run/last.nc is over"));
  EXPECT_THAT(logged[2], HasSubstr("1 slow file action(s) took"));
  EXPECT_EQ(listener->ends, 1);
}

TEST(FileWatch, AQuietRunLogsNothing) {
  const NewLines lines;
  { const FileWatch watch(10); }
  EXPECT_TRUE(lines.get().empty());
}

}  // namespace
}  // namespace myriad
