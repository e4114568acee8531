/// \file
/// Ensembles of other centres: the same numbers in every convention give the same scores; what
/// cannot be read is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad::pipelines {
namespace {

using test::TemporaryDirectory;
using testing::AllOf;
using testing::HasSubstr;

/// The files of make_ensembles.py, made once.
class EnsembleFiles : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    const std::string script = std::string(std::getenv("MYRIAD_SOURCE_DIR")) +
                               "/tests/unit/pipelines/verify/make_ensembles.py";
    const std::string command = "/usr/bin/python3 " + script + " " + directory_->path().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << "python3-xarray and python3-netcdf4 are needed";
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }

  static std::string path(const std::string& name) { return (directory_->path() / name).string(); }

  static Config config(const std::string& yaml) {
    return Config::from_text(std::make_shared<const Schema>(verify_schema()),
                             "out: unused\n" + yaml, "test.yaml");
  }
  /// Of t850 against the analysis.
  static std::string of_files(const std::string& files, const std::string& more = {}) {
    return fmt::format("forecasts: [{}]\nanalysis: [{}]\nchannels: [t850]\ncontrol: none\n{}",
                       path(files), path("analysis.nc"), more);
  }

  static diag::Verification verify(const std::string& yaml) {
    VerifyRun run(config(yaml));
    diag::Verification results(run.shape());
    for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
    return results;
  }

  static Error failure(const std::string& yaml) {
    try {
      verify(yaml);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::internal, "none", "accepted");
  }

  /// Every score of every lead and region, the rank histograms and the spectra.
  static std::vector<double> numbers(const diag::Verification& results) {
    std::vector<double> out;
    const diag::VerificationShape& shape = results.shape();
    for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
      for (std::size_t r = 0; r < shape.regions.size(); ++r) {
        for (const diag::Score& score : diag::scores())
          out.push_back(results.score(score, 0, t, r));
        const auto histogram = results.rank_histogram(0, t, r);
        out.insert(out.end(), histogram.begin(), histogram.end());
      }
      const auto power = results.spectrum(0, t, diag::SpectrumOf::members);
      out.insert(out.end(), power.begin(), power.end());
    }
    return out;
  }

  static void expect_same(const std::string& yaml, const std::vector<double>& expected) {
    const std::vector<double> got = numbers(verify(yaml));
    ASSERT_EQ(got.size(), expected.size()) << yaml;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (std::isnan(expected[i])) {
        EXPECT_TRUE(std::isnan(got[i])) << yaml << i;
      } else {
        EXPECT_EQ(got[i], expected[i]) << yaml << i;
      }
    }
  }

  static TemporaryDirectory* directory_;
};

TemporaryDirectory* EnsembleFiles::directory_ = nullptr;

TEST_F(EnsembleFiles, OfEveryConventionGiveTheScoresOfTheArchiveToTheBit) {
  const auto expected = numbers(
      verify(fmt::format("archive: {}\nchannels: [t850]\ncontrol: none\n", path("archive.nc"))));
  EXPECT_GT(std::count_if(expected.begin(), expected.end(),
                          [](double v) { return std::isfinite(v) && v != 0.0; }),
            200);
  for (const char* name : {"cf.nc", "cf_standard_names.nc", "cfgrib.nc", "cfgrib_names.nc",
                           "cfgrib_raw_nanoseconds.nc", "wb2.nc", "iri.nc", "permuted.nc",
                           "packed.nc", "split/member_*.nc", "split/lead_*.nc"}) {
    SCOPED_TRACE(name);
    expect_same(of_files(name), expected);
  }
  expect_same(of_files("cf.nc", "dim_names: cf\n"), expected);
  expect_same(of_files("cfgrib_names.nc", "dim_names: cfgrib\n"), expected);
  expect_same(of_files("wb2.nc", "dim_names: wb2\n"), expected);
  expect_same(of_files("ambiguous.nc", "dim_names: wb2\n"), expected);
}

TEST_F(EnsembleFiles, OfOurOwnForecastsScoreAsTheirDirectoriesDo) {
  const test::VerifyWorld world;
  const std::string p = world.path().string();
  const std::string rest = fmt::format("analysis: [{0}/analysis.nc]\nclimatology: {0}/climatology.nc\n", p);
  expect_same(fmt::format("forecasts: [{}/forecasts/*/members/*.nc]\n{}", p, rest),
              numbers(verify(fmt::format("forecasts: [{}/forecasts]\n{}", p, rest))));
}

