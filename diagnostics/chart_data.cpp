#include "diagnostics/chart_data.hpp"

#include <fmt/format.h>

namespace myriad::diag::detail {
namespace {

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.5g}", value) : "-";
}

std::string list(const std::vector<double>& values) {
  std::string text;
  for (double v : values) {
    if (!text.empty()) text += ' ';
    text += number(v);
  }
  return text;
}

std::string axis_text(const Axis& axis) {
  return fmt::format("{} {:.9g} {:.9g} {} {}",
                     axis.scale == Scale::logarithmic ? "logarithmic" : "linear", axis.low,
                     axis.high, short_number(axis.from), short_number(axis.to));
}

}  // namespace

std::vector<SvgWriter::Attribute> axis_data(const Axis& x, const Axis& y, const std::string& x_name,
                                            const std::string& unit) {
  return {{"data-x-axis", axis_text(x)},
          {"data-y-axis", axis_text(y)},
          {"data-x-name", x_name},
          {"data-unit", unit}};
}

void add_series_data(std::vector<SvgWriter::Attribute>& attributes, const Series& series) {
  attributes.emplace_back("data-name", series.label);
  attributes.emplace_back("data-x", list(series.x));
  attributes.emplace_back("data-y", list(series.y));
}

void add_band_data(std::vector<SvgWriter::Attribute>& attributes, const Band& band) {
  attributes.emplace_back("data-name", band.label);
  attributes.emplace_back("data-x", list(band.x));
  attributes.emplace_back("data-low", list(band.low));
  attributes.emplace_back("data-high", list(band.high));
}

void add_box_data(SvgWriter& svg, const std::vector<Box>& boxes) {
  Series median{"median", "", {}, {}, Marks::none};
  Band half{"", {}, {}, {}, "half of the members"};
  Band most{"", {}, {}, {}, "8 of 10 members"};
  Band all{"", {}, {}, {}, "all members"};
  for (const Box& box : boxes) {
    median.x.push_back(box.x);
    median.y.push_back(box.median);
    half.low.push_back(box.q25);
    half.high.push_back(box.q75);
    most.low.push_back(box.q10);
    most.high.push_back(box.q90);
    all.low.push_back(box.lowest);
    all.high.push_back(box.highest);
  }
  std::vector<SvgWriter::Attribute> attributes;
  add_series_data(attributes, median);
  svg.leaf("g", attributes);
  for (Band* band : {&half, &most, &all}) {
    band->x = median.x;
    attributes.clear();
    add_band_data(attributes, *band);
    svg.leaf("g", attributes);
  }
}

}  // namespace myriad::diag::detail
