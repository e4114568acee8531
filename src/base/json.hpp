#pragma once
/// \file
/// JSON values: strict reading of untrusted text and deterministic writing.

#include "src/base/variant.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myriad {

/// A JSON value. Integers stay integers (64 bit, signed or unsigned); objects keep insertion order.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json();  ///< null
  // Out of line: inlined everywhere they are large, and instrumented code fools the warnings of
  // g++.
  ~Json();
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  Json(std::nullptr_t) {}              // NOLINT(google-explicit-constructor)
  Json(bool value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::unsigned_integral<T>) {
      if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(INT64_MAX)) {
        value_ = static_cast<std::uint64_t>(value);
        return;
      }
    }
    value_ = static_cast<std::int64_t>(value);
  }
  Json(double value) : value_(value) {}                  // NOLINT(google-explicit-constructor)
  Json(std::string value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Json(std::string_view value)
      : value_(std::string(value)) {}                      // NOLINT(google-explicit-constructor)
  Json(const char* value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Json(Array value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Json(Object value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const {
    return std::holds_alternative<std::int64_t>(value_) ||
           std::holds_alternative<std::uint64_t>(value_);
  }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  bool fits_int() const { return std::holds_alternative<std::int64_t>(value_); }

  /// Typed access. Errors: ErrorKind::input_corrupt (E1025) when the value is of another type or
  /// does not fit.
  bool as_bool() const;
  std::int64_t as_int() const;
  std::uint64_t as_uint() const;
  double as_double() const;  ///< integers convert
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// Member of an object; null pointer when absent or not an object.
  const Json* find(std::string_view key) const;
  /// Member of an object. Errors: ErrorKind::input_corrupt (E1026) naming the key when absent.
  const Json& at(std::string_view key) const;
  /// Replace or append a member; a null value becomes an object first.
  Json& set(std::string_view key, Json value);
  /// Append a member without looking for the key first (constant time); the key must be new.
  Json& append_member(std::string key, Json value);
  /// Append an element; a null value becomes an array first.
  Json& push_back(Json value);

  bool operator==(const Json& other) const = default;

 private:
  Variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t max_bytes = std::size_t{16} << 20;
  int max_depth = 64;
  std::size_t max_values = 250000;  ///< bounds memory: a member of an object takes up to 200 bytes
};

/// Parse one JSON document (RFC 8259; no comments, no trailing text, valid UTF-8).
///
/// Refused: text over the limits, duplicate keys, numbers that fit neither 64-bit integers nor a
/// finite double. \param source name for messages (file name) Errors: ErrorKind::input_corrupt
/// (E1020-E1024) with source and byte position.
Json parse_json(std::string_view text, std::string_view source, const JsonLimits& limits = {});
/// parse_json of a file. Errors also: those of read_text_file.
Json read_json_file(const std::filesystem::path& path, const JsonLimits& limits = {});

enum class JsonOrder : std::uint8_t { insertion, sorted };
enum class JsonStyle : std::uint8_t { compact, indented };

/// Text of \p value, the same bytes on every machine: shortest numbers that read back exactly,
/// independent of the locale; a double always shows a point or exponent. No trailing newline.
/// Bytes of a string that are no valid UTF-8 become U+FFFD.
/// Errors: ErrorKind::internal (E1027) for NaN and infinities, which JSON cannot hold (use null).
std::string to_json_text(const Json& value, JsonStyle style = JsonStyle::compact,
                         JsonOrder order = JsonOrder::insertion);

/// Shortest decimal text that reads back as the same double, independent of the locale ("0.1",
/// "1e-07", "nan").
std::string shortest(double value);
std::string shortest(float value);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

}  // namespace myriad