TEST_F(EnsembleFiles, MemberZeroIsTheControlUnlessToldOtherwise) {
  VerifyRun excluded(
      config(of_files("cf.nc").replace(of_files("cf.nc").find("none"), 4, "exclude")));
  EXPECT_EQ(excluded.shape().members, 3);
  EXPECT_TRUE(excluded.forecasts().has_control());
  VerifyRun included(
      config(of_files("cf.nc").replace(of_files("cf.nc").find("none"), 4, "include")));
  EXPECT_EQ(included.shape().members, 4);
  VerifyRun none(config(of_files("cf.nc")));
  EXPECT_EQ(none.shape().members, 4);
  EXPECT_FALSE(none.forecasts().has_control());
}

TEST_F(EnsembleFiles, ThatCanBeReadInTwoWaysAreRefusedWithWhatToSet) {
  const Error error = failure(of_files("ambiguous.nc"));
  EXPECT_EQ(error.id(), "E2047") << error.what();
  EXPECT_THAT(
      error.what(),
      AllOf(HasSubstr("'time' may be the valid time (dim_names: cf) or the start (dim_names: wb2)"),
            HasSubstr("time 3 [cf: valid time, cfgrib: start, wb2: start]"),
            HasSubstr("realization 4 [cf: member, wb2: member]"),
            HasSubstr("lead_time 3 [cf: lead, wb2: lead]"), HasSubstr("lat 8 [place]"),
            HasSubstr("set dim_names to the one that is meant")));
  // As valid times the first start lacks its later leads.
  EXPECT_EQ(failure(of_files("ambiguous.nc", "dim_names: cf\n")).id(), "E2662");
}

TEST_F(EnsembleFiles, OfNoConventionOrNotTheOneAskedForAreRefusedWithWhatWasFound) {
  const Error unknown = failure(of_files("unknown.nc"));
  EXPECT_EQ(unknown.id(), "E2046");
  EXPECT_THAT(unknown.what(),
              AllOf(HasSubstr("fit no convention"), HasSubstr("cf: 'draw' has no meaning in it"),
                    HasSubstr("draw 4 [no meaning]"), HasSubstr("ncrename")));
  const Error wrong = failure(of_files("cf.nc", "dim_names: cfgrib\n"));
  EXPECT_EQ(wrong.id(), "E2046");
  EXPECT_THAT(wrong.what(), AllOf(HasSubstr("does not have the dimensions of dim_names cfgrib"),
                                  HasSubstr("'forecast_reference_time' has no meaning in it"),
                                  HasSubstr("realization 4 [cf: member, wb2: member]"),
                                  HasSubstr("set dim_names to cf, or to auto")));
  EXPECT_THAT(failure(of_files("permuted.nc", "dim_names: cfgrib\n")).what(),
              HasSubstr("'ensemble_member' has no meaning"));
  EXPECT_EQ(failure(of_files("cfgrib_names.nc", "dim_names: wb2\n")).id(), "E2046");
}

TEST_F(EnsembleFiles, WithoutLeadAreReadWhenItIsGiven) {
  const Error error = failure(of_files("no_lead.nc"));
  EXPECT_EQ(error.id(), "E2048");
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("neither a start nor a lead"), HasSubstr("lead_if_absent")));
  VerifyRun run(config(of_files("no_lead.nc", "lead_if_absent: 0h\n")));
  EXPECT_EQ(run.starts(), 3U);
  EXPECT_EQ(run.shape().lead_hours, (std::vector<double>{0.0}));
  EXPECT_EQ(run.forecasts().starts()[1], Instant::parse("2003-01-25"));
}

TEST_F(EnsembleFiles, ThatAreDamagedOrIncompleteAreRefused) {
  const Error holes = failure(of_files("holes.nc"));
  EXPECT_EQ(holes.id(), "E2044");
  EXPECT_THAT(holes.what(),
              AllOf(HasSubstr("t850"), HasSubstr("2003-01-26"), HasSubstr("latitude"),
                    HasSubstr("1 of 128 points"), HasSubstr("fetch the field again")));
  const Error months = failure(of_files("months.nc"));
  EXPECT_EQ(months.id(), "E2048");
  EXPECT_THAT(months.what(), HasSubstr("'months' is no fixed length of time"));
  const Error incomplete = failure(of_files("split/incomplete_*.nc"));
  EXPECT_EQ(incomplete.id(), "E2662");
  EXPECT_THAT(incomplete.what(),
              HasSubstr("no t850 of member 3 from 2003-01-15T00:00:00Z at lead 48h"));
  const std::string twice = fmt::format("forecasts: [{}, {}]\nanalysis: [{}]\nchannels: [t850]\n",
                                        path("cf.nc"), path("cfgrib.nc"), path("analysis.nc"));
  EXPECT_EQ(failure(twice).id(), "E2032");
  EXPECT_EQ(failure(of_files("cf.nc", "leads: [36h]\n")).id(), "E2662");
}

