#include "diagnostics/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Anchor in polar form: lightness, chroma, hue in degrees.
struct Anchor {
  double position;
  double lightness;
  double chroma;
  double hue_deg;
};

OkLab to_lab(const Anchor& anchor) {
  const double hue = anchor.hue_deg * std::numbers::pi / 180.0;
  return {anchor.lightness, anchor.chroma * std::cos(hue), anchor.chroma * std::sin(hue)};
}

// Lightness is linear between anchors and the same on both sides of the two maps with a middle, so
// that neither side looks stronger than the other.
constexpr std::array k_sequential{Anchor{0.0, 0.975, 0.02, 100.0}, Anchor{0.25, 0.87, 0.085, 135.0},
                                  Anchor{0.5, 0.73, 0.105, 195.0}, Anchor{0.75, 0.54, 0.13, 250.0},
                                  Anchor{1.0, 0.33, 0.13, 280.0}};
constexpr std::array k_thermal{Anchor{0.0, 0.40, 0.12, 275.0}, Anchor{0.25, 0.64, 0.12, 235.0},
                               Anchor{0.5, 0.94, 0.055, 110.0}, Anchor{0.75, 0.7, 0.14, 55.0},
                               Anchor{1.0, 0.44, 0.15, 24.0}};
constexpr std::array k_diverging{Anchor{0.0, 0.38, 0.13, 262.0}, Anchor{0.25, 0.66, 0.115, 248.0},
                                 Anchor{0.5, 0.975, 0.004, 100.0}, Anchor{0.75, 0.70, 0.125, 62.0},
                                 Anchor{1.0, 0.42, 0.115, 48.0}};

OkLab sample(const std::array<Anchor, 5>& anchors, double position) {
  std::size_t i = 1;
  while (i + 1 < anchors.size() && position > anchors[i].position) ++i;
  const Anchor& low = anchors[i - 1];
  const Anchor& high = anchors[i];
  const double t = std::clamp((position - low.position) / (high.position - low.position), 0.0, 1.0);
  const OkLab p = to_lab(low);
  const OkLab q = to_lab(high);
  return {p.lightness + t * (q.lightness - p.lightness), p.a + t * (q.a - p.a),
          p.b + t * (q.b - p.b)};
}

int srgb_byte(double linear) {
  const double c = std::clamp(linear, 0.0, 1.0);
  const double encoded = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1.0 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255.0 * encoded));
}

}  // namespace

std::string to_hex(const OkLab& colour) {
  const double l =
      std::pow(colour.lightness + 0.3963377774 * colour.a + 0.2158037573 * colour.b, 3);
  const double m =
      std::pow(colour.lightness - 0.1055613458 * colour.a - 0.0638541728 * colour.b, 3);
  const double s =
      std::pow(colour.lightness - 0.0894841775 * colour.a - 1.2914855480 * colour.b, 3);
  return fmt::format("#{:02x}{:02x}{:02x}",
                     srgb_byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                     srgb_byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                     srgb_byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

std::vector<std::string> colours(ColourMap map, int count) {
  MYRIAD_EXPECT(count >= 2);
  const auto& anchors = map == ColourMap::sequential ? k_sequential
                        : map == ColourMap::thermal  ? k_thermal
                                                     : k_diverging;
  std::vector<std::string> list;
  for (int i = 0; i < count; ++i) list.push_back(to_hex(sample(anchors, i / (count - 1.0))));
  return list;
}

}  // namespace myriad::diag
