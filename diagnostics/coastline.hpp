#pragma once
/// \file
/// Coastlines of the world for small maps.

#include <string_view>

namespace myriad::diag {

/// SVG path data of the coastlines on an equirectangular map of 3600 x 1800 units: x = 10
/// (longitude + 180) eastwards from 180 W, y = 10 (90 - latitude) southwards. 125 lines, 4,164
/// vertices, 0.1 degree; segments along the map's frame are left out.
/// Source: Natural Earth 1:110m (public domain), see diagnostics/data/README.md.
std::string_view coastline_path();

}  // namespace myriad::diag
