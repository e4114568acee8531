#include "diagnostics/reducers/score_reducer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/score_file.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/diagnostics/fields.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using myriad::test::TemporaryDirectory;
using test::map_of;
using test::Reduced;
using test::Slab;

constexpr std::size_t k_points = 72;

std::vector<float> random_field(std::uint64_t seed) {
  std::vector<float> out;
  for (double draw : test::normals(k_points, seed))
    out.push_back(static_cast<float>(280.0 + 4.0 * draw));
  return out;
}

/// A climate of z500 whose mean is 280 and whose deviation is 4.
std::shared_ptr<const Climatology> constant_climate(const StatisticsAxes& axes) {
  const TemporaryDirectory folder;
  const std::string path = (folder / "c.nc").string();
  auto file = io::NetcdfFile::create(path);
  const int one = file.define_dimension("coef", 1);
  const int lat_d = file.define_dimension("lat", axes.grid.nlat());
  const int lon_d = file.define_dimension("lon", axes.grid.nlon());
  const int lat = file.define_variable("lat", io::NcType::f64, {lat_d});
  const int lon = file.define_variable("lon", io::NcType::f64, {lon_d});
  const int mean = file.define_variable("clim_z500", io::NcType::f64, {one, lat_d, lon_d});
  const int deviation = file.define_variable("std_z500", io::NcType::f64, {lat_d, lon_d});
  for (int id : {mean, deviation}) file.put_attribute(id, "units", std::string("m2 s-2"));
  file.end_definitions();
  const std::int64_t nlat = axes.grid.nlat(), nlon = axes.grid.nlon();
  const auto put = [&](int id, const std::vector<std::int64_t>& count,
                       const std::vector<double>& values) {
    const std::vector<std::int64_t> start(count.size(), 0);
    file.write(id, start, count, std::span<const double>(values));
  };
  put(lat, {nlat}, axes.grid.latitudes_deg());
  put(lon, {nlon}, axes.grid.longitudes_deg());
  put(mean, {1, nlat, nlon}, std::vector<double>(k_points, 280.0));
  put(deviation, {nlat, nlon}, std::vector<double>(k_points, 4.0));
  file.close();
  return std::make_shared<Climatology>(path, axes.grid, axes.channels);
}

/// Truth at 24 h only; the analysis at the start is that of seed 1.
VerifyingFields verifying(std::uint64_t seed = 77) {
  VerifyingFields fields;
  fields.truth = [seed](std::size_t channel, std::size_t lead, std::span<float> out) {
    if (lead == 0) return false;
    const auto truth = random_field(seed + channel);
    std::copy(truth.begin(), truth.end(), out.begin());
    return true;
  };
  fields.analysis = [](std::size_t, std::span<float> out) {
    const auto analysis = random_field(1);
    std::copy(analysis.begin(), analysis.end(), out.begin());
    return true;
  };
  return fields;
}

ScoreOptions options_for(int members, ControlMember control = ControlMember::exclude) {
  ScoreOptions options;
  options.members = members;
  options.control = control;
  options.cases.seed = 5;
  options.cases.spectrum_members = 3;
  options.health.emplace();
  options.health->seed = 9;
  options.checkpoint_of = [](std::uint32_t member) { return static_cast<int>(member / 2 % 3); };
  return options;
}

Slab slab_at_24h(const StatisticsAxes& axes, std::int64_t members, std::uint64_t seed,
                 double step = 0.0) {
  Slab slab = test::gaussian_slab(axes, members, seed, step);
  slab.lead = 1;
  return slab;
}

