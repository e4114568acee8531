#include "src/io/map_window.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/base/expect_error.hpp"

namespace myriad::io {
namespace {

const Grid k_grid(GridType::equiangular, 19, 36);  // 10 degrees

TEST(MapWindow, WholeGridIsTheGrid) {
  const MapWindow whole(k_grid);
  EXPECT_TRUE(whole.whole());
  EXPECT_EQ(whole.latitudes_deg(), k_grid.latitudes_deg());
  EXPECT_EQ(whole.longitudes_deg(), k_grid.longitudes_deg());
  EXPECT_EQ(whole.describe(), k_grid.describe());
}

TEST(MapWindow, BoxAcrossGreenwichTakesRowsAndColumnsInOrder) {
  const MapWindow box(k_grid, {30, 50, -20, 10});
  EXPECT_FALSE(box.whole());
  EXPECT_EQ(box.nlat(), 3);
  EXPECT_EQ(box.longitudes_deg(), (std::vector<double>{-20, -10, 0, 10}));
  EXPECT_EQ(box.row_edges_deg().size(), 4U);
  EXPECT_NEAR(box.row_edges_deg().front(), 55.0, 1e-9);
  std::vector<float> field(static_cast<std::size_t>(k_grid.points()));
  std::iota(field.begin(), field.end(), 0.0F);
  std::vector<float> out(12);
  box.cut(field, out);
  const std::vector<float> expected{4 * 36 + 34, 4 * 36 + 35, 4 * 36, 4 * 36 + 1, 5 * 36 + 34, 5 * 36 + 35, 5 * 36, 5 * 36 + 1,
                                    6 * 36 + 34, 6 * 36 + 35, 6 * 36, 6 * 36 + 1};
  EXPECT_EQ(out, expected);
  const std::vector<std::size_t> indices = box.indices();
  EXPECT_EQ(std::vector<float>(indices.begin(), indices.end()), expected);
}

TEST(MapWindow, BoxAcrossTheDateLineAndAFullTurn) {
  EXPECT_EQ(MapWindow(k_grid, {-90, 90, 170, -170}).longitudes_deg(), (std::vector<double>{170, 180, 190}));
  const MapWindow turn(k_grid, {-90, 90, -180, 180});
  EXPECT_EQ(turn.nlon(), 36);  // the meridian at both ends stands there once
  EXPECT_EQ(turn.longitudes_deg().front(), -180);
}

TEST(MapWindow, BoxBetweenTheGridPointsIsRefused) {
  test::expect_error([] { MapWindow(k_grid, {31, 39, 0, 360}); }, ErrorKind::config_invalid, "E2073");
  test::expect_error([] { MapWindow(k_grid, {0, 90, 11, 19}); }, ErrorKind::config_invalid, "E2073");
}

}  // namespace
}  // namespace myriad::io
