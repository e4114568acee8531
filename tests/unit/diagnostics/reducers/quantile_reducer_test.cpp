#include "diagnostics/reducers/quantile_reducer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/reducers/exceedance_reducer.hpp"
#include "diagnostics/reducers/moment_reducer.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using test::map_of;
using test::reduce_in_tiles;
using test::Slab;

/// Quantiles of 15, 20, 35, 40, 50 at a single point of every row of a grid of constants.
float quantile_of_five(double p, QuantileDefinition definition) {
  const StatisticsAxes axes = test::small_axes();
  Slab slab;
  for (float v : {40.0F, 15.0F, 50.0F, 20.0F, 35.0F}) {
    slab.members.push_back(static_cast<std::uint32_t>(slab.members.size()));
    slab.values.insert(slab.values.end(), 72, v);
  }
  const auto reducer = make_quantile_reducer(axes, {{p}, definition});
  return reduce_in_tiles(*reducer, axes, slab, 6).maps[0][40];
}

TEST(QuantileReducer, DefinitionsGiveTheirWorkedValuesOfFiveMembers) {
  using enum QuantileDefinition;
  EXPECT_FLOAT_EQ(quantile_of_five(0.4, hyndman_fan_7), 29.0F);   // h = 2.6
  EXPECT_FLOAT_EQ(quantile_of_five(0.4, hyndman_fan_6), 26.0F);   // h = 2.4
  EXPECT_FLOAT_EQ(quantile_of_five(0.4, hyndman_fan_8), 27.0F);   // h = 2.46667
  EXPECT_FLOAT_EQ(quantile_of_five(0.05, hyndman_fan_7), 16.0F);  // h = 1.2
  EXPECT_FLOAT_EQ(quantile_of_five(0.05, hyndman_fan_6), 15.0F);  // h = 0.3 is kept at 1
  EXPECT_FLOAT_EQ(quantile_of_five(0.99, hyndman_fan_8), 50.0F);
  for (auto definition : {hyndman_fan_6, hyndman_fan_7, hyndman_fan_8}) {
    EXPECT_EQ(quantile_of_five(0.5, definition), 35.0F);
    EXPECT_EQ(quantile_of_five(0.0, definition), 15.0F);
    EXPECT_EQ(quantile_of_five(1.0, definition), 50.0F);
  }
}

TEST(QuantileReducer, AgreesWithPlainSortingAtEveryPoint) {
  const StatisticsAxes axes = test::small_axes(5, 30);  // 150 points: blocks of 64 and a rest
  const QuantileOptions options{{0.0, 0.01, 0.1, 0.5, 0.9, 0.975, 1.0},
                                QuantileDefinition::hyndman_fan_7};
  const auto reducer = make_quantile_reducer(axes, options);
  for (std::int64_t members : {1, 2, 3, 33, 100}) {
    for (double step : {0.0, 2.0}) {  // 2: many ties
      const Slab slab = test::gaussian_slab(axes, members, 21, step);
      const auto reduced = reduce_in_tiles(*reducer, axes, slab, 5);
      for (std::size_t p = 0; p < 150; ++p) {
        auto x = test::column(slab, 150, p);
        std::sort(x.begin(), x.end());
        for (std::size_t q = 0; q < options.probabilities.size(); ++q) {
          const double h = options.probabilities[q] * static_cast<double>(members - 1);
          const auto low = static_cast<std::size_t>(std::floor(h));
          const std::size_t high = std::min(low + 1, x.size() - 1);
          const double wanted = x[low] + (h - std::floor(h)) * (x[high] - x[low]);
          EXPECT_EQ(reduced.maps[q][p], static_cast<float>(wanted)) << p << " " << q;
        }
      }
    }
  }
}

TEST(QuantileReducer, ExtremeQuantilesAreMinimumAndMaximum) {
  const StatisticsAxes axes = test::small_axes();
  const auto quantiles = make_quantile_reducer(axes, {{0.0, 1.0}});
  const auto moments = make_moment_reducer(axes);
  const Slab slab = test::gaussian_slab(axes, 17, 3);
  const auto q = reduce_in_tiles(*quantiles, axes, slab, 6);
  const auto m = reduce_in_tiles(*moments, axes, slab, 6);
  EXPECT_EQ(q.maps[0], map_of(*moments, m, 0, "z500_min"));
  EXPECT_EQ(q.maps[1], map_of(*moments, m, 0, "z500_max"));
}

