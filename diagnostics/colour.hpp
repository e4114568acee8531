#pragma once
/// \file
/// Colours that order values evenly for the eye, in daylight and for colour-blind readers.
///
/// Every map orders by lightness, and its two ends differ along the axis blue to yellow, which readers
/// without red or green cones see; the tests look at all maps through the simulation of Machado,
/// Oliveira and Fernandes 2009. Source of the design: Nuñez, Anderton and Renslow 2018 (cividis),
/// Crameri, Shephard and Heron 2020.

#include <array>
#include <string>
#include <vector>

namespace myriad::diag {

/// A colour in OKLab: lightness 0..1 and two opponent axes.
struct OkLab {
  double lightness = 0.0;
  double a = 0.0;
  double b = 0.0;
};

/// "#rrggbb" of a colour; components outside sRGB are clipped.
/// Source: Ottosson 2020 (OKLab); IEC 61966-2-1 (sRGB).
std::string to_hex(const OkLab& colour);

/// A colour map.
enum class ColourMap {
  sequential,  ///< pale yellow to deep blue, lightness falls evenly: amounts such as spread
  thermal,  ///< blue over teal and sand to deep red; lightness rises to the middle and falls: state
            ///< fields
  diverging,  ///< blue, near-white, orange, symmetric in lightness: differences around zero
};

/// \p count colours of a map, from low to high, evenly spaced. count >= 2.
std::vector<std::string> colours(ColourMap map, int count);

}  // namespace myriad::diag
