#include "diagnostics/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/contour.hpp"

namespace myriad::diag {
namespace {

constexpr double k_width = 360.0;
constexpr double k_left = 44.0;
constexpr double k_top = 20.0;
constexpr double k_bottom = 34.0;
constexpr double k_label_gap = 12.0;  ///< least distance of two line labels

/// Range of the finite values that can be drawn on a scale.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(const std::vector<double>& values, Scale scale) {
    for (double v : values) {
      if (!std::isfinite(v) || (scale == Scale::logarithmic && v <= 0.0)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  bool empty() const { return low > high; }
};

/// Maps a range to pixels.
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

std::vector<double> ticks_of(const Axis& axis, int count) {
  if (axis.scale == Scale::linear) return round_levels(axis.low, axis.high, count);
  std::vector<double> ticks;
  const double first = std::ceil(std::log10(axis.low) - 1e-9);
  const double last = std::floor(std::log10(axis.high) + 1e-9);
  const double step = std::max(1.0, std::ceil((last - first) / count));
  for (double e = first; e <= last; e += step) ticks.push_back(std::pow(10.0, e));
  if (ticks.size() < 2) {
    ticks.clear();
    for (double e = first - 1.0; e <= last + 1.0; e += 1.0) {
      for (double m : {1.0, 2.0, 5.0}) {
        const double tick = m * std::pow(10.0, e);
        if (tick >= axis.low && tick <= axis.high) ticks.push_back(tick);
      }
    }
  }
  return ticks;
}

Axis make_axis(Range range, Scale scale, double from, double to) {
  if (range.high == range.low) {
    const double pad =
        scale == Scale::logarithmic ? 0.5 * range.low : std::max(1e-12, 0.05 * std::abs(range.low));
    range.low -= pad;
    range.high += pad;
  }
  return {scale, range.low, range.high, from, to};
}

/// The largest of 1, 2, 5 times a power of ten that is not above \p value.
double one_two_five_below(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
  for (double m : {5.0, 2.0}) {
    if (m * power <= value * (1.0 + 1e-9)) return m * power;
  }
  return power;
}

/// The y axis ends on round numbers, so that the grid frames the data.
Axis make_y_axis(const LineChart& chart, Range range, double bottom) {
  for (double v : chart.reference_lines) range.add({v}, chart.y_scale);
  if (chart.y_low) range.low = *chart.y_low;
  if (chart.y_high) range.high = *chart.y_high;
  Axis axis = make_axis(range, chart.y_scale, bottom, k_top);
  if (chart.y_scale == Scale::logarithmic) {
    if (axis.high / axis.low < 100.0) {
      if (!chart.y_low) axis.low = one_two_five_below(axis.low);
      if (!chart.y_high) axis.high = 1.0 / one_two_five_below(1.0 / axis.high);
    }
    return axis;
  }
  const auto levels = round_levels(axis.low, axis.high, 5);
  if (levels.size() >= 2) {
    const double step = levels[1] - levels[0];
    if (!chart.y_low) axis.low = step * std::floor(axis.low / step + 1e-9);
    if (!chart.y_high) axis.high = step * std::ceil(axis.high / step - 1e-9);
  }
  return axis;
}

/// "10⁵", "2.5·10⁻⁴". Precondition: value != 0.
std::string power_of_ten(double value) {
  static constexpr std::string_view digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  const double mantissa = value / std::pow(10.0, exponent);
  std::string text = std::abs(mantissa - 1.0) < 1e-9 ? "10" : axis_number(mantissa) + "·10";
  if (exponent < 0) text += "⁻";
  for (char c : std::to_string(std::abs(exponent))) text += digits[c - '0'];
  return text;
}

std::vector<Point> project(const Axis& x, const Axis& y, const std::vector<double>& xs,
                           const std::vector<double>& ys) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < std::min(xs.size(), ys.size()); ++i)
    points.push_back({x(xs[i]), y(ys[i])});
  return points;
}

struct EndLabel {
  const Series* series;
  double y;
};

/// Labels at the right ends of the lines, pushed apart where they would overlap.
std::vector<EndLabel> place_labels(const LineChart& chart, const Axis& y, double bottom) {
  std::vector<EndLabel> labels;
  for (const Series& s : chart.series) {
    if (s.label.empty()) continue;
    for (std::size_t i = s.y.size(); i-- > 0;) {
      const double position = y(s.y[i]);
      if (!std::isfinite(position)) continue;
      labels.push_back({&s, std::clamp(position, k_top, bottom)});
      break;
    }
  }
  std::sort(labels.begin(), labels.end(),
            [](const EndLabel& a, const EndLabel& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < labels.size(); ++i)
    labels[i].y = std::max(labels[i].y, labels[i - 1].y + k_label_gap);
  if (!labels.empty() && labels.back().y > bottom) {
    labels.back().y = bottom;
    for (std::size_t i = labels.size() - 1; i-- > 0;) {
      labels[i].y = std::min(labels[i].y, labels[i + 1].y - k_label_gap);
    }
  }
  return labels;
}

double label_margin(const LineChart& chart) {
  std::size_t longest = 0;
  for (const Series& s : chart.series) longest = std::max(longest, s.label.size());
  return longest == 0 ? 10.0 : 16.0 + 6.3 * static_cast<double>(longest);
}

void begin_svg(SvgWriter& svg, const std::string& title, const std::string& description,
               double width, double height) {
  svg.begin("svg",
            {{"viewBox", fmt::format("0 0 {} {}", short_number(width), short_number(height))},
             {"role", "img"},
             {"class", "chart"},
             {"xmlns", "http://www.w3.org/2000/svg"}});
  svg.text("title", title);
  if (!description.empty()) svg.text("desc", description);
}

/// Ticks of logarithmic axes are powers of ten from 10,000 on, which would not fit otherwise.
std::string tick_text(double tick, Scale scale) {
  if (scale == Scale::logarithmic && tick >= 9999.0) return power_of_ten(tick);
  return axis_number(tick);
}

void draw_axes(SvgWriter& svg, const LineChart& chart, const Axis& x, const Axis& y, double right,
               double bottom) {
  for (double tick : ticks_of(y, 5)) {
    const std::string py = short_number(y(tick));
    svg.leaf("line", {{"class", "grid"},
                      {"x1", short_number(k_left)},
                      {"x2", short_number(right)},
                      {"y1", py},
                      {"y2", py}});
    svg.text("text", tick_text(tick, chart.y_scale),
             {{"class", "tick"},
              {"x", short_number(k_left - 6.0)},
              {"y", py},
              {"dy", ".35em"},
              {"text-anchor", "end"}});
  }
  for (double v : chart.reference_lines) {
    const std::string py = short_number(y(v));
    svg.leaf("line", {{"class", "reference"},
                      {"x1", short_number(k_left)},
                      {"x2", short_number(right)},
                      {"y1", py},
                      {"y2", py}});
  }
  svg.leaf("line", {{"class", "axis"},
                    {"x1", short_number(k_left)},
                    {"x2", short_number(right)},
                    {"y1", short_number(bottom)},
                    {"y2", short_number(bottom)}});
  for (double tick : chart.x_ticks.empty() ? ticks_of(x, 6) : chart.x_ticks) {
    const std::string px = short_number(x(tick));
    svg.leaf("line", {{"class", "axis"},
                      {"x1", px},
                      {"x2", px},
                      {"y1", short_number(bottom)},
                      {"y2", short_number(bottom + 4.0)}});
    svg.text("text", tick_text(tick, chart.x_scale),
             {{"class", "tick"},
              {"x", px},
              {"y", short_number(bottom + 15.0)},
              {"text-anchor", "middle"}});
  }
  svg.text("text", chart.x_title,
           {{"class", "label"},
            {"x", short_number(right)},
            {"y", short_number(bottom + 29.0)},
            {"text-anchor", "end"}});
  svg.text("text", chart.y_title, {{"class", "label"}, {"x", "4"}, {"y", "11"}});
}

}  // namespace

std::string axis_number(double value) {
  const double magnitude = std::abs(value);
  if (magnitude != 0.0 && (magnitude < 1e-3 || magnitude >= 1e6)) return power_of_ten(value);
  const std::string plain = short_number(magnitude, magnitude >= 100.0 ? 0
                                                    : magnitude >= 1.0 ? 2
                                                                       : 4);
  const std::size_t point = std::min(plain.find('.'), plain.size());
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && i < point && (point - i) % 3 == 0) text += ',';
    text += plain[i];
  }
  return value < 0.0 && plain != "0" ? "−" + text : text;
}