TEST_F(EnsembleFiles, AreNeitherZarrNorDirectories) {
  const Error zarr = failure(of_files("zarr"));
  EXPECT_EQ(zarr.id(), "E2720");
  EXPECT_THAT(zarr.what(), AllOf(HasSubstr("Zarr store"), HasSubstr("to_netcdf")));
  EXPECT_EQ(failure(fmt::format("forecasts: [{}, {}]\nanalysis: [{}]\n", path("cf.nc"),
                                path("split"), path("analysis.nc")))
                .id(),
            "E2721");
  EXPECT_EQ(failure(of_files("split", "dim_names: cf\n")).id(), "E2721");
  EXPECT_EQ(failure(of_files("missing.nc")).kind(), ErrorKind::input_missing);
  EXPECT_EQ(failure(of_files("cf.nc", "variables: [t850]\n")).id(), "E2722");
  EXPECT_EQ(failure(of_files("cf.nc", "variables: [msl=t]\n")).id(), "E2023");
  EXPECT_EQ(failure(of_files("cf.nc", "truth: {variables: [t850=t]}\n")).id(), "E2667");
}

/// Scores of part of the sphere are those that NumPy computed when it wrote the file.
void expect_numpy(const diag::Verification& results, const std::string& file) {
  const auto netcdf = io::NetcdfFile::open(file);
  const auto rmse = netcdf.number_attribute(nullptr, "expected_rmse");
  const auto crps = netcdf.number_attribute(nullptr, "expected_crps_fair");
  ASSERT_EQ(rmse.size(), 2U);
  ASSERT_EQ(results.shape().regions.size(), 1U);
  for (std::size_t t = 0; t < 2; ++t) {
    EXPECT_NEAR(results.score(diag::find_score("rmse"), 0, t, 0), rmse[t], 1e-9);
    EXPECT_NEAR(results.score(diag::find_score("crps_fair"), 0, t, 0), crps[t], 2e-5);
    EXPECT_TRUE(results.spectrum(0, t, diag::SpectrumOf::truth).empty());
  }
}

TEST_F(EnsembleFiles, OfAWindowAreWeightedByTheCosineOfLatitude) {
  const std::string yaml = fmt::format(
      "forecasts: [{}]\nvariables: [t2m=fcst]\ntruth: {{variables: [t2m=obs]}}\ncontrol: none\n",
      path("window.nc"));
  const diag::Verification results = verify(yaml);
  EXPECT_EQ(results.shape().grid.describe(), "regional 13x13");
  EXPECT_EQ(results.shape().grid.latitudes_deg().front(), 60.0);
  expect_numpy(results, path("window.nc"));
  EXPECT_EQ(failure(yaml + "report: {places: [{name: Here, latitude: 50, longitude: 0}]}\n").id(),
            "E2724");
  // The forecasts themselves are no truth.
  EXPECT_EQ(
      failure(
          fmt::format("forecasts: [{0}]\nvariables: [t2m=fcst]\ntruth: {{variables: [t2m=fcst]}}\n",
                      path("window.nc")))
          .id(),
      "E2723");
  EXPECT_EQ(failure(of_files("window.nc", "variables: [t850=fcst]\n")).id(), "E2036");
}

TEST_F(EnsembleFiles, OnAProjectionAndOfUnknownQuantitiesCountEveryPointAlike) {
  const std::string yaml = fmt::format(
      "forecasts: [{}]\nvariables: [pv320=fcst]\ntruth: {{variables: [pv320=obs]}}\ncontrol: "
      "none\n",
      path("plane.nc"));
  const diag::Verification results = verify(yaml);
  EXPECT_EQ(results.shape().channels[0].units, "K m2 kg-1 s-1");
  expect_numpy(results, path("plane.nc"));
}

}  // namespace
}  // namespace myriad::pipelines
