/// \file
/// `myriad verify` as a user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "diagnostics/extreme_values.hpp"
#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/io/cf_check.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad {
namespace {

using test::ProcessResult;
using test::VerifyWorld;
using testing::HasSubstr;

ProcessResult run(const VerifyWorld& world, std::vector<std::string> flags = {}) {
  publish_text(world.path() / "verify.yaml", world.yaml(), Existing::replace);
  std::vector<std::string> arguments{"verify", (world.path() / "verify.yaml").string(),
                                     "--progress", "none"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return test::run_process(MYRIAD_PROGRAM, arguments);
}

TEST(VerifyProgram, WritesScoresAndReportAndPrintsATable) {
  const VerifyWorld world;
  const ProcessResult r = run(world);
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("4 members, 3 starts, globe"));
  EXPECT_THAT(r.out, HasSubstr("t850 [K]       error of the mean"));
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  const auto& rmse = file.require("t850_rmse");
  EXPECT_EQ(file.dimension_names(rmse), (std::vector<std::string>{"region", "lead_time"}));
  EXPECT_EQ(file.text_attribute(&rmse, "units").value(), "K");
  EXPECT_THAT(file.text_attribute(&rmse, "MYRIAD_estimator").value(),
              HasSubstr("sqrt(mean over dates"));
  EXPECT_EQ(file.shape(file.require("t850_rank_histogram")), (std::vector<std::int64_t>{4, 3, 5}));
  EXPECT_EQ(file.shape(file.require("t850_rmse_interval")), (std::vector<std::int64_t>{4, 3, 2}));
  EXPECT_NE(file.find("t850_spectrum_members"), nullptr);
  EXPECT_NO_THROW(verify_sha256_sidecar(world.path() / "out/scores.nc"));
  EXPECT_EQ(describe(io::check_cf((world.path() / "out/scores.nc").string(), io::CfProfile::product)), "");
  EXPECT_THAT(read_text_file(world.path() / "out/report.html"),
              HasSubstr("A 4-member ensemble with its control from a random number generator"));

  const ProcessResult again = run(world);
  EXPECT_EQ(again.code, 73) << again.err;
  const std::string first = read_text_file(world.path() / "out/scores.nc.sha256");
  const ProcessResult full = run(world, {"--overwrite", "--table", "full"});
  EXPECT_EQ(full.code, 0) << full.err;
  EXPECT_THAT(full.out, HasSubstr("t850 [K], 4 members, 3 starts, globe"));
  EXPECT_EQ(read_text_file(world.path() / "out/scores.nc.sha256"), first);
}

TEST(VerifyProgram, PorcelainAndJsonAreStableForPrograms) {
  const VerifyWorld world(1, 3);
  const ProcessResult lines = run(world, {"--porcelain"});
  ASSERT_EQ(lines.code, 0) << lines.err;
  std::istringstream text(lines.out);
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "channel\tregion\tlead_hours\tscore\tvalue");
  std::size_t count = 0;
  std::string rmse;
  for (; std::getline(text, line); ++count) {
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 4);
    if (line.starts_with("t850\tglobal\t48\trmse\t")) rmse = line.substr(line.rfind('\t') + 1);
  }
  EXPECT_GT(count, 200U);
  const ProcessResult object = run(world, {"--json", "--overwrite"});
  const Json json = parse_json(object.out, "stdout");
  const auto& values =
      json.at("channels").at("t850").at("regions").at("global").at("rmse").as_array();
  EXPECT_NEAR(values[2].as_double(), std::stod(rmse), 1e-8);
  EXPECT_EQ(json.at("members").as_int(), 2);
}

/// Value of a line of --porcelain, NaN when there is none.
double line_value(const std::string& lines, const std::string& head) {
  const std::size_t at = lines.find("\n" + head + "\t");
  return at == std::string::npos ? std::nan("") : std::stod(lines.substr(at + head.size() + 2));
}

