/// \file
/// `myriad report` as a user runs it, on what `myriad verify` has left.

#include <gmock/gmock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "diagnostics/comparison.hpp"
#include "diagnostics/report_file.hpp"
#include "diagnostics/stored_scores.hpp"
#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/io/cf_check.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/diagnostics/climate_fixture.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad {
namespace {

namespace fs = std::filesystem;

using test::ProcessResult;
using test::VerifyWorld;
using testing::HasSubstr;

constexpr const char* k_shown =
    "report:\n  map_leads: [24h, 48h]\n  places:\n    - {name: Here, latitude: 40, longitude: 10}\n"
    "    - {name: There, latitude: -20, longitude: 200}\n  events:\n"
    "    - {channel: t850, value: 281}\n  contours:\n    - {channel: t850, value: 281}\n";

/// Verify a world into a directory of its own and return that.
fs::path verify(const VerifyWorld& world, const std::string& name, const std::string& more = {}) {
  const fs::path out = world.path() / name;
  publish_text(world.path() / "verify.yaml", world.yaml(k_shown + more), Existing::replace);
  const ProcessResult r =
      test::run_process(MYRIAD_PROGRAM, {"verify", (world.path() / "verify.yaml").string(), "--out",
                                         out.string(), "--progress", "none"});
  EXPECT_EQ(r.code, 0) << r.err;
  return out;
}

ProcessResult report(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "report");
  return test::run_process(MYRIAD_PROGRAM, arguments);
}

TEST(ReportProgram, MakesThePageOfVerifyAgainByteForByte) {
  const VerifyWorld world(6, 5);
  const fs::path run = verify(world, "run");
  const ProcessResult refused = report({run.string()});
  EXPECT_EQ(refused.code, 73) << refused.err;
  const ProcessResult r = report({run.string(), "--out", (world.path() / "page").string()});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, (world.path() / "page/report.html").string() + "\n");
  EXPECT_EQ(read_text_file(world.path() / "page/report.html"), read_text_file(run / "report.html"));
  EXPECT_EQ(report({run.string(), "--overwrite"}).code, 0);
}