std::string render(const LineChart& chart) {
  Range xr, yr;
  for (const Band& b : chart.bands) {
    xr.add(b.x, chart.x_scale);
    yr.add(b.low, chart.y_scale);
    yr.add(b.high, chart.y_scale);
  }
  for (const Series& s : chart.series) {
    xr.add(s.x, chart.x_scale);
    yr.add(s.y, chart.y_scale);
  }
  SvgWriter svg;
  begin_svg(svg, chart.title, chart.description, k_width, chart.height);
  if (xr.empty() || yr.empty()) {
    svg.text("text", "no data",
             {{"class", "label"},
              {"x", "180"},
              {"y", short_number(chart.height / 2.0)},
              {"text-anchor", "middle"}});
    svg.end();
    return svg.str();
  }
  const double right = k_width - label_margin(chart);
  const double bottom = chart.height - k_bottom;
  const Axis x = make_axis(xr, chart.x_scale, k_left, right);
  const Axis y = make_y_axis(chart, yr, bottom);
  draw_axes(svg, chart, x, y, right, bottom);
  for (const Band& b : chart.bands) {
    svg.leaf("path", {{"class", "band " + b.style},
                      {"d", band_path(project(x, y, b.x, b.high), project(x, y, b.x, b.low))}});
  }
  for (const Series& s : chart.series) {
    svg.leaf("path", {{"class", "line " + s.style}, {"d", line_path(project(x, y, s.x, s.y))}});
  }
  for (const EndLabel& label : place_labels(chart, y, bottom)) {
    svg.text("text", label.series->label,
             {{"class", "end " + label.series->style},
              {"x", short_number(right + 6.0)},
              {"y", short_number(label.y)},
              {"dy", ".35em"}});
  }
  svg.end();
  return svg.str();
}