TEST(VerifyProgram, TestsRankHistogramsForFlatness) {
  const VerifyWorld world(6, 5);
  const ProcessResult lines = run(world, {"--porcelain"});
  ASSERT_EQ(lines.code, 0) << lines.err;
  const double p = line_value(lines.out, "t850\tglobal\t48\trank_flatness_p");
  EXPECT_GT(p, 0.0);
  EXPECT_LT(p, 1.0);
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  EXPECT_NEAR(file.read_values(file.require("t850_rank_flatness_p"))[2], p, 1e-8);
  EXPECT_THAT(file.text_attribute(&file.require("t850_rank_flatness"), "MYRIAD_date_pooling").value(), HasSubstr("all dates"));
  // Six starts ten days apart on 128 points of white noise: hundreds of independent cases, not six and not one per start and point.
  const double cases = line_value(lines.out, "t850\tglobal\t48\trank_effective_cases");
  EXPECT_GT(cases, 50.0);
  EXPECT_THAT(read_text_file(world.path() / "out/report.html"), testing::ContainsRegex("flat (within chance )?\\(p"));
  const Json json = parse_json(run(world, {"--json", "--overwrite"}).out, "stdout");
  EXPECT_NEAR(json.at("channels").at("t850").at("regions").at("global").at("rank_flatness_p").as_array()[2].as_double(), p, 1e-8);
  // Four starts cannot tell.
  const VerifyWorld few(4, 5);
  EXPECT_TRUE(std::isnan(line_value(run(few, {"--porcelain"}).out, "t850\tglobal\t48\trank_flatness_p")));
}

TEST(VerifyProgram, TellsCopiesAmongMembers) {
  const VerifyWorld world(3, 6);
  const ProcessResult sound = run(world, {"--porcelain"});
  ASSERT_EQ(sound.code, 0) << sound.err;
  EXPECT_EQ(line_value(sound.out, "ensemble\tglobal\t48\thealth_duplicates"), 0.0);
  EXPECT_GT(line_value(sound.out, "ensemble\tglobal\t48\thealth_nearest_ratio"), 0.3);
  EXPECT_THAT(sound.err, testing::Not(HasSubstr("E2712")));
  EXPECT_THAT(read_text_file(world.path() / "out/report.html"), HasSubstr("Are its members healthy?</h3><p class=\"answer\">Yes"));

  world.write_member(1, 4, 2);  // the second start has member 2 twice
  const ProcessResult copied = run(world, {"--overwrite"});
  ASSERT_EQ(copied.code, 0) << copied.err;
  EXPECT_THAT(copied.err, HasSubstr("E2712"));
  EXPECT_THAT(copied.err, HasSubstr("from 2003-01-25T00:00:00Z are copies of each other at lead 24 h (nearest: scored members 2 and 4"));
  EXPECT_THAT(copied.out, HasSubstr("members healthy? No, copies (nearest 0.00"));
  EXPECT_THAT(read_text_file(world.path() / "out/report.html"), HasSubstr("No, copies"));
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  EXPECT_EQ(file.read_values(file.require("health_duplicates")), (std::vector<double>{1.0, 1.0, 1.0}));
  EXPECT_EQ(describe(io::check_cf((world.path() / "out/scores.nc").string(), io::CfProfile::product)), "");
  const Json json = parse_json(run(world, {"--json", "--overwrite"}).out, "stdout");
  EXPECT_EQ(json.at("ensemble").at("health_duplicates").as_array()[2].as_double(), 1.0);
  const ProcessResult off = run(world, {"--overwrite", "--set", "health.enabled=false", "--porcelain"});
  EXPECT_THAT(off.out, testing::Not(HasSubstr("health_")));
  EXPECT_THAT(off.err, testing::Not(HasSubstr("E2712")));
}

TEST(VerifyProgram, ComparesMembersByCheckpoint) {
  const VerifyWorld world(3, 7);
  EXPECT_TRUE(std::isnan(line_value(run(world, {"--porcelain"}).out, "ensemble\tglobal\t48\thealth_group_p")));
  for (int s = 0; s < 3; ++s) {
    for (int m = 0; m < 7; ++m) world.write_member(s, m, -1, m % 2 == 0 ? "aa" : "bb");
  }
  const ProcessResult stated = run(world, {"--porcelain", "--overwrite"});
  const double p = line_value(stated.out, "ensemble\tglobal\t48\thealth_group_p");
  EXPECT_GT(p, 0.0);
  const ProcessResult named = run(world, {"--porcelain", "--overwrite", "--set", "member_groups=[0,1]"});
  EXPECT_EQ(line_value(named.out, "ensemble\tglobal\t48\thealth_group_p"), p);  // bb first: the same two groups
  EXPECT_EQ(run(world, {"--overwrite", "--set", "member_groups=[0,2]"}).code, 78);
  EXPECT_THAT(run(world, {"--overwrite", "--set", "member_groups=[0,2]"}).err, HasSubstr("E2711"));
  world.write_member(2, 3, -1, "aa");
  const ProcessResult mixed = run(world, {"--porcelain", "--overwrite"});
  EXPECT_EQ(mixed.code, 0) << mixed.err;
  EXPECT_THAT(mixed.err, HasSubstr("E2713"));
  EXPECT_TRUE(std::isnan(line_value(mixed.out, "ensemble\tglobal\t48\thealth_group_p")));
}