/// What `myriad verify` stores for the same members: whole fields through CaseRunner.
StartRecord verified(const StatisticsAxes& axes, const VerificationShape& shape, const Slab& slab,
                     const ScoreOptions& options, const VerifyingFields& fields) {
  CaseRunner runner(test::backend(), shape, options.cases);
  StartRecord record(shape);
  const bool exclude = options.control == ControlMember::exclude;
  std::vector<float> truth(k_points), analysis(k_points), climate(k_points), mean(k_points);
  fields.truth(slab.channel, slab.lead, truth);
  fields.analysis(slab.channel, analysis);
  CaseFields c;
  c.nlat = axes.grid.nlat();
  c.nlon = axes.grid.nlon();
  c.members = static_cast<std::int64_t>(slab.members.size()) - (exclude ? 1 : 0);
  c.ensemble = std::span(slab.values).subspan(exclude ? k_points : 0);
  c.truth = truth;
  c.persistence = analysis;
  if (options.control != ControlMember::none) c.control = std::span(slab.values).first(k_points);
  if (fields.climate) {
    fields.climate->mean(slab.channel, axes.start + axes.leads[slab.lead], climate);
    c.climate_mean = climate;
    c.climate_std = fields.climate->deviation(slab.channel);
  }
  runner.begin(slab.channel, slab.lead,
               case_number(axes.start, axes.channels[slab.channel].name, axes.leads[slab.lead]));
  runner.add_rows(c, 0, mean);
  SpectrumFields spectra;
  spectra.truth = truth;
  spectra.mean = mean;
  spectra.control = c.control;
  spectra.persistence = analysis;
  if (fields.climate) spectra.climate_mean = climate;
  spectra.members = c.members;
  spectra.member = [&](std::int64_t i, std::span<float> out) {
    std::copy_n(c.ensemble.begin() + i * static_cast<std::int64_t>(k_points), k_points,
                out.begin());
  };
  runner.store_spectra(slab.channel, slab.lead, spectra, record);
  runner.finish(record);
  if (!shape.health) return record;
  std::vector<int> checkpoints;
  for (std::size_t m = exclude ? 1 : 0; m < slab.members.size(); ++m)
    checkpoints.push_back(options.checkpoint_of(slab.members[m]));
  MemberHealth health(axes.grid, shape.channels.size(), shape.lead_hours.size(), c.members, number_groups(checkpoints),
                      *options.health);
  health.add_rows(slab.channel, slab.lead, 0, axes.grid.nlat(), c.ensemble);
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    const auto numbers = health.judge(t).numbers();
    std::copy(numbers.begin(), numbers.end(), record.health(t).begin());
  }
  return record;
}

/// Bits of two records, absent values being equal to each other.
void expect_equal(StartRecord a, StartRecord b, const std::string& what) {
  ASSERT_EQ(a.data().size(), b.data().size()) << what;
  for (std::size_t i = 0; i < a.data().size(); ++i) {
    if (std::isnan(a.data()[i]) && std::isnan(b.data()[i])) continue;
    ASSERT_EQ(a.data()[i], b.data()[i]) << what << ", number " << i;
  }
}

TEST(ScoreReducer, EqualsAVerificationOfTheSameMembersBitForBitWhateverTheTiles) {
  const StatisticsAxes axes = test::small_axes();
  for (auto control : {ControlMember::exclude, ControlMember::include, ControlMember::none}) {
    for (std::int64_t members : {3, 4, 33, 150}) {
      for (double step : {0.0, 1.0}) {  // 1: ties with the truth
        VerifyingFields fields = verifying();
        if (step > 0.0) {
          fields.truth = [](std::size_t, std::size_t, std::span<float> out) {
            const auto truth = random_field(77);
            for (std::size_t p = 0; p < k_points; ++p) out[p] = std::round(truth[p]);
            return true;
          };
        }
        fields.climate = constant_climate(axes);
        const ScoreOptions options = options_for(static_cast<int>(members), control);
        const Slab slab = slab_at_24h(axes, members, 21, step);
        for (std::int64_t rows : {6, 4, 3, 1}) {
          ScoreReducer reducer(test::backend(), axes, fields, options);
          reduce_in_tiles(reducer, axes, slab, rows);
          const auto shape = reducer.shape();
          EXPECT_EQ(shape.members, members - (control == ControlMember::exclude ? 1 : 0));
          expect_equal(reducer.record(shape), verified(axes, shape, slab, options, fields),
                       std::to_string(members) + " members, tiles of " + std::to_string(rows));
        }
      }
    }
  }
}

