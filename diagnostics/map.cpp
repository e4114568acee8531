#include "diagnostics/map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/chart.hpp"
#include "diagnostics/coastline.hpp"
#include "diagnostics/contour.hpp"
#include "diagnostics/svg.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_tolerance = 2.0;  ///< tenths of a degree: a third of a pixel on a wide screen
constexpr double k_smallest = 25.0;  ///< rings below 2.5 degrees in width plus height are specks
constexpr const char* k_absent_colour = "#8c8c8c";

std::string rings_of(const Lattice& lattice, double level) {
  auto rings = superlevel_rings(lattice, level);
  for (auto& ring : rings) ring = simplified_ring(ring, k_tolerance);
  return rings_path(rings, k_smallest);
}

void draw_graticule(SvgWriter& svg) {
  std::string path;
  for (int x = 300; x < 3600; x += 300) path += fmt::format("M{} 0v1800", x);
  for (int y = 300; y < 1800; y += 300) path += fmt::format("M0 {}h3600", y);
  svg.leaf("path", {{"class", "graticule"}, {"d", path}});
}

/// Latitudes along the western edge, longitudes along the southern one.
void label_graticule(SvgWriter& svg) {
  for (int latitude : {60, 30, 0, -30, -60}) {
    svg.text(
        "text",
        latitude == 0 ? "0°" : fmt::format("{}°{}", std::abs(latitude), latitude > 0 ? 'N' : 'S'),
        {{"class", "degree"},
         {"x", "25"},
         {"y", std::to_string(900 - 10 * latitude)},
         {"dy", ".35em"}});
  }
  for (int longitude : {-120, -60, 0, 60, 120}) {
    svg.text("text",
             longitude == 0 ? "0°"
                            : fmt::format("{}°{}", std::abs(longitude), longitude > 0 ? 'E' : 'W'),
             {{"class", "degree"},
              {"x", std::to_string(1800 + 10 * longitude)},
              {"y", "1780"},
              {"text-anchor", "middle"}});
  }
}

void begin_map(SvgWriter& svg, const std::string& title, const std::string& description,
               const std::string& units) {
  svg.begin("svg", {{"viewBox", "0 0 3600 1800"},
                    {"role", "img"},
                    {"class", "map"},
                    {"xmlns", "http://www.w3.org/2000/svg"},
                    {"data-unit", units}});
  svg.text("title", title);
  if (!description.empty()) svg.text("desc", description);
}

/// The interval between two levels in words; colour \p index of levels.size() + 1.
std::string range_text(const std::vector<double>& levels, std::size_t index) {
  if (index == 0) return "below " + axis_number(levels.front());
  if (index == levels.size()) return "above " + axis_number(levels.back());
  return axis_number(levels[index - 1]) + " to " + axis_number(levels[index]);
}

}  // namespace

std::vector<double> map_levels(std::span<const float> values, ColourMap colour_map, int count) {
  MYRIAD_EXPECT(!values.empty());
  std::vector<float> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    return static_cast<double>(
        sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]);
  };
  if (colour_map == ColourMap::diverging) {
    const double reach = std::max(std::abs(quantile(0.01)), std::abs(quantile(0.99)));
    if (reach == 0.0) return {-1.0, 1.0};
    std::vector<double> levels = round_levels(-reach, reach, count, RoundSteps::map);
    std::erase_if(levels, [&](double v) { return std::abs(v) < 1e-9 * reach; });
    return levels;
  }
  const double low = colour_map == ColourMap::sequential ? 0.0 : quantile(0.01);
  std::vector<double> levels = round_levels(low, quantile(0.99), count, RoundSteps::map);
  if (colour_map == ColourMap::sequential && levels.size() > 1) levels.erase(levels.begin());
  return levels;
}

