#include "pipelines/daily/cycle_record.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "pipelines/daily/daily_run.hpp"
#include "pipelines/daily/suite_page.hpp"
#include "src/base/files.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::pipelines {
namespace {

using myriad::test::TemporaryDirectory;

CycleRecord record_of(const char* cycle) {
  CycleRecord r;
  r.cycle = Instant::parse(cycle);
  r.start = r.cycle;
  r.source = "main";
  r.lead = Duration::hours(240);
  r.analysis_chosen = true;
  return r;
}

TEST(CycleRecord, IsReadAsItWasWritten) {
  const TemporaryDirectory dir;
  CycleRecord r = record_of("2003-01-15T12Z");
  r.start = Instant::parse("2003-01-14T12Z");
  r.lead = Duration::hours(264);
  r.fallback_reason = "main: \"no\" file <x>";
  r.forecast_done = true;
  r.forecast_degraded = true;
  r.verified = true;
  r.pruned_files = 7;
  r.pruned_bytes = 123456789012;
  write_cycle_record(dir.path(), r);
  const auto read = read_cycle_record(dir.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cycle, r.cycle);
  EXPECT_EQ(read->start, r.start);
  EXPECT_EQ(read->lead, r.lead);
  EXPECT_EQ(read->source, r.source);
  EXPECT_EQ(read->fallback_reason, r.fallback_reason);
  EXPECT_TRUE(read->analysis_chosen && read->forecast_done && read->forecast_degraded &&
              read->verified);
  EXPECT_EQ(read->pruned_files, r.pruned_files);
  EXPECT_EQ(read->pruned_bytes, r.pruned_bytes);
  EXPECT_TRUE(read->fallback());
}

TEST(CycleRecord, AForecastFromAnOlderAnalysisEndsWhenTheCycleWouldHave) {
  CycleRecord r = record_of("2003-01-15T00Z");
  const Instant end = r.end();
  r.start = Instant::parse("2003-01-14T00Z");
  r.lead = Duration::hours(264);
  EXPECT_EQ(r.end(), end);
  r.fallback_reason = "it is late";
  EXPECT_NE(describe_start(r).find("24h before the cycle: it is late"), std::string::npos);
}

TEST(CycleRecord, DamagedRecordsAreRefusedAndForeignFoldersPassedOver) {
  const TemporaryDirectory dir;
  const auto one = cycle_directory(dir.path(), Instant::parse("2003-01-16T00Z"));
  make_directory(one);
  make_directory(dir / "notes");
  write_cycle_record(one, record_of("2003-01-16T00Z"));
  const auto copy = dir / "copy";
  make_directory(copy);
  write_cycle_record(copy, record_of("2003-01-16T00Z"));
  EXPECT_EQ(read_cycle_records(dir.path()).size(), 1U);
  publish_text(one / "cycle.json", "{\"format\": 1}", Existing::replace);
  myriad::test::expect_error([&] { read_cycle_record(one); }, ErrorKind::input_corrupt, "E2680",
                             {"cycle.json"});
  publish_text(one / "cycle.json", "{\"format\": 9}", Existing::replace);
  myriad::test::expect_error([&] { read_cycle_record(one); }, ErrorKind::input_corrupt, "E2680",
                             {"format 9"});
}

TEST(SuitePage, AFallbackStandsOutAndNamesAreEscaped) {
  CycleRecord good = record_of("2003-01-15T00Z");
  good.forecast_done = good.verified = true;
  CycleRecord late = record_of("2003-01-16T00Z");
  late.start = good.cycle;
  late.fallback_reason = "<main> is late";
  const std::string page = suite_page({good, late});
  EXPECT_NE(page.find("2 cycle(s), 1 of them from an older analysis"), std::string::npos);
  EXPECT_NE(page.find("<tr class=\"late\"><td>2003-01-16T00:00:00Z"), std::string::npos);
  EXPECT_NE(page.find("&lt;main&gt; is late"), std::string::npos);
  EXPECT_EQ(page.find("<main>"), std::string::npos);
  EXPECT_NE(page.find("20030115T000000Z/verification/report.html"), std::string::npos);
  EXPECT_LT(page.find("2003-01-16T00:00:00Z</td>"), page.find("2003-01-15T00:00:00Z</td>"))
      << "newest first";
}

TEST(FillDate, ReplacesTheFourMarksOnly) {
  EXPECT_EQ(fill_date("a/%Y/%m/%d/an_%Y%m%d%H_%x%.nc", Instant::parse("2003-01-05T06Z")),
            "a/2003/01/05/an_2003010506_%x%.nc");
}

TEST(KindOfEnd, AKilledChildCanBeRepeatedACrashedOneIsABug) {
  ChildEnd end;
  end.code = 66;
  EXPECT_EQ(kind_of_end(end), ErrorKind::input_missing);
  end.code = 137;
  EXPECT_EQ(kind_of_end(end), ErrorKind::stopped_early);
  end.code = 1;
  EXPECT_EQ(kind_of_end(end), ErrorKind::internal);
  end.code = 0;
  end.signal = SIGKILL;
  EXPECT_EQ(kind_of_end(end), ErrorKind::stopped_early);
  end.signal = SIGSEGV;
  EXPECT_EQ(kind_of_end(end), ErrorKind::internal);
}

}  // namespace
}  // namespace myriad::pipelines
