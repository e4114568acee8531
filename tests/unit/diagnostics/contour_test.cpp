#include "diagnostics/contour.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "src/grid/grid.hpp"

namespace myriad::diag {
namespace {

/// Area under the even-odd rule of rings that do not cross: outer and inner rings have opposite
/// orientation.
double area_of(const std::vector<std::vector<Point>>& rings) {
  double area = 0.0;
  for (const auto& ring : rings) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Point a = ring[i], b = ring[(i + 1) % ring.size()];
      area += 0.5 * (a.x * b.y - b.x * a.y);
    }
  }
  return std::abs(area);
}

template <class F>
Lattice lattice_of(int columns, int rows, F&& value) {
  Lattice lattice;
  for (int j = 0; j < columns; ++j) lattice.x.push_back(j);
  for (int k = 0; k < rows; ++k) lattice.y.push_back(k);
  for (int k = 0; k < rows; ++k) {
    for (int j = 0; j < columns; ++j) lattice.values.push_back(value(j, k));
  }
  return lattice;
}

TEST(Contours, OfAConeEncloseACircle) {
  const Lattice cone =
      lattice_of(101, 101, [](int j, int k) { return -std::hypot(j - 50.0, k - 50.0); });
  const auto rings = superlevel_rings(cone, -30.0);
  ASSERT_EQ(rings.size(), 1U);
  EXPECT_NEAR(area_of(rings), std::numbers::pi * 900.0, 3.0);
  for (const Point& p : rings[0]) EXPECT_NEAR(std::hypot(p.x - 50.0, p.y - 50.0), 30.0, 0.02);
}

TEST(Contours, AHoleIsCutOutOfItsSurroundings) {
  const Lattice ring = lattice_of(
      81, 81, [](int j, int k) { return -std::abs(std::hypot(j - 40.0, k - 40.0) - 20.0); });
  const auto rings = superlevel_rings(ring, -5.0);
  ASSERT_EQ(rings.size(), 2U);
  EXPECT_NEAR(area_of(rings), std::numbers::pi * (625.0 - 225.0), 6.0);
}

TEST(Contours, ReachingTheBorderFollowItSoThatTheSetIsClosed) {
  const Lattice plane = lattice_of(11, 6, [](int j, int) { return static_cast<double>(j); });
  EXPECT_NEAR(area_of(superlevel_rings(plane, 4.5)), 5.5 * 5.0, 1e-12);
  EXPECT_NEAR(area_of(superlevel_rings(plane, -1.0)), 50.0, 1e-12);
  EXPECT_TRUE(superlevel_rings(plane, 11.0).empty());
}

TEST(Contours, AreaAboveALevelPlusAreaBelowItIsTheWholeAlsoAtSaddles) {
  const auto wave = [](int j, int k) {
    return std::sin(0.9 * j) * std::sin(0.7 * k) + 0.1 * std::cos(3.1 * j * k);
  };
  const Lattice field = lattice_of(40, 30, wave);
  const Lattice negative = lattice_of(40, 30, [&](int j, int k) { return -wave(j, k); });
  EXPECT_NEAR(area_of(superlevel_rings(field, 0.05)) + area_of(superlevel_rings(negative, -0.05)),
              39.0 * 29.0, 1e-9);
}

