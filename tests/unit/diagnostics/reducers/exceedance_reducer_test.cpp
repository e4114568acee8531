#include "diagnostics/reducers/exceedance_reducer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "src/base/error.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using test::reduce_in_tiles;
using test::Slab;

TEST(ExceedanceReducer, CountsMembersStrictlyBeyondTheThreshold) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_exceedance_reducer(axes, {{"z500", Relation::above, 280.0, ""},
                                                      {"z500", Relation::below, 280.0, ""},
                                                      {"z500", Relation::above, 400.0, ""},
                                                      {"z500", Relation::below, 400.0, ""}});
  const Slab slab = test::gaussian_slab(axes, 60, 13, 2.0);  // many members equal 280
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  int equal = 0;
  for (std::size_t p = 0; p < 72; ++p) {
    int above = 0, below = 0;
    for (double x : test::column(slab, 72, p)) {
      above += x > 280.0 ? 1 : 0;
      below += x < 280.0 ? 1 : 0;
      equal += x == 280.0 ? 1 : 0;
    }
    EXPECT_EQ(reduced.maps[0][p], static_cast<float>(above / 60.0));
    EXPECT_EQ(reduced.maps[1][p], static_cast<float>(below / 60.0));
    EXPECT_EQ(reduced.maps[2][p], 0.0F);
    EXPECT_EQ(reduced.maps[3][p], 1.0F);
  }
  EXPECT_GT(equal, 100);
}

TEST(ExceedanceReducer, ConvertsTheThresholdAndSaysHowItWasGiven) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_exceedance_reducer(axes, {{"t850", Relation::below, -2.5, "degC"}});
  EXPECT_TRUE(reducer->fields(0).empty());
  const auto fields = reducer->fields(1);
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_EQ(fields[0].name, "t850_prob_below_m2p5_degC");
  const auto attribute = [&](const std::string& key) -> io::NcAttribute {
    for (const auto& [name, value] : fields[0].attributes) {
      if (name == key) return value;
    }
    return std::string("absent");
  };
  EXPECT_EQ(attribute("threshold"), io::NcAttribute(-2.5));
  EXPECT_EQ(attribute("threshold_units"), io::NcAttribute(std::string("degC")));
  EXPECT_EQ(attribute("relation"), io::NcAttribute(std::string("below")));
  EXPECT_EQ(attribute("units"), io::NcAttribute(std::string("1")));
  Slab slab;
  slab.channel = 1;
  for (float v : {270.0F, 270.7F, 271.0F, 260.0F}) {  // the threshold is 270.65 K
    slab.members.push_back(static_cast<std::uint32_t>(slab.members.size()));
    slab.values.insert(slab.values.end(), 72, v);
  }
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  for (float share : reduced.maps[0]) EXPECT_EQ(share, 0.5F);
}

TEST(ExceedanceReducer, TilesOfRowsGiveTheBitsOfTheWholeGrid) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_exceedance_reducer(
      axes, {{"z500", Relation::above, 280.0, ""}, {"z500", Relation::below, 276.0, ""}});
  for (std::int64_t members : {1, 2, 37}) {
    const Slab slab = test::gaussian_slab(axes, members, 4, 0.5);
    const auto whole = reduce_in_tiles(*reducer, axes, slab, 6);
    for (std::int64_t rows : {1, 3, 4})
      EXPECT_EQ(reduce_in_tiles(*reducer, axes, slab, rows).maps, whole.maps) << rows;
  }
}

TEST(ExceedanceReducer, RefusesUnknownChannelsUnitsAndRepetitions) {
  const StatisticsAxes axes = test::small_axes();
  const Threshold good{"t850", Relation::above, 280.0, ""};
  for (const std::vector<Threshold>& bad :
       {std::vector<Threshold>{{"u850", Relation::above, 10.0, ""}},
        {{"t850", Relation::above, 10.0, "m s-1"}},
        {{"t850", Relation::above, std::numeric_limits<double>::quiet_NaN(), ""}},
        {good, {"t850", Relation::above, 280.0, "K"}}}) {
    try {
      make_exceedance_reducer(axes, bad);
      FAIL() << bad[0].channel;
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2532") << error.what();
      EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    }
  }
}

}  // namespace
}  // namespace myriad::diag
