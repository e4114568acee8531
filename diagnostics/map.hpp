#pragma once
/// \file
/// World maps as SVG: filled contours, coastlines, a legend.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/colour.hpp"

namespace myriad::diag {

/// A map of one field on a latitude-longitude grid.
struct WorldMap {
  std::string title;
  std::string description;
  std::string units;
  ColourMap colour_map = ColourMap::sequential;
  std::vector<double> levels;    ///< increasing; levels.size() + 1 colours
  std::span<const float> field;  ///< [lat, lon]; NaN: no value there, drawn in grey
  std::span<const float> lines;  ///< [lat, lon] drawn as thin contour lines, or empty
  std::vector<double> line_levels;
  std::span<const double> latitudes_deg;  ///< [lat] north to south
  std::int64_t nlon = 0;
};

/// Levels that suit a field: about \p count bands from the 1st to the 99th percentile (thermal,
/// sequential from 0) or symmetric about 0 without the level 0 (diverging). Several fields may
/// share levels: pass them concatenated.
std::vector<double> map_levels(std::span<const float> values, ColourMap colour_map, int count = 15);

/// The map, an <svg> of 3600 x 1800 units with coastlines and a labelled graticule of 30 degrees.
/// Every filled area carries data-range, its interval in words, for the script of the page. The page
/// must define the coastline once (coastline_symbol()).
std::string render_map(const WorldMap& map);
/// A map of lines alone: path data of contour_path(), one per member, and that of the truth (may be
/// empty).
std::string render_line_map(const std::string& title, std::span<const std::string> members,
                            const std::string& truth);
/// Colour bar of the map with numbers and the unit.
std::string render_legend(const WorldMap& map);
/// An invisible <svg> that defines the coastline as `#coast`.
std::string coastline_symbol();

}  // namespace myriad::diag
