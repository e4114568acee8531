#pragma once
/// \file
/// The numbers of a chart as data attributes of its SVG elements, for the script of the page.
///
/// <svg data-x-axis data-y-axis>: "linear|logarithmic low high from to", low and high in data
/// units, from and to in user units of the drawing; data-x-name, data-unit: titles of the axes.
/// Elements with data-name carry data-x and data-y (a line), or data-x, data-low and data-high (a
/// band): numbers with five significant digits, "-" for an absent one.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "diagnostics/chart.hpp"
#include "diagnostics/svg.hpp"

namespace myriad::diag::detail {

/// Maps a range to user units of the drawing.
struct Axis {
  Scale scale;
  double low;
  double high;
  double from;
  double to;

  double operator()(double v) const {
    if (scale == Scale::logarithmic) {
      if (v <= 0.0) return std::numeric_limits<double>::quiet_NaN();
      return from + (to - from) * (std::log(v / low) / std::log(high / low));
    }
    return from + (to - from) * (v - low) / (high - low);
  }
};

/// Attributes of the <svg> element.
std::vector<SvgWriter::Attribute> axis_data(const Axis& x, const Axis& y, const std::string& x_name,
                                            const std::string& unit);
/// Append the numbers of a line, or of a band.
void add_series_data(std::vector<SvgWriter::Attribute>& attributes, const Series& series);
void add_band_data(std::vector<SvgWriter::Attribute>& attributes, const Band& band);
/// Invisible elements with the five numbers that people read from boxes.
void add_box_data(SvgWriter& svg, const std::vector<Box>& boxes);

}  // namespace myriad::diag::detail
