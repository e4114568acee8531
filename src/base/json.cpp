#include "src/base/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "src/base/error.hpp"
#include "src/base/files.hpp"

namespace myriad {

namespace {

const char* type_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a truth value";
  if (value.is_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  return "an object";
}

[[noreturn]] void wrong_type(const Json& value, const char* wanted) {
  throw Error(
      ErrorKind::input_corrupt, "E1025",
      fmt::format(
          "JSON value is {} where {} is expected (the file was not written for this purpose or is "
          "damaged); check which file was given",
          type_name(value), wanted));
}

/// Builds the tree while the parser reads; refuses at once what must not get in.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view source, const JsonLimits& limits) : source_(source), limits_(limits) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t value, const string_t& text) override {
    const bool integer = text.find_first_not_of("-0123456789") == std::string::npos;
    if (integer || !std::isfinite(value)) {
      fail("E1023", fmt::format("number {} does not fit (64-bit integers and doubles are read)",
                                clip(text)));
    }
    return add(Json(value));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(std::size_t /*size*/) override { return open(Json(Json::Object{})); }
  bool key(string_t& name) override {
    if (!names_.back().insert(name).second) {
      fail("E1022",
           fmt::format("key \"{}\" appears twice in one object (which one counts is undefined)",
                       clip(name)));
    }
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(Json(Json::Array{})); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& problem) override {
    // The library's own text starts with its name and position; keep what follows the last ": ".
    std::string reason = problem.what();
    if (problem.id == 406) {
      fail("E1023", fmt::format("number {} does not fit (64-bit integers and doubles are read)",
                                clip(token)));
    }
    const std::size_t cut = reason.find("syntax error");
    if (cut != std::string::npos) reason.erase(0, cut);
    throw Error(
        ErrorKind::input_corrupt, "E1021",
        fmt::format("{}: byte {}: not valid JSON ({}); the file is damaged or of another format",
                    source_, position, clip(reason, 200)));
  }

 private:
  static std::string clip(std::string text, std::size_t most = 60) {
    if (text.size() > most) text = text.substr(0, most) + "...";
    return text;
  }

  [[noreturn]] void fail(std::string_view id, const std::string& problem) const {
    throw Error(ErrorKind::input_corrupt, id,
                fmt::format("{}: {}; the file is damaged or was made to harm", source_, problem));
  }

  Json* place(Json value) {
    if (++count_ > limits_.max_values) {
      fail("E1024", fmt::format("more than {} values (limit of this reader)", limits_.max_values));
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.push_back(std::move(value));
    return &parent.append_member(std::move(key_), std::move(value));
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json container) {
    if (static_cast<int>(open_.size()) >= limits_.max_depth) {
      fail("E1024",
           fmt::format("nested deeper than {} levels (limit of this reader)", limits_.max_depth));
    }
    open_.push_back(place(std::move(container)));
    names_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    names_.pop_back();
    return true;
  }

  std::string source_;
  JsonLimits limits_;
  Json root_;
  std::vector<Json*> open_;
  std::vector<std::unordered_set<std::string>> names_;
  std::string key_;
  std::size_t count_ = 0;
};

/// Length of the valid UTF-8 sequence at \p text[at], 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const auto tail = [&](std::size_t i, unsigned low = 0x80U, unsigned high = 0xBFU) {
    return byte(i) >= low && byte(i) <= high;
  };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0U : 0x80U;
    const unsigned high = first == 0xED ? 0x9FU : 0xBFU;  // no surrogates
    return tail(at + 1, low, high) && tail(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90U : 0x80U;
    const unsigned high = first == 0xF4 ? 0x8FU : 0xBFU;
    return tail(at + 1, low, high) && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = utf8_length(text, i);
    if (length == 0) {
      out += "\\ufffd";
      ++i;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(i, length));
    }
    i += length;
  }
  out += '"';
}

class Writer {
 public:
  Writer(JsonStyle style, JsonOrder order)
      : indented_(style == JsonStyle::indented), order_(order) {}

