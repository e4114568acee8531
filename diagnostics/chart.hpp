#pragma once
/// \file
/// Line and bar charts as SVG. Colours come from the style sheet of the page (classes), so that
/// they follow its theme.

#include <optional>
#include <string>
#include <vector>

#include "diagnostics/svg.hpp"

namespace myriad::diag {

enum class Scale { linear, logarithmic };

/// A line; non-finite values interrupt it.
struct Series {
  std::string label;  ///< written at its right end; empty: none
  std::string style;  ///< CSS class
  std::vector<double> x;
  std::vector<double> y;
};

/// An area between two lines over the same x.
struct Band {
  std::string style;
  std::vector<double> x;
  std::vector<double> low;
  std::vector<double> high;
};

/// A chart of lines and bands, painted in that order: bands, lines.
struct LineChart {
  std::string title;        ///< for screen readers and as a tooltip
  std::string description;  ///< what is to be seen, one or two sentences
  std::string x_title;
  std::string y_title;  ///< the unit
  Scale x_scale = Scale::linear;
  Scale y_scale = Scale::linear;
  std::optional<double> y_low;  ///< instead of the smallest value
  std::optional<double> y_high;
  std::vector<double> reference_lines;  ///< horizontal, e.g. 1 for ratios
  std::vector<double> x_ticks;          ///< empty: chosen
  std::vector<Band> bands;
  std::vector<Series> series;
  double height = 220.0;  ///< in units of a width of 360
};

/// Complete <svg> element. Text is escaped. A chart without finite data says "no data".
std::string render(const LineChart& chart);

/// A rank histogram: bars relative to the flat line.
struct BarChart {
  std::string title;
  std::string description;
  std::vector<double> values;  ///< 1 is the flat line
  std::string first_label;     ///< under the first bar
  std::string last_label;
};
std::string render(const BarChart& chart);

/// Axis number as people write it: "5,600", "0.02", "10⁻³", "−2".
std::string axis_number(double value);

}  // namespace myriad::diag