TEST(ReportProgram, ShowsCurvesOfEventsAndExtremesAgainByteForByte) {
  const VerifyWorld world(6, 5);
  diag::test::ClimateFile climate;
  climate.channel = "t850";
  climate.units = "K";
  climate.value = [](int, double percent, std::size_t point) {
    return 270.0 + (point < VerifyWorld::k_nlon ? 0.0 : 0.2 * percent);  // shifts without a value
  };
  climate.write(world.path() / "quantiles.nc", world.grid());
  const fs::path run = verify(world, "run",
                              "  climate_quantiles: " + (world.path() / "quantiles.nc").string() +
                                  "\nscores: {events: [{channel: t850, value: 281}]}\n");
  const std::string page = read_text_file(run / "report.html");
  for (const char* text :
       {"Reliability: above 281", "Hits and false alarms: above 281", "Extreme forecast index",
        "Shift of the upper tail", "Shift of the lower tail", "Grey: no value.",
        "data-range=\"no value\"", "climate of a test"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  const ProcessResult r = report({run.string(), "--out", (world.path() / "page").string()});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(read_text_file(world.path() / "page/report.html"), page);
  EXPECT_EQ(describe(io::check_cf((run / "report.nc").string(), io::CfProfile::product)), "");
}

TEST(ReportProgram, ShowsRegionsAskedForAgainByteForByte) {
  const VerifyWorld world(6, 5);
  const std::string regions =
      "regions:\n  - {name: europe, title: Europe & Africa, south: -35, north: 75, west: -20, "
      "east: "
      "45}\n  - {name: north, south: 40}\n";
  const fs::path run = verify(world, "run", regions), other = verify(world, "other", regions);
  const std::string page = read_text_file(run / "report.html");
  EXPECT_THAT(page, HasSubstr("Europe &amp; Africa; north."));
  EXPECT_THAT(page, HasSubstr("data-name=\"europe\""));
  const ProcessResult r = report({run.string(), "--out", (world.path() / "page").string()});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(read_text_file(world.path() / "page/report.html"), page);
  ASSERT_EQ(report({run.string(), other.string(), "--out", (world.path() / "both").string()}).code,
            0);
  EXPECT_THAT(read_text_file(world.path() / "both/comparison.html"),
              HasSubstr("Europe &amp; Africa"));
  const diag::StoredScores stored((run / "scores.nc").string());
  ASSERT_EQ(stored.shape().regions.size(), 6U);
  EXPECT_EQ(stored.shape().regions[4].title, "Europe & Africa");
  EXPECT_EQ(stored.shape().regions[5].south_deg, 40.0);
  EXPECT_EQ(describe(io::check_cf((run / "scores.nc").string(), io::CfProfile::product)), "");
}

/// Verifications of forecasts for part of the sphere, of the files of make_ensembles.py.
class PartOfTheSphere : public testing::Test {
 protected:
  void SetUp() override {
    const std::string script =
        std::string(std::getenv("MYRIAD_SOURCE_DIR")) + "/tests/unit/pipelines/verify/make_ensembles.py";
    const std::string command = "/usr/bin/python3 " + script + " " + directory_.path().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << "python3-xarray and python3-netcdf4 are needed";
  }
  /// Verify the forecasts \p name into a directory of that name and return it.
  fs::path verify(const std::string& name, const std::string& channel, const std::string& more = {}) const {
    const fs::path yaml = path(name + ".yaml"), out = path(name);
    publish_text(yaml,
                 fmt::format("out: {0}\nforecasts: [{0}.nc]\nvariables: [{1}=fcst]\ntruth: {{variables: [{1}=obs]}}\n"
                             "control: none\n{2}",
                             out.string(), channel, more),
                 Existing::refuse);
    const ProcessResult r =
        test::run_process(MYRIAD_PROGRAM, {"verify", yaml.string(), "--progress", "none"});
    EXPECT_EQ(r.code, 0) << r.err;
    return out;
  }
  fs::path path(const std::string& name) const { return directory_.path() / name; }

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(PartOfTheSphere, GivesThePageOfVerifyAgainByteForByte) {
  const fs::path runs[] = {verify("window", "t2m", "regions: [{name: north, title: The north, south: 45}]\n"),
                           verify("plane", "pv320"), verify("place", "pv320")};
  const char* grids[] = {"regional 13x13", "equal-weight 13x13", "equal-weight 1x1"};
  for (int i = 0; i < 3; ++i) {
    SCOPED_TRACE(grids[i]);
    const std::string page = read_text_file(runs[i] / "report.html");
    EXPECT_THAT(page, HasSubstr(std::string("point by point on the ") + grids[i] + " grid"));
    const ProcessResult r = report({runs[i].string(), "--out", path("page").string(), "--overwrite"});
    ASSERT_EQ(r.code, 0) << r.err;
    EXPECT_EQ(read_text_file(path("page/report.html")), page);
    EXPECT_EQ(describe(io::check_cf((runs[i] / "scores.nc").string(), io::CfProfile::product)), "");
  }
  // The coordinates, northernmost row first, as make_ensembles.py chose them.
  const Grid window = diag::StoredScores((runs[0] / "scores.nc").string()).shape().grid;
  ASSERT_TRUE(window.is_window());
  EXPECT_EQ(window.part_rows().front(), 60.0);
  EXPECT_EQ(window.part_rows().back(), 30.0);
  EXPECT_EQ(window.part_columns()[3], 357.5);
  EXPECT_EQ(window.part_columns()[4], 0.0);
  const Grid plane = diag::StoredScores((runs[1] / "scores.nc").string()).shape().grid;
  EXPECT_FALSE(plane.is_window() || plane.is_global());
  EXPECT_EQ(plane.part_rows()[2], -4000.0);
  EXPECT_EQ(plane.part_columns()[12], 24000.0);
}

TEST_F(PartOfTheSphere, IsComparedOnlyWithTheSamePart) {
  const fs::path window = verify("window", "t2m"), south = verify("window_south", "t2m");
  const ProcessResult same = report({window.string(), window.string(), "--out", path("same").string()});
  EXPECT_EQ(same.code, 0) << same.err;
  const ProcessResult apart = report({window.string(), south.string(), "--out", path("apart").string()});
  EXPECT_EQ(apart.code, 64);
  EXPECT_THAT(apart.err, HasSubstr("E2562"));
  EXPECT_THAT(apart.err, HasSubstr("no region in common"));
}

TEST(ReportProgram, ReadsEveryScoreThatWasWritten) {
  const VerifyWorld world(6, 5);
  const fs::path run = verify(world, "run");
  const diag::StoredScores stored((run / "scores.nc").string());
  EXPECT_EQ(stored.starts(), 6U);
  ASSERT_EQ(stored.start_dates().size(), 6U);
  EXPECT_EQ(stored.start_dates()[3], world.start(3));
  EXPECT_EQ(stored.shape().grid, world.grid());
  EXPECT_EQ(stored.shape().members, 4);
  const auto file = io::NetcdfFile::open((run / "scores.nc").string());
  const auto rmse = file.read_values(file.require("t850_rmse"));
  EXPECT_EQ(stored.score(diag::find_score("rmse"), 0, 2, 1), rmse[1 * 3 + 2]);
  // The values of the starts add up to the pooled score, which is the root of their mean square.
  double sum = 0.0;
  for (double v : stored.by_start("rmse", 0, 2, 1)) sum += v * v / 6.0;
  EXPECT_NEAR(std::sqrt(sum), rmse[1 * 3 + 2], 1e-12);
  EXPECT_TRUE(std::isnan(stored.score(diag::find_score("mae_control"), 0, 0, 0)) ==
              (file.find("t850_mae_control") == nullptr));
  EXPECT_TRUE(stored.by_start("best_member_error", 0, 0, 0).empty());
  for (const char* name : {"scores.nc", "report.nc"})
    EXPECT_EQ(describe(io::check_cf((run / name).string(), io::CfProfile::product)), "") << name;
}

TEST(ReportProgram, ReportDataHoldTheFieldsOfTheForecasts) {
  const VerifyWorld world(2, 5);
  const fs::path run = verify(world, "run");
  const diag::StoredScores stored((run / "scores.nc").string());
  const diag::Report again = diag::read_report_file((run / "report.nc").string(), stored);
  ASSERT_EQ(again.maps.size(), 2U);
  EXPECT_EQ(again.maps[1].truth, world.truth(world.start(0) + Duration::hours(48)));
  ASSERT_EQ(again.plumes.size(), 2U);
  EXPECT_EQ(again.plumes[1].place, "There");
  ASSERT_EQ(again.plumes[1].members.size(), 4U);
  const auto latitudes = world.grid().latitudes_deg();
  const auto row =
      std::find(latitudes.begin(), latitudes.end(), again.plumes[1].latitude) - latitudes.begin();
  const auto point = static_cast<std::size_t>(row * VerifyWorld::k_nlon + 9);
  EXPECT_EQ(again.plumes[1].members[2][1],
            static_cast<double>(world.member(0, 3, Duration::hours(24))[point]));
  ASSERT_EQ(again.spaghetti.size(), 2U);
  EXPECT_EQ(again.spaghetti[0].member_paths.size(), 4U);
}

TEST(ReportProgram, ComparesTwoSystemsStartByStart) {
  const VerifyWorld world(6, 5);
  const fs::path all = verify(world, "all");
  // B takes the unperturbed member as one of its own: five members, a little better.
  const fs::path other = verify(world, "other", "control: none\n");
  const ProcessResult r =
      report({all.string(), other.string(), "--out", (world.path() / "page").string()});
  ASSERT_EQ(r.code, 0) << r.err;
  const std::string html = read_text_file(world.path() / "page/comparison.html");
  EXPECT_THAT(html, HasSubstr("A 4 members, B 5 members"));
  EXPECT_THAT(html, HasSubstr("6 common starts, 15 January 2003 to 6 March 2003"));
  EXPECT_THAT(html, HasSubstr("crps_fair"));
  EXPECT_THAT(html, HasSubstr("rmse_fair")) << "ensembles of different sizes are compared fairly";

  const diag::StoredScores a((all / "scores.nc").string()), b((other / "scores.nc").string());
  const diag::Report of_a = diag::read_report_file((all / "report.nc").string(), a);
  const diag::Report of_b = diag::read_report_file((other / "report.nc").string(), b);
  const diag::CommonCases cases(of_a, of_b);
  EXPECT_EQ(cases.starts().size(), 6U);
  double mean = 0.0;
  const auto left = a.by_start("crps_fair", 0, 2, 0), right = b.by_start("crps_fair", 0, 2, 0);
  for (std::size_t i = 0; i < 6; ++i) mean += (left[i] - right[i]) / 6.0;
  const diag::PairedDifference d = cases.difference("crps_fair", 0, 2, 0);
  EXPECT_NEAR(d.difference, mean, 1e-14);
  EXPECT_LT(d.interval.low, mean);
  EXPECT_GT(d.interval.high, mean);
  EXPECT_EQ(d.verdict, diag::PairedVerdict::worse) << "a nearly perfect member was left out";
  const auto swapped = diag::CommonCases(of_b, of_a).difference("crps_fair", 0, 2, 0);
  EXPECT_EQ(swapped.verdict, diag::PairedVerdict::better);
  const diag::Scorecard card = diag::comparison_scorecard(cases, "crps_fair", 0);
  ASSERT_EQ(card.rows.size(), 1U);
  EXPECT_EQ(card.lead_hours, (std::vector<double>{24.0, 48.0})) << "lead 0 has no forecast";
  EXPECT_GT(card.rows[0].cells[1].change_percent, 0.0);
  EXPECT_FALSE(card.rows[0].cells[1].good);
}

TEST(ReportProgram, AddsTheDieboldMarianoTestFromTenStartsOn) {
  const VerifyWorld world(10, 4);
  const fs::path all = verify(world, "all"), other = verify(world, "other", "control: none\n");
  ASSERT_EQ(report({all.string(), other.string(), "--out", (world.path() / "page").string()}).code, 0);
  const std::string html = read_text_file(world.path() / "page/comparison.html");
  EXPECT_THAT(html, HasSubstr("Diebold-Mariano test: A and B differ at"));
  EXPECT_THAT(html, HasSubstr(", Diebold-Mariano p "));
}

TEST(ReportProgram, OnlyCommonStartsAndLeadsAreCompared) {
  const VerifyWorld many(6, 5);
  const VerifyWorld few(5, 5);
  const fs::path all = verify(many, "all");
  const fs::path some = verify(few, "some", "leads: [48h]\n");
  const diag::StoredScores a((all / "scores.nc").string()), b((some / "scores.nc").string());
  const diag::Report of_a = diag::read_report_file((all / "report.nc").string(), a);
  const diag::Report of_b = diag::read_report_file((some / "report.nc").string(), b);
  const diag::CommonCases cases(of_a, of_b);
  EXPECT_EQ(cases.starts().size(), 5U);
  ASSERT_EQ(cases.leads().size(), 1U);
  // The worlds hold the same numbers, so that nothing differs where both have a case.
  EXPECT_EQ(cases.difference("rmse", 0, 0, 0).difference, 0.0);
}

TEST(ReportProgram, TellsWhatIsMissingOrDoesNotFit) {
  const VerifyWorld world(2, 3);
  const fs::path run = verify(world, "run");
  const ProcessResult nothing = report({});
  EXPECT_EQ(nothing.code, 64);
  EXPECT_THAT(nothing.err, HasSubstr("E2701"));
  EXPECT_EQ(report({run.string(), run.string(), run.string()}).code, 64);
  const ProcessResult absent = report({(world.path() / "nowhere").string()});
  EXPECT_EQ(absent.code, 66);
  EXPECT_THAT(absent.err, HasSubstr("E2700"));

  const fs::path swapped = world.path() / "swapped";
  fs::create_directories(swapped);
  fs::copy(run / "report.nc", swapped / "scores.nc");
  fs::copy(run / "report.nc", swapped / "report.nc");
  const ProcessResult wrong = report({swapped.string()});
  EXPECT_EQ(wrong.code, 65);
  EXPECT_THAT(wrong.err, HasSubstr("E2560"));

  const VerifyWorld larger(2, 5);
  const fs::path mixed = world.path() / "mixed";
  fs::create_directories(mixed);
  fs::copy(run / "scores.nc", mixed / "scores.nc");
  fs::copy(verify(larger, "run") / "report.nc", mixed / "report.nc");
  const ProcessResult unfit = report({mixed.string()});
  EXPECT_EQ(unfit.code, 65);
  EXPECT_THAT(unfit.err, HasSubstr("E2561"));

  const fs::path early = verify(world, "early", "leads: [24h]\n");
  const fs::path late = verify(world, "late", "leads: [48h]\n");
  const ProcessResult apart = report({early.string(), late.string()});
  EXPECT_EQ(apart.code, 64);
  EXPECT_THAT(apart.err, HasSubstr("E2562"));
  EXPECT_THAT(apart.err, HasSubstr("no lead time in common"));
}

}  // namespace
}  // namespace myriad
