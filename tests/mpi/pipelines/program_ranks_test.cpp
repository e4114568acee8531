// The program on several ranks, started by the launcher: who speaks, and with which code the job
// ends.

#include <gtest/gtest.h>

#include <filesystem>

#include "src/base/files.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"

namespace myriad {
namespace {

using test::ProcessResult;
using test::TemporaryDirectory;

ProcessResult run(int ranks, const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {MPIEXEC_NUMPROC, std::to_string(ranks), MYRIAD_PROGRAM_CASE};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return test::run_process(MPIEXEC, all);
}

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(ProgramOnRanks, ResultsAreWrittenOnce) {
  const ProcessResult r = run(3, {"work", "--out", "x", "--seed", "4"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, "seed 4 members 64 lead 240h out x overwrite false progress auto\n");
}

TEST(ProgramOnRanks, ConfigurationErrorsAreToldOnceAndEndWithTheirCode) {
  const ProcessResult r = run(3, {"work", "--out", "x", "--set", "sede=1"});
  EXPECT_EQ(r.code, 78) << r.err;
  EXPECT_EQ(count(r.err, "error E1004"), 1U) << r.err;
}

TEST(ProgramOnRanks, FileThatOnlyRankZeroReadsIsMissedByAll) {
  const ProcessResult r = run(2, {"work", "no-such-file.yaml"});
  EXPECT_EQ(r.code, 66) << r.err;
  EXPECT_EQ(count(r.err, "error E1054"), 1U) << r.err;
}

TEST(ProgramOnRanks, AgreedErrorOfOneRankIsToldOnceWithItsRank) {
  const ProcessResult r = run(3, {"fail", "76", "--rank", "2", "--agree"});
  EXPECT_EQ(r.code, 76) << r.err;
  EXPECT_EQ(count(r.err, "error E9000"), 1U) << r.err;
  EXPECT_EQ(count(r.err, "[rank 2]"), 1U) << r.err;
}

TEST(ProgramOnRanks, ErrorThatOneRankMeetsAloneEndsTheJobInsteadOfWaiting) {
  const ProcessResult r = run(3, {"fail", "65", "--rank", "1"});
  EXPECT_EQ(r.code, 65) << r.err;
  EXPECT_EQ(count(r.err, "rank=1 myriad: error E9000"), 1U) << r.err;
}

TEST(ProgramOnRanks, EveryRankHasItsOwnLogFile) {
  const TemporaryDirectory dir;
  const ProcessResult r =
      run(2, {"fail", "76", "--log-dir", (dir / "logs").string(), "--rank", "1", "--agree"});
  EXPECT_EQ(r.code, 76) << r.err;
  for (const char* name : {"logs/rank-0000.log", "logs/rank-0001.log"}) {
    EXPECT_EQ(count(read_text_file(dir / name), "about to fail"), 1U) << name;
  }
  EXPECT_EQ(count(r.err, "about to fail"), 1U) << "rank 0 only: " << r.err;
}

}  // namespace
}  // namespace myriad