TEST(QuantileReducer, TilesOfRowsGiveTheBitsOfTheWholeGrid) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_quantile_reducer(axes, {{0.1, 0.25, 0.5, 0.9}});
  for (std::int64_t members : {1, 2, 37}) {
    const Slab slab = test::gaussian_slab(axes, members, 4, 0.5);
    const auto whole = reduce_in_tiles(*reducer, axes, slab, 6);
    for (std::int64_t rows : {1, 3, 4})
      EXPECT_EQ(reduce_in_tiles(*reducer, axes, slab, rows).maps, whole.maps) << rows;
  }
}

TEST(QuantileReducer, DoesNotTellMinusZeroFromZero) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_quantile_reducer(axes, {{0.0, 0.5, 1.0}});
  Slab slab;
  for (float v : {-0.0F, 0.0F, -0.0F}) {
    slab.members.push_back(static_cast<std::uint32_t>(slab.members.size()));
    slab.values.insert(slab.values.end(), 72, v);
  }
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  for (const auto& map : reduced.maps) {
    for (float v : map) EXPECT_FALSE(std::signbit(v));
  }
}

TEST(QuantileReducer, NamesItsMapsAfterPercentagesAndItsEstimatorInWords) {
  const auto reducer = make_quantile_reducer(test::small_axes(), {{0.025, 0.07, 0.5}});
  const auto fields = reducer->fields(1);
  EXPECT_EQ(fields[0].name, "t850_p2p5");
  EXPECT_EQ(fields[1].name, "t850_p7");
  EXPECT_EQ(fields[2].name, "t850_p50");
  bool found = false;
  for (const auto& [key, value] : fields[0].attributes) {
    if (key != "MYRIAD_estimator") continue;
    found = true;
    EXPECT_NE(std::get<std::string>(value).find("Hyndman and Fan type 7"), std::string::npos);
  }
  EXPECT_TRUE(found);
}

TEST(QuantileReducer, RefusesPercentagesAndRepetitions) {
  for (const std::vector<double>& bad :
       {std::vector<double>{90.0}, {-0.1}, {0.5, 0.5}, {std::nan("")}}) {
    try {
      make_quantile_reducer(test::small_axes(), {bad});
      FAIL() << bad[0];
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2531");
      EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    }
  }
}

TEST(ReduceTile, GivesEveryReducerTheBitsItHasAloneWhateverRowsGoTogether) {
  const StatisticsAxes axes = test::small_axes(40, 64);
  const QuantileOptions quantiles{{0.1, 0.9}};
  const std::vector<Threshold> thresholds{{"z500", Relation::above, 281.0, ""},
                                          {"t850", Relation::below, 0.0, "degC"}};
  std::vector<std::unique_ptr<Reducer>> reducers;
  reducers.push_back(make_quantile_reducer(axes, quantiles));
  reducers.push_back(make_exceedance_reducer(axes, thresholds));
  Slab slab = test::gaussian_slab(axes, 150, 8);
  const auto members = static_cast<std::int64_t>(slab.members.size());
  MemberColumns columns(test::backend());
  const std::int64_t at_once = MemberColumns::rows_at_once(test::backend(), members, 64);
  ASSERT_GT(at_once, 1);
  ASSERT_LT(at_once, 40);  // several pieces, the last one shorter
  ASSERT_NE(40 % at_once, 0);
  for (std::size_t channel : {0U, 1U}) {
    slab.channel = channel;
    const EnsembleTile tile{channel, 0, 0, 40, 64, slab.members, slab.values, 40 * 64};
    std::vector<std::vector<float>> maps;
    std::vector<std::vector<double>> records;
    reduce_tile(reducers, tile, columns, maps, records);
    ASSERT_EQ(maps.size(), 2U);
    EXPECT_EQ(maps[0], reduce_in_tiles(*reducers[0], axes, slab, 7).all_maps());
    EXPECT_EQ(maps[1], reduce_in_tiles(*reducers[1], axes, slab, 40).all_maps());
    EXPECT_TRUE(records[0].empty() && records[1].empty());
  }
}

TEST(ReduceTile, RefusesAValueThatIsNotFinite) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_quantile_reducer(axes, {{0.5}});
  Slab slab = test::gaussian_slab(axes, 3, 8);
  slab.values.back() = std::nanf("");
  EXPECT_THROW(reduce_in_tiles(*reducer, axes, slab, 6), Error);
}

}  // namespace
}  // namespace myriad::diag
