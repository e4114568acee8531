#pragma once
/// \file
/// A small writer of SVG fragments.

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myriad::diag {

/// A point in the user units of a drawing: x to the right, y downwards.
struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// Text with &, <, >, " and ' escaped, for content and attribute values.
std::string escape_markup(std::string_view text);

/// Shortest decimal with at most \p decimals digits after the point ("1.5", "-3", "0"): drawings
/// are mostly numbers.
std::string short_number(double value, int decimals = 1);

/// Builds markup; elements close themselves in the right order.
class SvgWriter {
 public:
  using Attribute = std::pair<std::string_view, std::string>;

  /// Begin an element that has children; end() closes the innermost one.
  SvgWriter& begin(std::string_view element, std::initializer_list<Attribute> attributes = {});
  SvgWriter& begin(std::string_view element, std::span<const Attribute> attributes);
  SvgWriter& end();
  /// An element without children.
  SvgWriter& leaf(std::string_view element, std::initializer_list<Attribute> attributes);
  SvgWriter& leaf(std::string_view element, std::span<const Attribute> attributes);
  /// An element with escaped text inside.
  SvgWriter& text(std::string_view element, std::string_view content,
                  std::initializer_list<Attribute> attributes = {});
  /// Append markup as it is.
  SvgWriter& raw(std::string_view markup);

  /// The markup.
  /// Precondition: every begun element has ended.
  const std::string& str() const;

 private:
  void open(std::string_view element, std::span<const Attribute> attributes);
  std::string out_;
  std::vector<std::string> open_;
};

/// Path data "M x y L …" through \p points; non-finite points interrupt the line.
std::string line_path(std::span<const Point> points);
/// Closed path data around a band: forward along \p upper, back along \p lower.
std::string band_path(std::span<const Point> upper, std::span<const Point> lower);

}  // namespace myriad::diag
