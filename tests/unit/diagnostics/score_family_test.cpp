#include "diagnostics/score_family.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/score_file.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using myriad::test::TemporaryDirectory;

/// Errors of the ensemble mean once more: of what the scores of the moments know already.
class ErrorsAgain final : public ScoreFamily {
 public:
  std::string name() const override { return "errors_again"; }
  std::size_t record_size() const override { return 2; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    if (rows.channel != 0) return;
    const auto nlon = static_cast<std::size_t>(rows.fields.nlon);
    const auto mean = rows.members.mean();
    for (std::size_t k = 0; k < static_cast<std::size_t>(rows.fields.nlat); ++k) {
      double absolute = 0.0, squared = 0.0;
      for (std::size_t p = k * nlon; p < (k + 1) * nlon; ++p) {
        const double e = mean[p] - static_cast<double>(rows.fields.truth[p]);
        absolute += std::abs(e);
        squared += e * e;
      }
      record[2 * k] = absolute / static_cast<double>(nlon);
      record[2 * k + 1] = squared / static_cast<double>(nlon);
    }
  }
  std::vector<FamilyOutput> outputs(std::size_t channel) const override {
    if (channel != 0) return {};
    FamilyOutput pooled{"again", "mean absolute error, again", "mean |m - y|", ScoreUnit::channel};
    FamilyOutput each{"root", "root of each date", "mean sqrt", ScoreUnit::channel,
                      Pooling::per_date};
    FamilyOutput curve{"powers", "powers of the mean absolute error", "(mean |m - y|)^k"};
    curve.axis = "power";
    curve.axis_values = {1.0, 2.0};
    return {pooled, each, curve};
  }
  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    if (output == 0) values[0] = mean[0];
    if (output == 1) values[0] = std::sqrt(mean[1]);
    if (output == 2) {
      values[0] = mean[0];
      values[1] = mean[0] * mean[0];
    }
  }
};

VerificationShape shape_with_families() {
  VerificationShape shape{Grid(GridType::legendre_gauss, 8, 16),
                          standard_regions(),
                          {{"z500", "height", "m", ""}, {"t850", "temperature", "K", ""}},
                          {0.0, 24.0},
                          5,
                          6};
  shape.families = {std::make_shared<ErrorsAgain>(), std::make_shared<ErrorsAgain>()};
  return shape;
}

Verification results_of(const VerificationShape& shape) {
  Verification results(shape);
  for (std::uint64_t start = 1; start < 5; ++start) {
    CaseRunner runner(test::backend(), results.shape(), {});
    StartRecord record(results.shape());
    for (std::size_t c = 0; c < 2; ++c) {
      const test::Case fields = test::gaussian_case(8, 16, 5, 7 * start + c);
      runner.begin(c, 1, 0);
      runner.add_rows(fields.view(), 0);
      runner.finish(record);
    }
    results.add(record);
  }
  return results;
}

TEST(ScoreFamily, IsAveragedOverAreaAndDatesAsTheMomentsAre) {
  const VerificationShape shape = shape_with_families();
  const Verification results = results_of(shape);
  for (std::size_t f : {0U, 1U}) {
    const auto outputs = shape.families[f]->outputs(0);
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      const double mae = results.score(find_score("mae"), 0, 1, r);
      const double root = results.score(find_score("rmse_per_date"), 0, 1, r);
      EXPECT_NEAR(results.family_values(f, outputs[0], 0, 0, 1, r).at(0), mae, 1e-12 * mae);
      EXPECT_NEAR(results.family_values(f, outputs[1], 1, 0, 1, r).at(0), root, 1e-12 * root);
      const auto powers = results.family_values(f, outputs[2], 2, 0, 1, r);
      ASSERT_EQ(powers.size(), 2U);
      EXPECT_NEAR(powers[1], mae * mae, 1e-12 * mae * mae);
      const Interval interval = results.family_intervals(f, outputs[0], 0, 0, 1, r).at(0);
      EXPECT_LT(interval.low, mae);
      EXPECT_GT(interval.high, mae);
      EXPECT_TRUE(std::isnan(
          results.family_values(f, outputs[0], 0, 0, 0, r).at(0)));  // no truth at lead 0
    }
  }
}

TEST(ScoreFamily, ItsIntervalComesFromTheDrawsOfTheOtherScores) {
  const VerificationShape shape = shape_with_families();
  const Verification results = results_of(shape);
  const auto outputs = shape.families[0]->outputs(0);
  const Score* mae = &find_score("mae");
  const Interval wanted = bootstrap_intervals({&mae, 1}, results.dates(0, 1, 0), 5).front();
  const Interval found = results.family_intervals(0, outputs[0], 0, 0, 1, 0).at(0);
  EXPECT_NEAR(found.low, wanted.low, 1e-12);
  EXPECT_NEAR(found.high, wanted.high, 1e-12);
}

TEST(ScoreFamily, StandsInLinesObjectAndFileWithItsPlacesOnTheAxis) {
  VerificationShape shape = shape_with_families();
  shape.families.pop_back();
  const Verification results = results_of(shape);
  const std::string lines = score_lines(results);
  const auto line = [](const std::string& score, double value) {
    return fmt::format("z500\tglobal\t24\t{}\t{:.9g}\n", score, value);
  };
  const double mae = results.score(find_score("mae"), 0, 1, 0);
  EXPECT_NE(lines.find(line("again", mae)), std::string::npos) << lines;
  EXPECT_NE(lines.find(line("powers@2", mae * mae)), std::string::npos);
  EXPECT_EQ(lines.find("t850\tglobal\t24\tagain"), std::string::npos);
  const std::string json = to_json_text(score_json(results));
  EXPECT_NE(json.find("\"again\""), std::string::npos);
  EXPECT_NE(json.find("\"axes\""), std::string::npos);

  const TemporaryDirectory folder;
  write_score_file(results, folder / "scores.nc", {{"title", std::string("test")}},
                   Existing::refuse);
  const auto file = io::NetcdfFile::open((folder / "scores.nc").string());
  const auto powers = file.read_values(file.require("z500_powers"));  // [region, lead, power]
  ASSERT_EQ(powers.size(), shape.regions.size() * 2 * 2);
  EXPECT_EQ(powers[3], results.family_values(0, shape.families[0]->outputs(0)[2], 2, 0, 1, 0)[1]);
  EXPECT_EQ(file.read_values(file.require("power")), (std::vector<double>{1.0, 2.0}));
  EXPECT_NE(file.find("z500_again_interval"), nullptr);
  EXPECT_NE(file.find("z500_root"), nullptr);
  EXPECT_EQ(file.find("t850_again"), nullptr);
}

}  // namespace
}  // namespace myriad::diag
