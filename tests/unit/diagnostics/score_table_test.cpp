#include "diagnostics/score_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "diagnostics/case_runner.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Verification of Gaussian cases with the given channels and leads; two starts.
Verification sample(const std::vector<std::string>& channels, const std::vector<double>& lead_hours,
                    int members = 5) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  std::vector<VerifiedChannel> verified;
  for (const std::string& name : channels) verified.push_back({name, "", "m2 s-2", ""});
  Verification results({grid, standard_regions(), verified, lead_hours, members, members + 1, 0});
  CaseRunner runner(test::backend(), results.shape(), {});
  for (std::uint32_t start = 0; start < 2; ++start) {
    StartRecord record(results.shape());
    for (std::size_t c = 0; c < channels.size(); ++c) {
      for (std::size_t t = 0; t < lead_hours.size(); ++t) {
        const auto fields = test::gaussian_case(8, 16, members, start * 1000 + c * 50 + t);
        runner.begin(c, t, start);
        runner.add_rows(fields.view(), 0);
        runner.finish(record);
      }
    }
    results.add(record);
  }
  return results;
}

std::vector<double> every_six_hours(int days) {
  std::vector<double> hours;
  for (int h = 0; h <= 24 * days; h += 6) hours.push_back(h);
  return hours;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ScoreTable, TheBriefOneFitsATerminalWhateverWasScored) {
  const auto results =
      sample({"q850", "sp", "v850", "u250", "t850", "z500", "tcwv"}, every_six_hours(10));
  const std::string text = score_table(results, ScoreTable::brief);
  const auto lines = lines_of(text);
  EXPECT_LE(lines.size(), 23U) << text;
  for (const std::string& line : lines) EXPECT_LE(line.size(), 79U) << line;
  EXPECT_THAT(lines[1], HasSubstr("24h      72h     120h     168h     240h"));
  EXPECT_THAT(lines[2], StartsWith("z500 [m2 s-2]  error of the mean"));
  EXPECT_THAT(text, HasSubstr("t850 [m2 s-2]"));
  EXPECT_THAT(text, Not(HasSubstr("tcwv")));
  EXPECT_EQ(lines.back(), "(3 of 7 channels and 5 of 41 lead times; all of them: --table full)");
}

TEST(ScoreTable, LongNamesHaveALineOfTheirOwn) {
  const auto lines = lines_of(
      score_table(sample({"thickness_1000_500", "t850"}, {24.0, 48.0}), ScoreTable::brief));
  EXPECT_EQ(lines[8], "thickness_1000_500 [m2 s-2]");
  EXPECT_THAT(lines[9], StartsWith("               error of the mean"));
  EXPECT_THAT(lines[2], StartsWith("t850 [m2 s-2]  error of the mean"));
}

TEST(ScoreTable, NumbersAreThoseOfTheScoresUnderTheirLead) {
  const auto results = sample({"z500"}, every_six_hours(10));
  const auto lines = lines_of(score_table(results, ScoreTable::brief));
  const auto values = results.over_leads(find_score("rmse"), 0, 0);
  std::istringstream line(lines[2].substr(34));
  for (std::size_t t : {4U, 12U, 20U, 28U, 40U}) {
    double shown = 0.0;
    line >> shown;
    EXPECT_NEAR(shown, values[t], 0.006 * std::abs(values[t]));
  }
}

TEST(ScoreTable, FewChannelsAndLeadsAreShownWithoutARemark) {
  const auto text = score_table(sample({"sst", "ice"}, {12.0, 36.0}), ScoreTable::brief);
  EXPECT_THAT(text, HasSubstr("12h      36h"));
  EXPECT_THAT(text, HasSubstr("ice [m2 s-2]"));
  EXPECT_THAT(text, Not(HasSubstr("--table full")));
}

TEST(ScoreTable, LeadsWithoutWholeDaysAreSpreadEvenlyAndEndWithTheLast) {
  std::vector<double> hours;
  for (int h = 1; h <= 20; ++h) hours.push_back(h);
  const auto lines = lines_of(score_table(sample({"z500"}, hours), ScoreTable::brief));
  EXPECT_THAT(lines[1], HasSubstr("4h       8h      12h      16h      20h"));
}

TEST(ScoreTable, OneMemberHasNoSpreadLine) {
  const auto text = score_table(sample({"z500"}, {24.0}, 1), ScoreTable::brief);
  EXPECT_THAT(text, HasSubstr("1 member, 2 starts, globe"));
  EXPECT_THAT(text, Not(HasSubstr("spread / error")));
}

TEST(ScoreTable, TheFullOneHoldsEveryChannelAndLead) {
  const auto results = sample({"q850", "z500"}, every_six_hours(2));
  const std::string text = score_table(results, ScoreTable::full);
  EXPECT_EQ(lines_of(text).size(), 2 * (2 + 9) + 1U);
  EXPECT_THAT(text, HasSubstr("q850 [m2 s-2], 5 members, 2 starts, globe"));
  EXPECT_THAT(text, HasSubstr("crps_std"));
}

}  // namespace
}  // namespace myriad::diag
