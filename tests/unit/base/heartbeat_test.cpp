#include "src/base/heartbeat.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::TemporaryDirectory;

TEST(Heartbeat, SaysWhoIsAliveWhereAndAtWhichStep) {
  const TemporaryDirectory dir;
  double now = 100;
  Heartbeat heartbeat(dir.path(), 3, [&] { return now; });
  now += 1;
  heartbeat.beat(17);
  const Json line = read_json_file(dir / "heartbeat.3");
  EXPECT_EQ(line.at("rank").as_int(), 3);
  EXPECT_EQ(line.at("step").as_int(), 17);
  EXPECT_EQ(line.at("pid").as_int(), ::getpid());
  EXPECT_EQ(line.at("host").as_string(), host_name());
  EXPECT_EQ(line.at("time").as_string().back(), 'Z');
}

TEST(Heartbeat, KeepsItsLengthSoThatAReaderNeverSeesHalfALine) {
  const TemporaryDirectory dir;
  double now = 0;
  Heartbeat heartbeat(dir.path(), 0, [&] { return now; });
  const auto length = std::filesystem::file_size(dir / "heartbeat.0");
  now = 10;
  heartbeat.beat(INT64_MAX);
  EXPECT_EQ(std::filesystem::file_size(dir / "heartbeat.0"), length);
  EXPECT_EQ(read_text_file(dir / "heartbeat.0").back(), '\n');
  EXPECT_EQ(read_json_file(dir / "heartbeat.0").at("step").as_int(), INT64_MAX);
}

TEST(Heartbeat, WritesFastStepsFourTimesASecondAtMost) {
  const TemporaryDirectory dir;
  double now = 0;
  Heartbeat heartbeat(dir.path(), 0, [&] { return now; });
  now = 0.2;
  heartbeat.beat(1);
  EXPECT_EQ(read_json_file(dir / "heartbeat.0").at("step").as_int(), 0);
  now = 0.26;
  heartbeat.beat(2);
  EXPECT_EQ(read_json_file(dir / "heartbeat.0").at("step").as_int(), 2);
}

TEST(Heartbeat, AWaitForAFileIsASignOfLifeAtTheSameStep) {
  const TemporaryDirectory dir;
  double now = 0;
  Heartbeat heartbeat(dir.path(), 0, [&] { return now; });
  now = 1;
  heartbeat.beat(5);
  const auto listener = heartbeat.listener().lock();
  const PendingFileAction action{FileAction::write, "run/a.nc", 12.34, 64};
  listener->waiting(&action);
  const Json waiting = read_json_file(dir / "heartbeat.0");
  EXPECT_EQ(waiting.at("step").as_int(), 5);
  EXPECT_EQ(waiting.at("waiting_for").at("file").as_string(), "run/a.nc");
  EXPECT_EQ(waiting.at("waiting_for").at("operation").as_string(), "write");
  EXPECT_EQ(waiting.at("waiting_for").at("seconds").as_double(), 12.3);
  listener->waiting(nullptr);
  EXPECT_EQ(read_json_file(dir / "heartbeat.0").find("waiting_for"), nullptr);
  listener->waiting(&action);
  now = 2;
  heartbeat.beat(6);
  EXPECT_EQ(read_json_file(dir / "heartbeat.0").find("waiting_for"), nullptr);
}

TEST(Heartbeat, AnyNameOfAFileFitsIntoItsLine) {
  const TemporaryDirectory dir;
  Heartbeat heartbeat(dir.path(), 0);
  const auto length = std::filesystem::file_size(dir / "heartbeat.0");
  for (const std::string& name :
       {std::string(4000, '\x01'), std::string(4000, '"') + "end.nc", std::string("\xc3\xa4")}) {
    const PendingFileAction action{FileAction::write, name, 1e9, 64};
    heartbeat.listener().lock()->waiting(&action);
    EXPECT_EQ(std::filesystem::file_size(dir / "heartbeat.0"), length);
    const std::string shown =
        read_json_file(dir / "heartbeat.0").at("waiting_for").at("file").as_string();
    EXPECT_EQ(shown.back(), name.back());
  }
}

TEST(Heartbeat, AfterItsEndNobodyWritesIt) {
  const TemporaryDirectory dir;
  std::optional<Heartbeat> heartbeat(std::in_place, dir.path(), 0);
  const auto kept = heartbeat->listener().lock();  // as the watching thread holds it in a call
  heartbeat.reset();
  const PendingFileAction action{FileAction::write, "a", 12, 64};
  kept->waiting(&action);
  EXPECT_FALSE(std::filesystem::exists(dir / "heartbeat.0"));
}

TEST(Heartbeat, IsGoneAfterAnOrderlyEndOnly) {
  const TemporaryDirectory dir;
  std::optional<Heartbeat> heartbeat(std::in_place, dir.path(), 1);
  EXPECT_TRUE(std::filesystem::exists(dir / "heartbeat.1"));
  heartbeat.reset();
  EXPECT_FALSE(std::filesystem::exists(dir / "heartbeat.1"));
}

TEST(Heartbeat, WithoutAFileTheRunGoesOn) {
  const TemporaryDirectory dir;
  std::filesystem::create_symlink("/dev/null", dir / "heartbeat.0");  // never followed
  double now = 0;
  Heartbeat heartbeat(dir.path(), 0, [&] { return now; });
  now = 1;
  EXPECT_NO_THROW(heartbeat.beat(1));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "heartbeat.0"));
}

TEST(Heartbeat, WhatKilledRanksLeftIsRemovedAndNothingElse) {
  const TemporaryDirectory dir;
  for (const char* name : {"heartbeat.0", "heartbeat.12", "heartbeat.txt", "heartbeat.",
                           "heartbeat.1.nc", "status.json"}) {
    publish_text(dir / name, "x");
  }
  EXPECT_EQ(remove_stale_heartbeats(dir.path()), 2U);
  EXPECT_FALSE(std::filesystem::exists(dir / "heartbeat.12"));
  EXPECT_TRUE(std::filesystem::exists(dir / "heartbeat.txt"));
  EXPECT_TRUE(std::filesystem::exists(dir / "heartbeat.1.nc"));
}

}  // namespace
}  // namespace myriad
