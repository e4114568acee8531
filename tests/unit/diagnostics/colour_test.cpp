#include "diagnostics/colour.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <regex>
#include <string>

#include "diagnostics/report_style.hpp"

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

using Rgb = std::array<double, 3>;

Rgb linear(const std::string& hex) {
  Rgb out{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(hex.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    out[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return out;
}

/// What readers without one kind of cone see, linear RGB: Machado, Oliveira and Fernandes 2009,
/// table of severity 1.0.
struct Sight {
  const char* name;
  std::array<Rgb, 3> matrix;
};
const std::array<Sight, 4> k_sights{{{"normal", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
                                     {"protanopia",
                                      {{{0.152286, 1.052583, -0.204868},
                                        {0.114503, 0.786281, 0.099216},
                                        {-0.003882, -0.048116, 1.051998}}}},
                                     {"deuteranopia",
                                      {{{0.367322, 0.860646, -0.227968},
                                        {0.280085, 0.672501, 0.047413},
                                        {-0.011820, 0.042940, 0.968881}}}},
                                     {"tritanopia",
                                      {{{1.255528, -0.076749, -0.178779},
                                        {-0.078411, 0.930809, 0.147602},
                                        {0.004733, 0.691367, 0.303900}}}}}};

/// CIE 1976 L*a*b* (D65) of a colour as seen: the plain textbook formulas, not those of the
/// product.
Rgb lab(const std::string& hex, const Sight& sight) {
  const Rgb rgb = linear(hex);
  Rgb seen{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) seen[i] += sight.matrix[i][j] * rgb[j];
    seen[i] = std::min(1.0, std::max(0.0, seen[i]));
  }
  const double x = (0.4124564 * seen[0] + 0.3575761 * seen[1] + 0.1804375 * seen[2]) / 0.95047;
  const double y = 0.2126729 * seen[0] + 0.7151522 * seen[1] + 0.0721750 * seen[2];
  const double z = (0.0193339 * seen[0] + 0.1191920 * seen[1] + 0.9503041 * seen[2]) / 1.08883;
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116.0; };
  return {116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))};
}

double distance(const std::string& p, const std::string& q, const Sight& sight) {
  const Rgb a = lab(p, sight), b = lab(q, sight);
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/// Custom properties of the style sheet, light theme first, then dark.
std::array<std::map<std::string, std::string>, 2> themes() {
  const std::string css(detail::report_style());
  const std::size_t dark = css.find("prefers-color-scheme:dark");
  std::array<std::map<std::string, std::string>, 2> out;
  const std::regex property("--([a-z]+):(#[0-9a-f]{6})");
  for (std::sregex_iterator it(css.begin(), css.end(), property), end; it != end; ++it)
    out[static_cast<std::size_t>(it->position()) > dark ? 1 : 0][(*it)[1]] = (*it)[2];
  return out;
}

TEST(Colours, NeighboursDifferForEveryReader) {
  for (const Sight& sight : k_sights) {
    for (ColourMap map : {ColourMap::sequential, ColourMap::thermal, ColourMap::diverging}) {
      const auto list = colours(map, 11);
      for (std::size_t i = 1; i < list.size(); ++i)
        EXPECT_GT(distance(list[i - 1], list[i], sight), 5.0) << sight.name << " " << i;
      // The two sides of the maps with a middle are never the same colour.
      if (map == ColourMap::sequential) continue;
      for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 7; j < 11; ++j)
          EXPECT_GT(distance(list[i], list[j], sight), 15.0) << sight.name << " " << i << " " << j;
      }
    }
  }
}

TEST(Colours, SequentialMapOrdersByLightnessForEveryReader) {
  for (const Sight& sight : k_sights) {
    const auto list = colours(ColourMap::sequential, 12);
    for (std::size_t i = 1; i < list.size(); ++i)
      EXPECT_LT(lab(list[i], sight)[0], lab(list[i - 1], sight)[0]) << sight.name << " " << i;
  }
}

TEST(Colours, TextStandsOutAgainstPaperAndCardInBothThemes) {
  for (const auto& theme : themes()) {
    ASSERT_GE(theme.size(), 14U);
    for (const char* text :
         {"ink", "soft", "accent", "mean", "control", "climate", "truth", "third"}) {
      for (const char* ground : {"paper", "card"}) {
        const double a = luminance(theme.at(text)), b = luminance(theme.at(ground));
        EXPECT_GE((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05), 4.5)
            << text << " on " << ground;
      }
    }
  }
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