TEST(ScoreReducer, GivesTheWorkedExampleOfFourMembers) {
  const StatisticsAxes axes = test::small_axes();
  VerifyingFields fields;
  fields.truth = [](std::size_t, std::size_t, std::span<float> out) {
    std::fill(out.begin(), out.end(), 3.0F);
    return true;
  };
  ScoreReducer reducer(test::backend(), axes, fields, options_for(4, ControlMember::none));
  Slab slab;
  for (float v : {1.0F, 2.0F, 4.0F, 7.0F}) {
    slab.members.push_back(static_cast<std::uint32_t>(slab.members.size() + 5));
    slab.values.insert(slab.values.end(), k_points, v);
  }
  const Reduced reduced = reduce_in_tiles(reducer, axes, slab, 2);
  const Verification results = reducer.verification();
  const auto score = [&](const char* name) { return results.score(find_score(name), 0, 0, 0); };
  EXPECT_NEAR(score("crps_standard"), 0.75, 1e-14);
  EXPECT_NEAR(score("crps_fair"), 1.0 / 3.0, 1e-14);
  EXPECT_NEAR(score("bias"), 0.5, 1e-14);
  EXPECT_NEAR(score("best_member_error"), 1.0, 1e-14);
  EXPECT_NEAR(score("outlier_rate"), 0.0, 1e-14);
  EXPECT_TRUE(std::isnan(score("acc")));
  const auto ranks = results.rank_histogram(0, 0, 0);
  ASSERT_EQ(ranks.size(), 5U);
  EXPECT_NEAR(ranks[2], 1.0, 1e-14);
  for (float error : map_of(reducer, reduced, 0, "z500_best_error")) EXPECT_EQ(error, 1.0F);
  for (float best : map_of(reducer, reduced, 0, "z500_best_member")) EXPECT_EQ(best, 6.0F);
}

TEST(ScoreReducer, NamesTheNearestMemberAtEveryPoint) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(30));
  Slab slab = slab_at_24h(axes, 30, 9);
  const Reduced reduced = reduce_in_tiles(reducer, axes, slab, 4);
  const auto truth = random_field(77);
  for (std::size_t p = 0; p < k_points; ++p) {
    const auto x = test::column(slab, k_points, p);
    std::size_t best = 1;  // member 0 is the control
    const auto error = [&](std::size_t i) {
      return std::abs(x[i] - static_cast<double>(truth[p]));
    };
    for (std::size_t i = 2; i < x.size(); ++i) {
      if (error(i) < error(best)) best = i;
    }
    EXPECT_EQ(reduced.maps[1][p], static_cast<float>(best));
    EXPECT_FLOAT_EQ(reduced.maps[0][p], static_cast<float>(error(best)));
  }
}

TEST(ScoreReducer, LeavesOutACaseThatNothingVerifies) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(6));
  Slab slab = slab_at_24h(axes, 6, 9);
  reduce_in_tiles(reducer, axes, slab, 3);
  slab.lead = 0;
  const Reduced reduced = reduce_in_tiles(reducer, axes, slab, 3);
  for (float v : reduced.maps[0]) EXPECT_TRUE(std::isnan(v));
  for (float v : reduced.maps[1]) EXPECT_EQ(v, -1.0F);
  for (const ReducedField& field : reducer.fields(0)) EXPECT_TRUE(field.may_be_missing);
  EXPECT_EQ(reducer.scored(), 1U);
  EXPECT_EQ(reducer.unverified(), (std::set<std::pair<std::size_t, std::size_t>>{{0, 0}}));
  const Verification results = reducer.verification();
  EXPECT_TRUE(std::isnan(results.score(find_score("rmse"), 0, 0, 0)));
  EXPECT_TRUE(std::isfinite(results.score(find_score("rmse"), 0, 1, 0)));
  EXPECT_TRUE(results.rank_histogram(0, 0, 0).empty());
}