TEST(VerifyProgram, WeighsCheckpoints) {
  const VerifyWorld world(6, 7);
  const std::vector<std::string> groups{"--porcelain", "--overwrite", "--set", "member_groups=[0,1,2]", "--set", "weights.enabled=true"};
  EXPECT_THAT(run(world, {"--set", "weights.enabled=true"}).err, HasSubstr("E2714"));
  const ProcessResult r = run(world, groups);
  ASSERT_EQ(r.code, 0) << r.err;
  const auto value = [&](const std::string& name) { return line_value(r.out, "t850\tglobal\t48\t" + name); };
  EXPECT_NEAR(value("crps_weights@0") + value("crps_weights@1") + value("crps_weights@2"), 1.0, 1e-8);
  EXPECT_NEAR(value("crps_pooled"), value("crps_standard"), 1e-8);
  EXPECT_NEAR(value("crps_components") - value("crps_diversity"), value("crps_pooled"), 1e-8);
  EXPECT_LE(value("crps_weighted"), value("crps_weighted_left_out"));
  EXPECT_GT(value("checkpoint_agreement@1"), 0.1);
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  EXPECT_EQ(file.dimension_names(file.require("t850_crps_weights")), (std::vector<std::string>{"region", "lead_time", "checkpoint"}));
  EXPECT_THAT(file.text_attribute(nullptr, "MYRIAD_Groups_of_members").value(), HasSubstr("0: group 0"));
  EXPECT_EQ(describe(io::check_cf((world.path() / "out/scores.nc").string(), io::CfProfile::product)), "");
  std::vector<std::string> fair = groups;
  fair.insert(fair.end(), {"--set", "weights.estimator=fair"});
  EXPECT_EQ(run(world, fair).code, 0);
  fair[3] = "member_groups=[0,1,1,1,1,1]";
  EXPECT_THAT(run(world, fair).err, HasSubstr("E2714"));
}

TEST(VerifyProgram, TellsReturnLevelsOfMembersAndTruth) {
  const VerifyWorld world(20, 5);
  const std::string section =
      "return_levels={window: 48h, periods: [2, 10, 100], channels: [t850], extreme: smallest}";
  const ProcessResult r = run(world, {"--porcelain", "--set", section});
  ASSERT_EQ(r.code, 0) << r.err;
  // Smallest global mean of both leads after the first, of every scored member and start.
  const auto weights = world.grid().row_weights();
  const auto mean = [&](const std::vector<float>& field) {
    double sum = 0.0;
    for (std::size_t p = 0; p < field.size(); ++p)
      sum += weights[p / VerifyWorld::k_nlon] / VerifyWorld::k_nlon * static_cast<double>(field[p]);
    return sum;
  };
  std::vector<double> negatives, truth;
  for (int s = 0; s < 20; ++s) {
    const auto smallest = [&](auto&& field) {
      return std::min(mean(field(Duration::hours(24))), mean(field(Duration::hours(48))));
    };
    truth.push_back(smallest([&](Duration lead) { return world.truth(world.start(s) + lead); }));
    for (int m = 1; m < 5; ++m)
      negatives.push_back(-smallest([&](Duration lead) { return world.member(s, m, lead); }));
  }
  std::sort(negatives.begin(), negatives.end());
  const auto fit = diag::fit_extremes(negatives);
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  const auto& levels = file.require("t850_return_level");
  EXPECT_EQ(file.dimension_names(levels),
            (std::vector<std::string>{"region", "lead_time", "return_period"}));
  EXPECT_EQ(file.text_attribute(&levels, "units").value(), "K");
  EXPECT_THAT(file.text_attribute(&levels, "MYRIAD_estimator").value(),
              HasSubstr("generalised extreme value distribution fitted by L-moments to the smallest "
                        "value of the mean over the region in a window of 48 h"));
  EXPECT_EQ(file.read_values(file.require("return_period")), (std::vector<double>{2, 10, 100}));
  const auto values = file.read_values(levels);  // [4, 3, 3]
  const auto exceedance = file.read_values(file.require("t850_return_level_exceedance"));
  const double periods[] = {2.0, 10.0, 100.0};
  for (std::size_t i = 0; i < 3; ++i) {
    const double level = -diag::return_level(fit, periods[i]);
    EXPECT_NEAR(values[6 + i], level, 1e-6) << i;
    EXPECT_TRUE(std::isnan(values[3 + i])) << "no window ends at 24 h";
    double beyond = 0.0;
    for (double y : truth) beyond += y < level ? 0.05 : 0.0;
    EXPECT_NEAR(exceedance[6 + i], beyond, 1e-12);
  }
  EXPECT_NEAR(line_value(r.out, "t850\tglobal\t48\treturn_level@10"), values[7], 1e-5);
  EXPECT_EQ(line_value(r.out, "t850\tglobal\t48\tblock_maxima"), 80.0);
  EXPECT_EQ(describe(io::check_cf((world.path() / "out/scores.nc").string(), io::CfProfile::product)), "");
  const std::string page = read_text_file(world.path() / "out/report.html");
  EXPECT_THAT(page, HasSubstr("Return levels up to day 2: Globe"));
  // The same page again from the files.
  const ProcessResult report = test::run_process(
      MYRIAD_PROGRAM, {"report", (world.path() / "out").string(), "--overwrite"});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_EQ(read_text_file(world.path() / "out/report.html"), page);
}

