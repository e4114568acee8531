#include "diagnostics/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/chart_data.hpp"
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

using detail::Axis;

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
  return longest == 0 ? 10.0 : 16.0 + 6.9 * static_cast<double>(longest);
}

void begin_svg(SvgWriter& svg, const std::string& title, const std::string& description,
               double width, double height, const std::vector<SvgWriter::Attribute>& data = {}) {
  std::vector<SvgWriter::Attribute> attributes{
      {"viewBox", fmt::format("0 0 {} {}", short_number(width), short_number(height))},
      {"role", "img"},
      {"class", "chart"},
      {"xmlns", "http://www.w3.org/2000/svg"}};
  attributes.insert(attributes.end(), data.begin(), data.end());
  svg.begin("svg", attributes);
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

void draw_boxes(SvgWriter& svg, const LineChart& chart, const Axis& x, const Axis& y) {
  if (chart.boxes.empty()) return;
  double gap = k_width;
  for (std::size_t i = 1; i < chart.boxes.size(); ++i)
    gap = std::min(gap, x(chart.boxes[i].x) - x(chart.boxes[i - 1].x));
  const double half = std::clamp(0.3 * gap, 1.5, 8.0);
  std::string whiskers, thin, thick, medians;
  const auto rectangle = [&](double px, double width, double low, double high) {
    return fmt::format("M{} {}h{}V{}h{}z", short_number(px - width), short_number(y(low)),
                       short_number(2.0 * width), short_number(y(high)),
                       short_number(-2.0 * width));
  };
  for (const Box& box : chart.boxes) {
    if (!std::isfinite(box.median)) continue;
    const double px = x(box.x);
    whiskers += fmt::format("M{} {}V{}", short_number(px), short_number(y(box.lowest)),
                            short_number(y(box.highest)));
    thin += rectangle(px, 0.45 * half, box.q10, box.q90);
    thick += rectangle(px, half, box.q25, box.q75);
    medians += fmt::format("M{} {}h{}", short_number(px - half), short_number(y(box.median)),
                           short_number(2.0 * half));
  }
  svg.leaf("path", {{"class", "whisker"}, {"d", whiskers}});
  svg.leaf("path", {{"class", "box"}, {"d", thin}});
  svg.leaf("path", {{"class", "box"}, {"d", thick}});
  svg.leaf("path", {{"class", "median"}, {"d", medians}});
  detail::add_box_data(svg, chart.boxes);
}

void draw_series(SvgWriter& svg, const Series& s, const Axis& x, const Axis& y) {
  const std::vector<Point> points = project(x, y, s.x, s.y);
  std::vector<SvgWriter::Attribute> attributes{{"class", "line " + s.style},
                                               {"d", line_path(points)}};
  if (!s.label.empty()) detail::add_series_data(attributes, s);
  svg.leaf("path", attributes);
  if (s.marks == Marks::none) return;
  std::string discs;  // zero-length strokes with round caps
  for (const Point& p : points) {
    if (std::isfinite(p.x) && std::isfinite(p.y))
      discs += fmt::format("M{} {}h0", short_number(p.x), short_number(p.y));
  }
  svg.leaf("path", {{"class", "discs " + s.style}, {"d", discs}});
}

/// Lines without a label become one path: a plume has many, and nobody asks for their numbers.
void draw_unlabelled(SvgWriter& svg, const LineChart& chart, const Axis& x, const Axis& y) {
  std::vector<std::pair<std::string, std::string>> paths;  // style, data; in order of appearance
  for (const Series& s : chart.series) {
    if (!s.label.empty()) continue;
    auto found = std::find_if(paths.begin(), paths.end(),
                              [&](const auto& path) { return path.first == s.style; });
    if (found == paths.end()) found = paths.insert(paths.end(), {s.style, {}});
    found->second += line_path(project(x, y, s.x, s.y));
  }
  for (const auto& [style, data] : paths)
    svg.leaf("path", {{"class", "line " + style}, {"d", data}});
}

/// Of all that is drawn.
std::pair<Range, Range> ranges_of(const LineChart& chart) {
  Range xr, yr;
  for (const Band& b : chart.bands) {
    xr.add(b.x, chart.x_scale);
    yr.add(b.low, chart.y_scale);
    yr.add(b.high, chart.y_scale);
  }
  for (const Box& b : chart.boxes) {
    xr.add({b.x}, chart.x_scale);
    yr.add({b.lowest, b.highest}, chart.y_scale);
  }
  for (const Series& s : chart.series) {
    xr.add(s.x, chart.x_scale);
    yr.add(s.y, chart.y_scale);
  }
  return {xr, yr};
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
  const auto [xr, yr] = ranges_of(chart);
  SvgWriter svg;
  if (xr.empty() || yr.empty()) {
    begin_svg(svg, chart.title, chart.description, k_width, chart.height);
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
  Axis x = make_axis(xr, chart.x_scale, k_left, right);
  if (!chart.boxes.empty()) {  // half a box stands out on both sides
    x.from += 8.0;
    x.to -= 8.0;
  }
  const Axis y = make_y_axis(chart, yr, bottom);
  begin_svg(svg, chart.title, chart.description, k_width, chart.height,
            detail::axis_data(x, y, chart.x_title, chart.value_unit.value_or(chart.y_title)));
  draw_axes(svg, chart, x, y, right, bottom);
  for (const Band& b : chart.bands) {
    std::vector<SvgWriter::Attribute> attributes{
        {"class", "band " + b.style},
        {"d", band_path(project(x, y, b.x, b.high), project(x, y, b.x, b.low))}};
    if (!b.label.empty()) detail::add_band_data(attributes, b);
    svg.leaf("path", attributes);
  }
  draw_boxes(svg, chart, x, y);
  draw_unlabelled(svg, chart, x, y);
  for (const Series& s : chart.series) {
    if (!s.label.empty()) draw_series(svg, s, x, y);
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
  double tallest =
      chart.values.empty() ? 1.0 : *std::max_element(chart.values.begin(), chart.values.end());
  if (chart.flat) tallest = std::max(tallest, 1.5 * *chart.flat);
  const Axis y{Scale::linear, 0.0, tallest > 0.0 ? tallest * 1.05 : 1.0, bottom, top};
  const double count = static_cast<double>(std::max<std::size_t>(1, chart.values.size()));
  const double step = (right - left) / count;
  // Bar i, counted from 1, has its middle at i.
  const Axis x{Scale::linear, 0.5, count + 0.5, left, right};
  begin_svg(svg, chart.title, chart.description, width, height,
            detail::axis_data(x, y, chart.x_name, ""));
  const double gap = std::min(1.5, 0.15 * step);
  std::string bars;
  for (std::size_t i = 0; i < chart.values.size(); ++i) {
    const double h = bottom - y(chart.values[i]);
    bars += fmt::format("M{} {}h{}v{}h{}z",
                        short_number(left + step * static_cast<double>(i) + 0.5 * gap, 2),
                        short_number(bottom), short_number(step - gap, 2), short_number(-h, 2),
                        short_number(gap - step, 2));
  }
  std::vector<SvgWriter::Attribute> attributes{{"class", "bars"}, {"d", bars}};
  Series data{chart.y_name, "", {}, chart.values, Marks::none};
  for (std::size_t i = 1; i <= chart.values.size(); ++i) data.x.push_back(static_cast<double>(i));
  detail::add_series_data(attributes, data);
  svg.leaf("path", attributes);
  if (chart.flat) {
    const std::string flat = short_number(y(*chart.flat));
    svg.leaf("line",
             {{"class", "reference"}, {"x1", "2"}, {"x2", "178"}, {"y1", flat}, {"y2", flat}});
  }
  svg.leaf("line", {{"class", "axis"}, {"x1", "2"}, {"x2", "178"}, {"y1", "84"}, {"y2", "84"}});
  svg.text("text", chart.first_label, {{"class", "tick"}, {"x", "4"}, {"y", "98"}});
  svg.text("text", chart.last_label,
           {{"class", "tick"}, {"x", "176"}, {"y", "98"}, {"text-anchor", "end"}});
  svg.end();
  return svg.str();
}

}  // namespace myriad::diag
