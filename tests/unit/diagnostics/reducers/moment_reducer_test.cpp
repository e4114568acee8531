#include "diagnostics/reducers/moment_reducer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "diagnostics/case_runner.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using test::map_of;
using test::reduce_in_tiles;
using test::Slab;

TEST(MomentReducer, AgreesWithPlainLoopsOverTheMembers) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  const Slab slab = test::gaussian_slab(axes, 23, 5);
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  const auto& mean = map_of(*reducer, reduced, 0, "z500_mean");
  const auto& stddev = map_of(*reducer, reduced, 0, "z500_stddev");
  for (std::size_t p = 0; p < mean.size(); ++p) {
    const auto x = test::column(slab, mean.size(), p);
    double sum = 0.0, squares = 0.0;
    for (double v : x) sum += v;
    for (double v : x) squares += (v - sum / 23.0) * (v - sum / 23.0);
    EXPECT_EQ(mean[p], static_cast<float>(sum / 23.0)) << p;
    EXPECT_FLOAT_EQ(stddev[p], static_cast<float>(std::sqrt(squares / 22.0))) << p;
  }
}

TEST(MomentReducer, EqualsTheMeanAndSpreadThatVerifyScoresBitForBit) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  const Slab slab = test::gaussian_slab(axes, 50, 6);
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 1);
  CaseFields fields;
  fields.nlat = axes.grid.nlat();
  fields.nlon = axes.grid.nlon();
  fields.members = 50;
  fields.ensemble = slab.values;
  const std::vector<float> truth(static_cast<std::size_t>(axes.grid.points()), 280.0F);
  fields.truth = truth;
  VerificationShape shape{axes.grid, standard_regions(), {{"z500", "", "m", ""}}, {0.0}};
  shape.members = 50;
  shape.rank_bins = 51;
  CaseRunner runner(test::backend(), shape, {});
  std::vector<float> mean(truth.size()), spread(truth.size());
  runner.begin(0, 0, 0);
  runner.add_rows(fields, 0, mean, spread);
  EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_mean"), mean);
  EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_stddev"), spread);
}

TEST(MomentReducer, ExtremesNameTheLowestMemberThatAttainsThem) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  Slab slab = test::gaussian_slab(axes, 40, 7, 2.0);  // steps of 2: every extreme is tied somewhere
  for (std::size_t i = 0; i < slab.members.size(); ++i)
    slab.members[i] = static_cast<std::uint32_t>(3 * i + 1);
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 4);
  int ties = 0;
  for (std::size_t p = 0; p < reduced.maps[0].size(); ++p) {
    const auto x = test::column(slab, reduced.maps[0].size(), p);
    std::size_t low = 0, high = 0;
    for (std::size_t i = 1; i < x.size(); ++i) {
      ties += x[i] == x[low] ? 1 : 0;
      if (x[i] < x[low]) low = i;
      if (x[i] > x[high]) high = i;
    }
    EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_min")[p], static_cast<float>(x[low]));
    EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_max")[p], static_cast<float>(x[high]));
    EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_min_member")[p],
              static_cast<float>(slab.members[low]));
    EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_max_member")[p],
              static_cast<float>(slab.members[high]));
  }
  EXPECT_GT(ties, 10);
}

TEST(MomentReducer, TilesOfRowsGiveTheBitsOfTheWholeGrid) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  for (std::int64_t members : {1, 2, 31}) {
    const Slab slab = test::gaussian_slab(axes, members, 8);
    const auto whole = reduce_in_tiles(*reducer, axes, slab, 6);
    for (std::int64_t rows : {1, 3, 4}) {
      EXPECT_EQ(reduce_in_tiles(*reducer, axes, slab, rows).maps, whole.maps) << rows;
    }
  }
}

TEST(MomentReducer, OneMemberIsItsOwnMeanAndBothExtremesWithoutSpread) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  Slab slab = test::gaussian_slab(axes, 1, 9);
  slab.members = {17};
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_mean"), slab.values);
  EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_min"), slab.values);
  EXPECT_EQ(map_of(*reducer, reduced, 0, "z500_max"), slab.values);
  for (float s : map_of(*reducer, reduced, 0, "z500_stddev")) EXPECT_EQ(s, 0.0F);
  for (float m : map_of(*reducer, reduced, 0, "z500_max_member")) EXPECT_EQ(m, 17.0F);
}

TEST(MomentReducer, AValueThatIsNotFiniteIsRefusedWithMemberAndPlace) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_moment_reducer(axes);
  for (float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    Slab slab = test::gaussian_slab(axes, 5, 1);
    slab.channel = 1;
    slab.lead = 1;
    slab.members = {0, 1, 7, 8, 9};
    slab.values[2 * 72 + 4 * 12 + 7] = bad;
    try {
      reduce_in_tiles(*reducer, axes, slab, 3);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2530");
      EXPECT_EQ(error.kind(), ErrorKind::quality);
      const std::string text = error.what();
      EXPECT_NE(text.find("member 7 of t850 at lead 24 h"), std::string::npos) << text;
      EXPECT_NE(text.find("row 4, column 7"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace myriad::diag
