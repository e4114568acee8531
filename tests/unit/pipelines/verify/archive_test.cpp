/// \file
/// The whole way from an ensemble archive to scores, against numbers computed by NumPy from the
/// same file.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"

namespace myriad::pipelines {
namespace {

std::string data(const char* file) {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? std::filesystem::path(shared)
                        : std::filesystem::path(std::getenv("MYRIAD_SOURCE_DIR")) / "../shared";
  return (root / "data/speedy" / file).string();
}

TEST(EnsembleArchive, ScoresOfTheSpeedyPerfectModelAgreeWithNumPy) {
  const std::string yaml = fmt::format(
      "out: unused\narchive: {}\nclimatology: {}\nchannels: [z500, tp24]\nleads: [0h, "
      "72h]\nspectra: {{members: 0}}\n",
      data("speedy_t30_ensemble_2004.nc"), data("speedy_t30_climatology.nc"));
  VerifyRun run(
      Config::from_text(std::make_shared<const Schema>(verify_schema()), yaml, "test.yaml"));
  diag::Verification results(run.shape());
  ASSERT_EQ(run.starts(), 12U);
  ASSERT_EQ(run.shape().members, 20);
  for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
  const auto score = [&](const char* name, std::size_t region = 0) {
    return results.score(diag::find_score(name), 0, 1, region);
  };
  // The climate is rounded to single precision here, hence 1e-6 where it enters.
  EXPECT_NEAR(score("rmse"), 9.61724836610459, 1e-9);
  EXPECT_NEAR(score("rmse_control"), 9.437850684372455, 1e-9);
  EXPECT_NEAR(score("rmse_persistence"), 78.45987357965612, 1e-9);
  EXPECT_NEAR(score("rmse_climatology"), 70.56630109937008, 1e-4);
  EXPECT_NEAR(score("bias"), 0.0934329579464739, 1e-9);
  EXPECT_NEAR(score("mae"), 6.053112890514767, 1e-9);
  EXPECT_NEAR(score("acc"), 0.9906766329052277, 1e-7);
  EXPECT_NEAR(score("crps_standard"), 4.32397762071452, 1e-5);
  EXPECT_NEAR(score("crps_fair"), 4.111898845006421, 1e-5);
  EXPECT_NEAR(score("crps_climatology"), 31.58830547201543, 1e-4);
  EXPECT_NEAR(score("spread_skill_ratio"), 1.0272383311759763, 1e-9);
  EXPECT_NEAR(score("rmse_per_date"), 9.473311070114777, 1e-9);
  EXPECT_NEAR(score("rmse", 1), 11.068605478956098, 1e-9);
  // Precipitation of the preceding day does not exist at the start, and has no climate here.
  EXPECT_TRUE(std::isnan(results.score(diag::find_score("rmse"), 1, 0, 0)));
  EXPECT_GT(results.score(diag::find_score("rmse"), 1, 1, 0), 0.1);
  EXPECT_TRUE(std::isnan(results.score(diag::find_score("acc"), 1, 1, 0)));
}

}  // namespace
}  // namespace myriad::pipelines