std::string render(const BarChart& chart) {
  constexpr double width = 180.0, height = 104.0, left = 4.0, right = 176.0, top = 8.0,
                   bottom = 84.0;
  SvgWriter svg;
  begin_svg(svg, chart.title, chart.description, width, height);
  const double tallest =
      chart.values.empty() ? 1.0 : *std::max_element(chart.values.begin(), chart.values.end());
  const Axis y{Scale::linear, 0.0, std::max(1.6, tallest * 1.05), bottom, top};
  const double step =
      (right - left) / static_cast<double>(std::max<std::size_t>(1, chart.values.size()));
  const double gap = std::min(1.5, 0.15 * step);
  std::string bars;
  for (std::size_t i = 0; i < chart.values.size(); ++i) {
    const double h = bottom - y(chart.values[i]);
    bars += fmt::format("M{} {}h{}v{}h{}z",
                        short_number(left + step * static_cast<double>(i) + 0.5 * gap, 2),
                        short_number(bottom), short_number(step - gap, 2), short_number(-h, 2),
                        short_number(gap - step, 2));
  }
  svg.leaf("path", {{"class", "bars"}, {"d", bars}});
  const std::string flat = short_number(y(1.0));
  svg.leaf("line",
           {{"class", "reference"}, {"x1", "2"}, {"x2", "178"}, {"y1", flat}, {"y2", flat}});
  svg.leaf("line", {{"class", "axis"}, {"x1", "2"}, {"x2", "178"}, {"y1", "84"}, {"y2", "84"}});
  svg.text("text", chart.first_label, {{"class", "tick"}, {"x", "4"}, {"y", "98"}});
  svg.text("text", chart.last_label,
           {{"class", "tick"}, {"x", "176"}, {"y", "98"}, {"text-anchor", "end"}});
  svg.end();
  return svg.str();
}

}  // namespace myriad::diag