TEST(VerifyProgram, SaysWhatBoxesDoNotHave) {
  const VerifyWorld world(1, 4);
  const std::vector<std::string> flags{
      "--porcelain", "--overwrite", "--set", "scores={families: [artefacts, variogram], variogram_lags: [22.5]}"};
  EXPECT_THAT(run(world, flags).err, testing::Not(HasSubstr("E2741")));
  std::vector<std::string> boxed = flags;
  boxed.insert(boxed.end(), {"--set", "regions=[{name: box, south: -40, north: 40, west: 0, east: 90}]"});
  const ProcessResult r = run(world, boxed);
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("E2741: grid_spike_ratio, grid_spike_ratio_truth of the family artefacts: no value in box (zonal"));
  EXPECT_EQ(r.err.find("E2741"), r.err.rfind("E2741")) << "once";
  const auto file = io::NetcdfFile::open((world.path() / "out/scores.nc").string());
  EXPECT_EQ(file.text_attribute(&file.require("t850_grid_spike_ratio"), "MYRIAD_absent").value(),
            "no value in box (zonal wavenumbers need whole circles of latitude)");
  EXPECT_FALSE(file.text_attribute(&file.require("t850_variogram_score"), "MYRIAD_absent").has_value());
  EXPECT_GT(line_value(r.out, "t850\tbox\t48\tvariogram_score@22.5"), 0.0);
  EXPECT_GT(line_value(r.out, "t850\tglobal\t48\tgrid_spike_ratio@8"), 0.0);
  EXPECT_TRUE(std::isnan(line_value(r.out, "t850\tbox\t48\tgrid_spike_ratio@8")));
}

TEST(VerifyProgram, RefusesReturnLevelsThatAreNone) {
  const VerifyWorld world(1, 3);
  for (const char* wrong :
       {"{channels: [z500]}", "{channels: [t850, t850]}", "{window: 36h}", "{after: 48h}",
        "{periods: [10, 10]}", "{periods: [20, 10]}"}) {
    const ProcessResult r = run(world, {"--set", std::string("return_levels=") + wrong});
    EXPECT_EQ(r.code, 78) << wrong;
    EXPECT_THAT(r.err, HasSubstr("E2740")) << wrong;
  }
  EXPECT_EQ(run(world, {"--set", "return_levels={periods: [1]}"}).code, 78);
}

TEST(VerifyProgram, ADryRunTellsThePlanAndWritesNothing) {
  const VerifyWorld world(2, 3);
  const ProcessResult r = run(world, {"--dry-run"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("starts      2 from 2003-01-15T00:00:00Z"));
  EXPECT_FALSE(std::filesystem::exists(world.path() / "out"));
}

TEST(VerifyProgram, MissingInputIsTold) {
  const VerifyWorld world(1, 2);
  EXPECT_EQ(run(world, {"--set", "forecasts=[nowhere]"}).code, 66);
  EXPECT_EQ(run(world, {"--set", "analysis=[nowhere.nc]"}).code, 66);
  EXPECT_EQ(run(world, {"--set", "controll=none"}).code, 78);
}

}  // namespace
}  // namespace myriad