TEST(ScoreReducer, OneMemberIsScoredWithoutSpreadAndRanks) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(1, ControlMember::none));
  reduce_in_tiles(reducer, axes, slab_at_24h(axes, 1, 9), 3);
  const Verification results = reducer.verification();
  EXPECT_DOUBLE_EQ(results.score(find_score("crps_standard"), 0, 1, 0),
                   results.score(find_score("mae"), 0, 1, 0));
  EXPECT_NEAR(results.score(find_score("best_member_error"), 0, 1, 0),
              results.score(find_score("mae"), 0, 1, 0), 1e-6);
  EXPECT_TRUE(std::isnan(results.score(find_score("spread"), 0, 1, 0)));
  EXPECT_TRUE(std::isnan(results.score(find_score("outlier_rate"), 0, 1, 0)));
  EXPECT_TRUE(results.rank_histogram(0, 1, 0).empty());
}

TEST(ScoreReducer, OnlyTheControlLeavesNothingToScore) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(2));
  reduce_in_tiles(reducer, axes, slab_at_24h(axes, 1, 9), 3);
  EXPECT_EQ(reducer.scored(), 0U);
  EXPECT_EQ(reducer.unverified().size(), 1U);
}

TEST(ScoreReducer, AMemberThatFailedOnTheWayCountsAsLongAsItLived) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(6, ControlMember::none));
  Slab slab = slab_at_24h(axes, 6, 9);
  reduce_in_tiles(reducer, axes, slab, 3);
  slab.channel = 1;
  slab.members = {0, 1, 2, 4, 5};
  slab.values.resize(5 * k_points);
  reduce_in_tiles(reducer, axes, slab, 3);
  const Verification results = reducer.verification();
  EXPECT_EQ(results.shape().members, 5);
  EXPECT_EQ(results.shape().rank_bins, 6);
  EXPECT_TRUE(std::isfinite(results.score(find_score("crps_fair"), 0, 1, 0)));
  EXPECT_TRUE(results.rank_histogram(0, 1, 0).empty());
  EXPECT_EQ(results.rank_histogram(1, 1, 0).size(), 6U);
}

TEST(ScoreReducer, JudgesTheMembersOverAllChannelsOfALead) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(12));
  MemberHealth health(axes.grid, 2, 2, 11, {0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}, *options_for(12).health);
  for (std::size_t channel : {1U, 0U}) {  // in whatever order
    Slab slab = slab_at_24h(axes, 12, 9 + channel);
    slab.channel = channel;
    // Member 7 repeats member 3 but for a little noise.
    for (std::size_t p = 0; p < k_points; ++p) slab.values[7 * k_points + p] = slab.values[3 * k_points + p] + (p % 2 == 0 ? 0.01F : 0.0F);
    reduce_in_tiles(reducer, axes, slab, 4);
    health.add_rows(channel, 1, 0, axes.grid.nlat(), std::span(slab.values).subspan(k_points));
    slab.lead = 0;  // nothing verifies it
    reduce_in_tiles(reducer, axes, slab, 4);
  }
  const Verification results = reducer.verification();
  EXPECT_EQ(results.lead_result("health_duplicates")[1], 1.0);
  EXPECT_TRUE(std::isnan(results.lead_result("health_duplicates")[0]));
  EXPECT_EQ(results.lead_result("health_nearest_ratio")[1], health.judge(1).nearest_ratio);
  EXPECT_NEAR(results.lead_result("health_order_p")[1], health.judge(1).order_p, 1e-12) << "Fisher's method of one start";
  const auto found = LeadHealth::from(results.health(1));
  EXPECT_EQ(found.numbers(), health.judge(1).numbers());
  EXPECT_EQ(found.first, 2.0) << "among the scored ones, without the control";
  EXPECT_EQ(found.second, 6.0);
}

