#include "diagnostics/svg.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/base/error.hpp"

namespace myriad::diag {

std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // Control characters other than tab and line ends are not allowed in XML.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
    }
  }
  return out;
}

std::string short_number(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

void SvgWriter::open(std::string_view element, std::span<const Attribute> attributes) {
  out_ += '<';
  out_ += element;
  for (const auto& [name, value] : attributes) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    out_ += escape_markup(value);
    out_ += '"';
  }
}

SvgWriter& SvgWriter::begin(std::string_view element, std::initializer_list<Attribute> attributes) {
  return begin(element, std::span(attributes.begin(), attributes.size()));
}

SvgWriter& SvgWriter::begin(std::string_view element, std::span<const Attribute> attributes) {
  open(element, attributes);
  out_ += '>';
  open_.emplace_back(element);
  return *this;
}

SvgWriter& SvgWriter::end() {
  MYRIAD_EXPECT(!open_.empty());
  out_ += "</" + open_.back() + ">";
  open_.pop_back();
  return *this;
}

SvgWriter& SvgWriter::leaf(std::string_view element, std::initializer_list<Attribute> attributes) {
  return leaf(element, std::span(attributes.begin(), attributes.size()));
}

SvgWriter& SvgWriter::leaf(std::string_view element, std::span<const Attribute> attributes) {
  open(element, attributes);
  out_ += "/>";
  return *this;
}

SvgWriter& SvgWriter::text(std::string_view element, std::string_view content,
                           std::initializer_list<Attribute> attributes) {
  open(element, std::span(attributes.begin(), attributes.size()));
  out_ += '>';
  out_ += escape_markup(content);
  out_ += "</";
  out_ += element;
  out_ += '>';
  return *this;
}

SvgWriter& SvgWriter::raw(std::string_view markup) {
  out_ += markup;
  return *this;
}

const std::string& SvgWriter::str() const {
  MYRIAD_EXPECT(open_.empty());
  return out_;
}

std::string line_path(std::span<const Point> points) {
  std::string path;
  bool pen_down = false;
  for (const Point& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) {
      pen_down = false;
      continue;
    }
    path += pen_down ? 'L' : 'M';
    path += short_number(p.x) + ' ' + short_number(p.y);
    pen_down = true;
  }
  return path;
}

std::string band_path(std::span<const Point> upper, std::span<const Point> lower) {
  std::vector<Point> outline;
  for (const Point& p : upper) {
    if (std::isfinite(p.x) && std::isfinite(p.y)) outline.push_back(p);
  }
  for (std::size_t i = lower.size(); i-- > 0;) {
    if (std::isfinite(lower[i].x) && std::isfinite(lower[i].y)) outline.push_back(lower[i]);
  }
  return outline.size() < 3 ? std::string() : line_path(outline) + "Z";
}

}  // namespace myriad::diag
