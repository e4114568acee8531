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

/// What is drawn at the points of a line.
enum class Marks { none, discs };

/// A line; non-finite values interrupt it.
struct Series {
  std::string label;  ///< written at its right end; empty: none
  std::string style;  ///< CSS class
  std::vector<double> x;
  std::vector<double> y;
  Marks marks = Marks::none;
};

/// An area between two lines over the same x.
struct Band {
  std::string style;
  std::vector<double> x;
  std::vector<double> low;
  std::vector<double> high;
  std::string label;  ///< of its values under the pointer; empty: they are not shown
};

/// A box of a meteogram: the distribution at one x.
struct Box {
  double x = 0.0;
  double lowest = 0.0;
  double q10 = 0.0;
  double q25 = 0.0;
  double median = 0.0;
  double q75 = 0.0;
  double q90 = 0.0;
  double highest = 0.0;
};

/// A chart of lines, boxes and bands, painted in that order: bands, boxes, lines.
///
/// Lines with a label, bands with a label, and boxes carry their numbers as data attributes
/// (docs/verification.md), which the script of the page shows under the pointer.
struct LineChart {
  std::string title;        ///< for screen readers and as a tooltip
  std::string description;  ///< what is to be seen, one or two sentences
  std::string x_title;
  std::string y_title;  ///< the unit
  std::optional<std::string>
      value_unit;  ///< written after values under the pointer; absent: y_title
  Scale x_scale = Scale::linear;
  Scale y_scale = Scale::linear;
  std::optional<double> y_low;  ///< instead of the smallest value
  std::optional<double> y_high;
  std::vector<double> reference_lines;  ///< horizontal, e.g. 1 for ratios
  std::vector<double> x_ticks;          ///< empty: chosen
  std::vector<Band> bands;
  std::vector<Box> boxes;
  std::vector<Series> series;
  double height = 220.0;  ///< in units of a width of 360
};

/// Complete <svg> element. Text is escaped. A chart without finite data says "no data".
std::string render(const LineChart& chart);

/// A histogram, such as one of ranks.
struct BarChart {
  std::string title;
  std::string description;
  std::vector<double> values;
  std::string first_label;  ///< under the first bar
  std::string last_label;
  std::optional<double> flat = 1.0;                 ///< height of the dotted line; absent: none
  std::string x_name = "rank";                      ///< what the bars are counted by, from 1
  std::string y_name = "times the expected share";  ///< what their height is
};
std::string render(const BarChart& chart);

/// Axis number as people write it: "5,600", "0.02", "10⁻³", "−2".
std::string axis_number(double value);

}  // namespace myriad::diag