TEST(ScoreReducer, DoesNotJudgeMembersThatWereLostBetweenChannelsNorTwoOfThem) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(6, ControlMember::none));
  Slab slab = slab_at_24h(axes, 6, 9);
  reduce_in_tiles(reducer, axes, slab, 3);
  EXPECT_TRUE(std::isfinite(reducer.verification().lead_result("health_nearest_ratio")[1]));
  slab.channel = 1;
  slab.members = {0, 1, 2, 4, 5};
  slab.values.resize(5 * k_points);
  reduce_in_tiles(reducer, axes, slab, 3);
  EXPECT_TRUE(std::isnan(reducer.verification().lead_result("health_nearest_ratio")[1]));
  for (std::size_t channel : {0U, 1U}) {
    slab.channel = channel;
    slab.members = {1, 4};
    slab.values.resize(2 * k_points);
    reduce_in_tiles(reducer, axes, slab, 3);
  }
  EXPECT_TRUE(std::isnan(reducer.verification().lead_result("health_nearest_ratio")[1]));
}

TEST(ScoreReducer, LeavesMembersUnjudgedWhenNotAsked) {
  const StatisticsAxes axes = test::small_axes();
  ScoreOptions options = options_for(6);
  options.health.reset();
  ScoreReducer reducer(test::backend(), axes, verifying(), options);
  reduce_in_tiles(reducer, axes, slab_at_24h(axes, 6, 9), 3);
  EXPECT_TRUE(reducer.verification().lead_result("health_nearest_ratio").empty());
  EXPECT_LT(reducer.record_size(1), ScoreReducer(test::backend(), axes, verifying(), options_for(6)).record_size(1));
}

TEST(ScoreReducer, FinishingACaseAgainChangesNothing) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(6));
  const Slab slab = slab_at_24h(axes, 6, 9);
  const Reduced reduced = reduce_in_tiles(reducer, axes, slab, 3);
  const auto before = reducer.record(reducer.shape());
  reducer.finish_case(0, 1, reduced.all_maps(), reduced.tile_rows, reduced.record);
  expect_equal(before, reducer.record(reducer.shape()), "second time");
}

TEST(ScoreReducer, RefusesATruthThatIsNotFinite) {
  const StatisticsAxes axes = test::small_axes();
  VerifyingFields fields = verifying();
  fields.truth = [](std::size_t, std::size_t, std::span<float> out) {
    std::fill(out.begin(), out.end(), 1.0F);
    out[3 * 12 + 7] = std::nanf("");
    return true;
  };
  ScoreReducer reducer(test::backend(), axes, fields, options_for(6));
  try {
    reduce_in_tiles(reducer, axes, slab_at_24h(axes, 6, 9), 2);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2510");
    EXPECT_NE(std::string(error.what()).find("row 3, column 7"), std::string::npos) << error.what();
  }
}

TEST(ScoreReducer, FillsAScoreFile) {
  const StatisticsAxes axes = test::small_axes();
  ScoreReducer reducer(test::backend(), axes, verifying(), options_for(12));
  reduce_in_tiles(reducer, axes, slab_at_24h(axes, 12, 9), 3);
  const TemporaryDirectory folder;
  const Verification results = reducer.verification();
  write_score_file(results, folder / "scores.nc", {{"title", std::string("test")}},
                   Existing::refuse);
  const auto file = io::NetcdfFile::open((folder / "scores.nc").string());
  const auto fair = file.read_values(file.require("z500_crps_fair"));
  EXPECT_EQ(fair[1], results.score(find_score("crps_fair"), 0, 1, 0));
  EXPECT_NE(file.find("z500_outlier_rate"), nullptr);
  EXPECT_NE(file.find("z500_best_member_error"), nullptr);
  EXPECT_NE(file.find("z500_spectrum_members"), nullptr);
}

}  // namespace
}  // namespace myriad::diag
