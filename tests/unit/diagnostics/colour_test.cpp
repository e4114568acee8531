#include "diagnostics/colour.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace myriad::diag {
namespace {

/// Relative luminance (WCAG) of "#rrggbb".
double luminance(const std::string& hex) {
  const auto channel = [&](std::size_t at) {
    const double c = std::stoi(hex.substr(at, 2), nullptr, 16) / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

TEST(Colours, OkLabEndsAreBlackAndWhite) {
  EXPECT_EQ(to_hex({0.0, 0.0, 0.0}), "#000000");
  EXPECT_EQ(to_hex({1.0, 0.0, 0.0}), "#ffffff");
  EXPECT_EQ(to_hex({0.6279553606, 0.2248630611, 0.1258462985}), "#ff0000");
}

TEST(Colours, SequentialMapGetsDarkerAtEveryStep) {
  const auto list = colours(ColourMap::sequential, 12);
  for (std::size_t i = 1; i < list.size(); ++i)
    EXPECT_LT(luminance(list[i]), luminance(list[i - 1])) << i;
}

TEST(Colours, DivergingMapIsBrightestInTheMiddleAndBalanced) {
  const auto list = colours(ColourMap::diverging, 11);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_LT(luminance(list[i]), luminance(list[i + 1])) << i;
    EXPECT_GT(luminance(list[5 + i]), luminance(list[6 + i])) << i;
    EXPECT_NEAR(std::cbrt(luminance(list[i])), std::cbrt(luminance(list[10 - i])), 0.06) << i;
  }
  EXPECT_GT(luminance(list[5]), 0.85);
}

}  // namespace
}  // namespace myriad::diag
