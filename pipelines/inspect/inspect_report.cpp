#include "pipelines/inspect/inspect_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "src/base/error.hpp"

namespace myriad::pipelines {
namespace {

constexpr std::size_t k_line_width = 110;

/// A metadata text as JSON when it is an object or array, else as text.
Json as_value(const std::string& key, const std::string& text, std::string_view file) {
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return Json(text);
  try {
    return parse_section(text, key, file);
  } catch (const Error&) {
    return Json(text);
  }
}

bool is_scalar(const Json& value) {
  return !value.is_array() && !value.is_object();
}

std::string scalar_text(const Json& value) {
  return detail::printable(value.is_string() ? value.as_string() : to_json_text(value));
}

std::string short_list(const Json::Array& values) {
  std::string line = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line += ", ";
    line += scalar_text(values[i]);
    if (line.size() > k_line_width && i + 1 < values.size()) {
      return line + fmt::format(", ... {} more]", values.size() - i - 1);
    }
  }
  return line + "]";
}

/// Append `key: value` lines, deeper levels indented. The parser has bounded the depth.
void append_value(std::string& out, const std::string& key, const Json& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (is_scalar(value)) {
    out += fmt::format("{}{}: {}\n", margin, key, scalar_text(value));
    return;
  }
  if (value.is_object()) {
    out += fmt::format("{}{}:\n", margin, key);
    for (const auto& [name, member] : value.as_object()) {
      append_value(out, detail::printable(name), member, indent + 2);
    }
    return;
  }
  const Json::Array& values = value.as_array();
  if (std::all_of(values.begin(), values.end(), is_scalar)) {
    out += fmt::format("{}{}: {}\n", margin, key, short_list(values));
    return;
  }
  out += fmt::format("{}{}:\n", margin, key);
  for (const Json& element : values) {
    if (element.is_object() &&
        std::all_of(element.as_object().begin(), element.as_object().end(),
                    [](const auto& member) { return is_scalar(member.second); })) {
      // One line per record, such as a channel with its name, unit and level.
      std::vector<std::string> fields;
      for (const auto& [name, member] : element.as_object()) {
        fields.push_back(detail::printable(name) + "=" + scalar_text(member));
      }
      out += fmt::format("{}  - {}\n", margin, fmt::join(fields, " "));
    } else {
      append_value(out, "-", element, indent + 2);
    }
  }
}

std::uint64_t elements_of(const CheckpointHeader::Tensor& tensor) {
  return tensor.bytes / size_of(tensor.dtype);
}

std::uint64_t parameters_of(const CheckpointHeader& header) {
  std::uint64_t sum = 0;
  for (const auto& tensor : header.tensors) {
    if (is_floating(tensor.dtype)) sum += elements_of(tensor);
  }
  return sum;
}

std::uint64_t non_finite_of(const CheckpointSummary& summary, const std::string& name) {
  const auto found = summary.non_finite.find(name);
  return found == summary.non_finite.end() ? 0 : found->second;
}

std::vector<CheckpointHeader::Tensor> sorted_tensors(const CheckpointHeader& header) {
  auto tensors = header.tensors;
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return tensors;
}

}  // namespace

namespace detail {
std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (byte == 0xc2 && i + 1 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      // U+0080 to U+009F: eight-bit control codes, which some terminals obey.
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  return out;
}
}  // namespace detail

Json inspect_json(const CheckpointSummary& summary, std::string_view file) {
  const CheckpointHeader& header = summary.header;
  Json::Object metadata;
  for (const auto& [key, text] : header.metadata)
    metadata.emplace_back(key, as_value(key, text, file));
  Json::Array tensors;
  std::uint64_t non_finite = 0;
  for (const auto& tensor : sorted_tensors(header)) {
    Json::Array shape;
    for (const std::int64_t extent : tensor.shape) shape.emplace_back(extent);
    non_finite += non_finite_of(summary, tensor.name);
    tensors.emplace_back(Json::Object{{"name", Json(tensor.name)},
                                      {"dtype", Json(to_string(tensor.dtype))},
                                      {"shape", Json(std::move(shape))},
                                      {"bytes", Json(tensor.bytes)},
                                      {"xxh3", Json(tensor.hash)},
                                      {"non_finite", Json(non_finite_of(summary, tensor.name))}});
  }
  return Json(Json::Object{{"file", Json(file)},
                           {"kind", Json(to_string(header.kind))},
                           {"format", Json(1)},
                           {"verified", Json(true)},
                           {"file_bytes", Json(summary.file_bytes)},
                           {"header_bytes", Json(header.header_bytes)},
                           {"data_bytes", Json(header.data_bytes)},
                           {"header_xxh3", Json(header.header_hash)},
                           {"weights_sha256", Json(header.weights_sha256)},
                           {"parameters", Json(parameters_of(header))},
                           {"non_finite", Json(non_finite)},
                           {"metadata", Json(std::move(metadata))},
                           {"tensors", Json(std::move(tensors))}});
}

std::string inspect_text(const CheckpointSummary& summary, std::string_view file) {
  const CheckpointHeader& header = summary.header;
  std::string out;
  out += fmt::format("file: {}\n", detail::printable(file));
  out += fmt::format("kind: {} (native checkpoint, format 1)\n", to_string(header.kind));
  out += fmt::format("size: {} bytes ({} header, {} data)\n", summary.file_bytes,
                     header.header_bytes, header.data_bytes);
  out += fmt::format("header xxh3: {}\n", header.header_hash);
  out += fmt::format("weights sha256: {}\n", header.weights_sha256);
  out += fmt::format("numbers: {} in {} tensors\n", parameters_of(header), header.tensors.size());
  for (const auto& [key, text] : header.metadata)
    append_value(out, key, as_value(key, text, file), 0);

  const auto tensors = sorted_tensors(header);
  std::size_t name_width = 4;
  std::size_t shape_width = 5;
  std::vector<std::string> shapes;
  for (const auto& tensor : tensors) {
    shapes.push_back(fmt::format("[{}]", fmt::join(tensor.shape, ",")));
    name_width = std::max(name_width, tensor.name.size());
    shape_width = std::max(shape_width, shapes.back().size());
  }
  out += fmt::format("\n{:<{}}  {:<5}  {:<{}}  {:>12}  xxh3\n", "name", name_width, "dtype",
                     "shape", shape_width, "bytes");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t bad = non_finite_of(summary, tensors[i].name);
    out += fmt::format("{:<{}}  {:<5}  {:<{}}  {:>12}  {}{}\n", tensors[i].name, name_width,
                       to_string(tensors[i].dtype), shapes[i], shape_width, tensors[i].bytes,
                       tensors[i].hash, bad == 0 ? "" : fmt::format("  {} NaN or infinite", bad));
  }
  out += fmt::format("\nverified: header, {} tensors, weights\n", tensors.size());
  return out;
}

}  // namespace myriad::pipelines
