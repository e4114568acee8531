#include "diagnostics/coastline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "diagnostics/svg.hpp"

namespace myriad::diag {
namespace {

/// Vertices of the path, which uses M, l and z only.
std::vector<Point> vertices() {
  std::vector<Point> out;
  std::string text(coastline_path());
  Point pen;
  bool relative = false;
  std::string number;
  std::vector<double> pair;
  const auto flush = [&] {
    if (number.empty()) return;
    pair.push_back(std::stod(number));
    number.clear();
    if (pair.size() < 2) return;
    pen = relative ? Point{pen.x + pair[0], pen.y + pair[1]} : Point{pair[0], pair[1]};
    out.push_back(pen);
    pair.clear();
  };
  for (char c : text) {
    if (c == '-' || c == ' ' || c == 'M' || c == 'l' || c == 'z') flush();
    if (c == 'M') relative = false;
    if (c == 'l') relative = true;
    if (c == '-' || (c >= '0' && c <= '9')) number += c;
  }
  flush();
  return out;
}

double nearest_degrees(double latitude, double longitude) {
  double nearest = 1e9;
  for (const Point& p : vertices())
    nearest =
        std::min(nearest, std::hypot(0.1 * p.x - 180.0 - longitude, 90.0 - 0.1 * p.y - latitude));
  return nearest;
}

TEST(Coastline, StaysOnTheMapAndIsSmall) {
  EXPECT_LT(coastline_path().size(), 60000U);
  const auto points = vertices();
  EXPECT_GT(points.size(), 3000U);
  for (const Point& p : points) {
    EXPECT_GE(p.x, 0.0);
    EXPECT_LE(p.x, 3600.0);
    EXPECT_GE(p.y, 0.0);
    EXPECT_LE(p.y, 1800.0);
  }
}

TEST(Coastline, PassesTheWellKnownCapes) {
  EXPECT_LT(nearest_degrees(-34.8, 20.0), 0.8);   // Agulhas
  EXPECT_LT(nearest_degrees(-55.6, -68.0), 1.5);  // Tierra del Fuego
  EXPECT_LT(nearest_degrees(36.0, -5.6), 0.8);    // Tarifa
  EXPECT_LT(nearest_degrees(14.7, -17.5), 0.8);   // Cap-Vert
  EXPECT_LT(nearest_degrees(1.3, 104.0), 1.2);    // the tip of Malaya
  EXPECT_LT(nearest_degrees(-10.7, 142.5), 1.0);  // Cape York
  EXPECT_LT(nearest_degrees(65.6, -168.1), 1.0);  // Prince of Wales
  EXPECT_LT(nearest_degrees(8.1, 77.5), 0.8);     // Kanyakumari
}

TEST(Coastline, HasNoCoastInTheOpenOceanOrDeepInland) {
  EXPECT_GT(nearest_degrees(-30.0, -120.0), 8.0);  // South Pacific
  EXPECT_GT(nearest_degrees(46.0, 87.0), 8.0);     // Dzungaria, where borders meet
  EXPECT_GT(nearest_degrees(-89.0, 100.0), 5.0);   // no line along the South Pole
}

}  // namespace
}  // namespace myriad::diag