std::string render_map(const WorldMap& map) {
  // Values that do not exist are drawn over; what stands below is of no account.
  std::vector<float> field(map.field.begin(), map.field.end()), absent;
  for (std::size_t p = 0; p < field.size(); ++p) {
    if (std::isfinite(field[p])) continue;
    absent.resize(field.size(), 0.0F);
    absent[p] = 1.0F;
    field[p] = static_cast<float>(map.levels.front());
  }
  const Lattice lattice = map_lattice(field, map.latitudes_deg, map.nlon);
  const auto palette = colours(map.colour_map, static_cast<int>(map.levels.size()) + 1);
  SvgWriter svg;
  begin_map(svg, map.title, map.description, map.units);
  svg.leaf("path", {{"fill", palette[0]},
                    {"data-range", range_text(map.levels, 0)},
                    {"d", "M0 0h3600v1800H0z"}});
  for (std::size_t i = 0; i < map.levels.size(); ++i) {
    const std::string path = rings_of(lattice, map.levels[i]);
    if (path.empty()) continue;
    svg.leaf("path", {{"fill", palette[i + 1]},
                      {"fill-rule", "evenodd"},
                      {"data-range", range_text(map.levels, i + 1)},
                      {"d", path}});
  }
  if (!absent.empty()) {
    svg.leaf("path", {{"fill", k_absent_colour},
                      {"fill-rule", "evenodd"},
                      {"data-range", "no value"},
                      {"d", rings_of(map_lattice(absent, map.latitudes_deg, map.nlon), 0.5)}});
  }
  draw_graticule(svg);
  svg.raw("<use href=\"#coast\" class=\"coast\"/>");
  if (!map.lines.empty()) {
    const Lattice lines = map_lattice(map.lines, map.latitudes_deg, map.nlon);
    std::string path;
    for (double level : map.line_levels) path += rings_of(lines, level);
    svg.leaf("path", {{"class", "isoline"}, {"d", path}});
  }
  label_graticule(svg);
  svg.end();
  return svg.str();
}

std::string render_line_map(const std::string& title, std::span<const std::string> members,
                            const std::string& truth) {
  SvgWriter svg;
  begin_map(svg, title, "", "");
  svg.leaf("path", {{"class", "sea"}, {"d", "M0 0h3600v1800H0z"}});
  draw_graticule(svg);
  svg.raw("<use href=\"#coast\" class=\"coast\"/>");
  for (const std::string& path : members) svg.leaf("path", {{"class", "strand"}, {"d", path}});
  if (!truth.empty()) svg.leaf("path", {{"class", "strand truth"}, {"d", truth}});
  label_graticule(svg);
  svg.end();
  return svg.str();
}

std::string render_legend(const WorldMap& map) {
  constexpr double width = 360.0, left = 10.0, right = 350.0, top = 2.0, bar = 9.0;
  const auto palette = colours(map.colour_map, static_cast<int>(map.levels.size()) + 1);
  const double step = (right - left) / static_cast<double>(palette.size());
  SvgWriter svg;
  svg.begin("svg", {{"viewBox", fmt::format("0 0 {} 26", short_number(width))},
                    {"role", "img"},
                    {"class", "legend"},
                    {"xmlns", "http://www.w3.org/2000/svg"}});
  svg.text("title", fmt::format("Colour scale in {}", map.units));
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const double x0 = left + step * static_cast<double>(i);
    const bool first = i == 0, last = i + 1 == palette.size();
    // Open ends are arrows: values beyond the last level exist.
    const std::string path =
        first  ? fmt::format("M{0} {1}H{2}V{3}H{0}L{4} {5}z", short_number(x0 + 6.0),
                             short_number(top), short_number(x0 + step, 2), short_number(top + bar),
                             short_number(x0 - 2.0), short_number(top + 0.5 * bar))
        : last ? fmt::format("M{0} {1}H{2}L{4} {5}L{2} {3}H{0}z", short_number(x0, 2),
                             short_number(top), short_number(x0 + step - 6.0, 2),
                             short_number(top + bar), short_number(x0 + step + 2.0),
                             short_number(top + 0.5 * bar))
               : fmt::format("M{0} {1}H{2}V{3}H{0}z", short_number(x0, 2), short_number(top),
                             short_number(x0 + step, 2), short_number(top + bar));
    svg.leaf("path", {{"fill", palette[i]}, {"d", path}});
  }
  // With many levels every second one is labelled, counted from the middle, so that scales around
  // zero stay symmetric.
  const std::size_t count = map.levels.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from_middle = i < count / 2 ? count / 2 - 1 - i : i - count / 2;
    const bool diverging = map.colour_map == ColourMap::diverging;
    if (count > 9 && (diverging ? from_middle : i) % 2 == 1) continue;
    svg.text("text", axis_number(map.levels[i]),
             {{"class", "tick"},
              {"x", short_number(left + step * static_cast<double>(i + 1))},
              {"y", "22"},
              {"text-anchor", "middle"}});
  }
  svg.end();
  return svg.str();
}

std::string coastline_symbol() {
  std::string out =
      "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs><path id=\"coast\" "
      "d=\"";
  out += coastline_path();
  out += "\"/></defs></svg>";
  return out;
}

}  // namespace myriad::diag
