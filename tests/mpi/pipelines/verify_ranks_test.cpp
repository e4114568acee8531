// `myriad verify` on several ranks: the same files and the same table, whatever their number.

#include <gtest/gtest.h>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad {
namespace {

using test::ProcessResult;
using test::VerifyWorld;

ProcessResult run(const VerifyWorld& world, int ranks, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{MPIEXEC_NUMPROC,
                                     std::to_string(ranks),
                                     MYRIAD_PROGRAM,
                                     "verify",
                                     (world.path() / "verify.yaml").string(),
                                     "--progress",
                                     "none",
                                     "--porcelain",
                                     "--overwrite"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run_process(MPIEXEC, arguments);
}

TEST(VerifyOnRanks, ScoresReportAndTableDoNotDependOnTheNumberOfRanks) {
  const VerifyWorld world(5, 3);
  publish_text(world.path() / "verify.yaml",
               world.yaml("report: {start: 2003-02-04, map_leads: [24h]}\n"));
  std::vector<std::string> scores, reports, tables;
  for (int ranks : {1, 2, 3, 4}) {
    const ProcessResult r = run(world, ranks);
    ASSERT_EQ(r.code, 0) << r.err;
    scores.push_back(sha256_file(world.path() / "out/scores.nc"));
    reports.push_back(sha256_file(world.path() / "out/report.html"));
    tables.push_back(r.out);
  }
  for (std::size_t i = 1; i < scores.size(); ++i) {
    EXPECT_EQ(scores[i], scores[0]) << i + 1 << " ranks";
    EXPECT_EQ(reports[i], reports[0]) << i + 1 << " ranks";
    EXPECT_EQ(tables[i], tables[0]) << i + 1 << " ranks";
  }
}

TEST(VerifyOnRanks, AStartThatOneRankCannotReadEndsTheJobWithItsCode) {
  const VerifyWorld world(3, 3);
  publish_text(world.path() / "verify.yaml", world.yaml());
  publish_text(world.member_file(1, 2), "no NetCDF", Existing::replace);
  std::filesystem::remove(world.member_file(1, 2).string() + ".sha256");
  const ProcessResult r = run(world, 2);
  EXPECT_EQ(r.code, 65) << r.err;
}

}  // namespace
}  // namespace myriad