TEST(Contours, SimplifyingMovesNoRingByMoreThanTheTolerance) {
  const Lattice cone =
      lattice_of(101, 101, [](int j, int k) { return -std::hypot(j - 50.0, k - 50.0); });
  const auto ring = superlevel_rings(cone, -40.0)[0];
  const auto simple = simplified_ring(ring, 0.5);
  EXPECT_LT(simple.size(), ring.size() / 4);
  for (const Point& p : ring) {
    double nearest = 1e9;
    for (std::size_t i = 0; i < simple.size(); ++i) {
      const Point a = simple[i], b = simple[(i + 1) % simple.size()];
      const double length2 = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
      const double t =
          std::clamp(((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length2, 0.0, 1.0);
      nearest =
          std::min(nearest, std::hypot(p.x - a.x - t * (b.x - a.x), p.y - a.y - t * (b.y - a.y)));
    }
    EXPECT_LE(nearest, 0.5 + 1e-9);
  }
}

TEST(Contours, PathUsesRelativeMovesInWholeUnits) {
  const std::vector<std::vector<Point>> rings{{{0, 0}, {10, 0}, {10.2, 10.4}, {0, 10}},
                                              {{1, 1}, {2, 1}, {2, 2}}};
  EXPECT_EQ(rings_path(rings, 5.0), "M0 0l10 0 0 10-10 0z");
}

TEST(MapLattice, PassesThroughGridPointsAndIsPeriodic) {
  const Grid grid(GridType::equiangular, 13, 24);
  std::vector<float> field;
  for (std::int64_t k = 0; k < 13; ++k) {
    for (std::int64_t j = 0; j < 24; ++j)
      field.push_back(
          static_cast<float>(std::sin(0.5 * static_cast<double>(k * j)) + static_cast<double>(k)));
  }
  const auto latitudes = grid.latitudes_deg();
  const Lattice lattice = map_lattice(field, latitudes, 24, 96);
  ASSERT_EQ(lattice.x.size(), 97U);
  ASSERT_EQ(lattice.y.size(), 49U);
  for (std::size_t k = 0; k < 13; ++k) {
    for (std::size_t j = 0; j < 24; ++j) {
      // Column 4 j of the map is longitude 15 j - 180.
      EXPECT_NEAR(lattice.values[4 * k * 97 + 4 * j],
                  static_cast<double>(field[k * 24 + (j + 12) % 24]), 1e-5);
    }
    EXPECT_EQ(lattice.values[4 * k * 97], lattice.values[4 * k * 97 + 96]);
  }
}

TEST(MapLattice, OfASmoothFieldIsSmoothOverThePoles) {
  const Grid grid(GridType::legendre_gauss, 32, 64);
  std::vector<float> field;
  for (double theta : grid.quadrature().theta) {
    for (int j = 0; j < 64; ++j)
      field.push_back(
          static_cast<float>(std::sin(theta) * std::cos(2.0 * std::numbers::pi * j / 64.0)));
  }
  const Lattice lattice = map_lattice(field, grid.latitudes_deg(), 64);
  for (std::size_t k = 0; k < lattice.y.size(); ++k) {
    for (std::size_t j = 0; j < lattice.x.size(); ++j) {
      const double latitude = (90.0 - 0.1 * lattice.y[k]) * std::numbers::pi / 180.0;
      const double longitude = (0.1 * lattice.x[j] - 180.0) * std::numbers::pi / 180.0;
      EXPECT_NEAR(lattice.values[k * lattice.x.size() + j],
                  std::cos(latitude) * std::cos(longitude), 5e-3);
    }
  }
}

TEST(MapLattice, FineGridsAreAveraged) {
  const Grid grid(GridType::equiangular, 361, 720);
  std::vector<float> checker;
  for (int k = 0; k < 361; ++k) {
    for (int j = 0; j < 720; ++j) checker.push_back((k + j) % 2 == 0 ? 1.0F : -1.0F);
  }
  for (double v : map_lattice(checker, grid.latitudes_deg(), 720).values)
    EXPECT_LT(std::abs(v), 0.2);
}

TEST(Levels, AreRoundNumbersInsideTheRange) {
  EXPECT_EQ(round_levels(0.0, 10.0, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(round_levels(4870.0, 5900.0, 10).front(), 5000.0);
  for (double v : round_levels(-0.037, 0.041, 8))
    EXPECT_NEAR(v * 100.0, std::round(v * 100.0), 1e-9);
  EXPECT_EQ(round_levels(3.0, 3.0, 5), std::vector<double>{3.0});
}

TEST(ContourPath, LeavesOutTheFrameOfTheMap) {
  // Values rise eastwards: the set right of x = 50 touches three sides of the frame.
  Lattice lattice{{0, 100}, {0, 100}, {0, 1, 0, 1}};
  EXPECT_EQ(contour_path(lattice, 0.5, 0.1), "M50 0L50 100");
  EXPECT_EQ(contour_path(lattice, 2.0, 0.1), "");
  EXPECT_EQ(contour_path(lattice, -1.0, 0.1), "") << "the whole map has no line";
}

}  // namespace
}  // namespace myriad::diag
