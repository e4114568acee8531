#include "src/grid/grid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "src/base/error.hpp"

namespace myriad {
namespace {

TEST(Grid, QuarterDegreeGridHasPolesAndQuarterDegreeSteps) {
  const Grid grid(GridType::equiangular, 721, 1440);
  const std::vector<double> latitudes = grid.latitudes_deg();
  for (std::size_t k = 0; k < latitudes.size(); ++k) {
    EXPECT_NEAR(latitudes[k], 90.0 - 0.25 * static_cast<double>(k), 1e-12);
  }
  EXPECT_EQ(latitudes[360], 0.0);
  EXPECT_EQ(grid.longitudes_deg().front(), 0.0);
  EXPECT_EQ(grid.longitudes_deg().back(), 359.75);
}

TEST(Grid, LatitudesAreExactlyMirrored) {
  for (const GridType type : {GridType::equiangular, GridType::legendre_gauss, GridType::lobatto}) {
    for (const std::int64_t nlat : {31, 32}) {
      const std::vector<double> latitudes = Grid(type, nlat, 4).latitudes_deg();
      for (std::size_t k = 0; k < latitudes.size(); ++k) {
        EXPECT_EQ(latitudes[k], -latitudes[latitudes.size() - 1 - k]);
      }
    }
  }
}

TEST(Grid, RowWeightsSumToOne) {
  const std::vector<double> weights = Grid(GridType::legendre_gauss, 32, 64).row_weights();
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-14);
}

TEST(Grid, NamesRoundTripAndUnknownOnesAreRefused) {
  for (const GridType type : {GridType::equiangular, GridType::legendre_gauss, GridType::lobatto}) {
    EXPECT_EQ(grid_type_from_string(to_string(type)), type);
  }
  try {
    grid_type_from_string("gaussian");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    EXPECT_THAT(error.what(), testing::HasSubstr("legendre-gauss"));
  }
}

TEST(Grid, DetectionFindsEveryKindOfGrid) {
  for (const GridType type : {GridType::equiangular, GridType::legendre_gauss, GridType::lobatto}) {
    for (const std::int64_t nlat : {3, 48, 121}) {
      const Grid grid(type, nlat, 2 * nlat);
      std::vector<double> latitudes = grid.latitudes_deg();
      // Coordinates in files are often float32 or rounded to a few digits.
      for (double& latitude : latitudes)
        latitude = static_cast<double>(static_cast<float>(latitude)) + 4e-4;
      const Grid found = detect_grid(latitudes, 2 * nlat);
      if (nlat > 3) {
        EXPECT_EQ(found, grid) << grid.describe() << " taken for " << found.describe();
      }
    }
  }
}

TEST(Grid, DetectionOfLargeGridsIsExactAfterACheapFirstLook) {
  for (const GridType type : {GridType::equiangular, GridType::legendre_gauss, GridType::lobatto}) {
    for (const std::int64_t nlat : {513, 721, 1280}) {
      const Grid grid(type, nlat, 8);
      std::vector<double> latitudes = grid.latitudes_deg();
      EXPECT_EQ(detect_grid(latitudes, 8), grid) << grid.describe();
      latitudes[9] += 2e-3;
      EXPECT_THROW(detect_grid(latitudes, 8), Error)
          << "within the first look, not within the tolerance";
    }
  }
}

TEST(Grid, DetectionRefusesAFileOfManyUselessLatitudesAtOnce) {
  // Computing exact nodes of so many rows would take minutes.
  for (const std::size_t count : {std::size_t{8192}, std::size_t{1000000}}) {
    std::vector<double> latitudes(count);
    for (std::size_t k = 0; k < count; ++k) {
      latitudes[k] = 90.0 - 180.0 * (static_cast<double>(k) + 0.4) / static_cast<double>(count);
    }
    EXPECT_THROW(detect_grid(latitudes, 8), Error) << count;
  }
}

TEST(Grid, DetectionNamesTheFirstRowThatFitsNoGrid) {
  std::vector<double> latitudes = Grid(GridType::legendre_gauss, 32, 64).latitudes_deg();
  latitudes[7] += 0.01;
  try {
    detect_grid(latitudes, 64);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
    EXPECT_THAT(error.what(), testing::HasSubstr("row 7"));
    EXPECT_THAT(error.what(), testing::HasSubstr("legendre-gauss"));
  }
}

TEST(Grid, AWindowCountsWithTheCosineOfLatitude) {
  const Grid window = Grid::window({60.0, 30.0, 0.0}, {350.0, 355.0, 0.0, 5.0});
  EXPECT_FALSE(window.is_global());
  EXPECT_EQ(window.nlat(), 3);
  EXPECT_EQ(window.nlon(), 4);
  const double total = 0.5 + std::sqrt(0.75) + 1.0;
  const std::vector<double> weights = window.row_weights();
  EXPECT_NEAR(weights[0], 0.5 / total, 1e-15);
  EXPECT_NEAR(weights[1], std::sqrt(0.75) / total, 1e-15);
  EXPECT_NEAR(weights[2], 1.0 / total, 1e-15);
  EXPECT_EQ(window.describe(), "regional 3x4");
  // Longitudes count modulo 360; another place, size or spacing is another grid.
  EXPECT_EQ(window, Grid::window({60.0, 30.0, 0.0}, {-10.0, -5.0, 0.0, 5.0}));
  EXPECT_FALSE(window == Grid::window({60.0, 30.0, 0.0}, {-9.0, -4.0, 1.0, 6.0}));
  EXPECT_FALSE(window == Grid::window({61.0, 31.0, 1.0}, {-10.0, -5.0, 0.0, 5.0}));
  EXPECT_FALSE(window == Grid(GridType::legendre_gauss, 3, 4));
}

TEST(Grid, WhatIsNoWindowIsRefused) {
  for (const auto& [latitudes, longitudes] : {std::pair<std::vector<double>, std::vector<double>>{{}, {0.0}},
                                              {{0.0, 10.0}, {0.0}},
                                              {{20.0, 10.0, 5.0}, {0.0}},
                                              {{95.0, 85.0}, {0.0}},
                                              {{20.0, 10.0}, {0.0, 10.0, 15.0}},
                                              {{20.0, 10.0}, {0.0, 120.0, 240.0, 360.0}},
                                              {{std::numeric_limits<double>::quiet_NaN()}, {0.0}}}) {
    try {
      Grid::window(latitudes, longitudes);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2205");
    }
  }
}

TEST(Grid, PointsCountAlikeAndAreToldApartByTheirCoordinates) {
  const Grid plane = Grid::points({4000.0, 2000.0}, {0.0, 2000.0, 4000.0});
  EXPECT_FALSE(plane.is_global());
  EXPECT_EQ(plane.row_weights(), (std::vector<double>{0.5, 0.5}));
  EXPECT_TRUE(std::isnan(plane.latitudes_deg()[1]));
  EXPECT_EQ(plane, Grid::points({4000.0, 2000.0}, {0.0, 2000.0, 4000.0}));
  EXPECT_FALSE(plane == Grid::points({6000.0, 4000.0}, {0.0, 2000.0, 4000.0}));
  EXPECT_FALSE(plane == Grid::window({20.0, 10.0}, {0.0, 10.0, 20.0}));
}

TEST(Grid, DetectionRefusesSouthToNorthAndNan) {
  std::vector<double> latitudes = Grid(GridType::equiangular, 19, 36).latitudes_deg();
  std::vector<double> reversed(latitudes.rbegin(), latitudes.rend());
  EXPECT_THROW(detect_grid(reversed, 36), Error);
  latitudes[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(detect_grid(latitudes, 36), Error);
}

}  // namespace
}  // namespace myriad