  void write(const Json& value, int depth) {
    if (value.is_null()) {
      out_ += "null";
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else if (value.is_integer()) {
      write_integer(value);
    } else if (value.is_number()) {
      write_double(value.as_double());
    } else if (value.is_string()) {
      write_string(out_, value.as_string());
    } else if (value.is_array()) {
      write_array(value.as_array(), depth);
    } else {
      write_object(value.as_object(), depth);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_integer(const Json& value) {
    std::array<char, 24> buffer{};
    const Json* v = &value;
    const std::to_chars_result end =
        v->fits_int() ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), v->as_int())
                      : std::to_chars(buffer.data(), buffer.data() + buffer.size(), v->as_uint());
    out_.append(buffer.data(), end.ptr);
  }

  void write_double(double value) {
    MYRIAD_VALIDATE(
        std::isfinite(value), ErrorKind::internal, "E1027",
        "cannot write {} as JSON (the format has no such number); the caller must write null",
        shortest(value));
    const std::string text = shortest(value);
    out_ += text;
    if (text.find_first_of(".e") == std::string::npos) out_ += ".0";
  }

  void write_array(const Json::Array& array, int depth) {
    // Arrays of plain values stay on one line also when indented.
    const bool flat = std::none_of(array.begin(), array.end(),
                                   [](const Json& v) { return v.is_array() || v.is_object(); });
    out_ += '[';
    bool first = true;
    for (const Json& element : array) {
      if (!first) out_ += indented_ && flat ? ", " : ",";
      first = false;
      if (!flat) new_line(depth + 1);
      write(element, depth + 1);
    }
    if (!flat) new_line(depth);
    out_ += ']';
  }

  void write_object(const Json::Object& object, int depth) {
    std::vector<const Json::Member*> members;
    members.reserve(object.size());
    for (const Json::Member& m : object) members.push_back(&m);
    if (order_ == JsonOrder::sorted) {
      std::stable_sort(members.begin(), members.end(),
                       [](const auto* a, const auto* b) { return a->first < b->first; });
    }
    out_ += '{';
    bool first = true;
    for (const Json::Member* m : members) {
      if (!first) out_ += ',';
      first = false;
      new_line(depth + 1);
      write_string(out_, m->first);
      out_ += indented_ ? ": " : ":";
      write(m->second, depth + 1);
    }
    if (!members.empty()) new_line(depth);
    out_ += '}';
  }

  void new_line(int depth) {
    if (!indented_) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(2 * depth), ' ');
  }

  bool indented_;
  JsonOrder order_;
  std::string out_;
};

template <class Float>
std::string shortest_text(Float value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace

Json::Json() = default;
Json::~Json() = default;
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;

bool Json::as_bool() const {
  if (!is_bool()) wrong_type(*this, "a truth value");
  return std::get<bool>(value_);
}

std::int64_t Json::as_int() const {
  if (!std::holds_alternative<std::int64_t>(value_)) wrong_type(*this, "a 64-bit integer");
  return std::get<std::int64_t>(value_);
}

std::uint64_t Json::as_uint() const {
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return *value;
  const auto* value = std::get_if<std::int64_t>(&value_);
  if (value == nullptr || *value < 0) wrong_type(*this, "a non-negative integer");
  return static_cast<std::uint64_t>(*value);
}

double Json::as_double() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
  wrong_type(*this, "a number");
}

const std::string& Json::as_string() const {
  if (!is_string()) wrong_type(*this, "a string");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array() const {
  if (!is_array()) wrong_type(*this, "an array");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object() const {
  if (!is_object()) wrong_type(*this, "an object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const Member& m : *object) {
    if (m.first == key) return &m.second;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  const Json* value = find(key);
  MYRIAD_VALIDATE(value != nullptr, ErrorKind::input_corrupt, "E1026",
                  "JSON object has no member \"{}\" (the file was not written for this purpose or "
                  "is damaged); check "
                  "which file was given",
                  key);
  return *value;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  MYRIAD_EXPECT(is_object());
  for (Member& m : std::get<Object>(value_)) {
    if (m.first == key) {
      m.second = std::move(value);
      return m.second;
    }
  }
  return append_member(std::string(key), std::move(value));
}

Json& Json::append_member(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  MYRIAD_EXPECT(is_object());
  return std::get<Object>(value_).emplace_back(std::move(key), std::move(value)).second;
}

Json& Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  MYRIAD_EXPECT(is_array());
  return std::get<Array>(value_).emplace_back(std::move(value));
}

Json parse_json(std::string_view text, std::string_view source, const JsonLimits& limits) {
  MYRIAD_VALIDATE(
      text.size() <= limits.max_bytes, ErrorKind::input_corrupt, "E1020",
      "{}: {} bytes of JSON (more than the limit of {}); the file is damaged or of another kind",
      source, text.size(), limits.max_bytes);
  Builder builder(source, limits);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

Json read_json_file(const std::filesystem::path& path, const JsonLimits& limits) {
  return parse_json(read_text_file(path, limits.max_bytes), path.string(), limits);
}

std::string to_json_text(const Json& value, JsonStyle style, JsonOrder order) {
  Writer writer(style, order);
  writer.write(value, 0);
  return writer.take();
}

std::string shortest(double value) {
  return shortest_text(value);
}
std::string shortest(float value) {
  return shortest_text(value);
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace myriad
