#pragma once
/// \file
/// What a configuration may contain: keys with type, unit, default, range and one line of
/// documentation.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/json.hpp"

namespace myriad {

enum class KeyType : std::uint8_t {
  integer,
  number,
  flag,  ///< true or false
  text,
  choice,    ///< one of choices()
  duration,  ///< "240h", "10d", "90min", "45s", "hh:mm:ss"
  date,      ///< ISO 8601, UTC
  path,      ///< as written; a leading "~/" means the home directory
  members,   ///< 64 (members 0..63), "0-49" or "3,7,11-13"
  section,
  section_list,  ///< sequence of sections
  section_map,   ///< sections under names of the user's choice
};

/// "integer", "number", ... as shown to users.
std::string_view to_string(KeyType type);

class Schema;

/// One key. The setters return the key, so that a declaration reads as one sentence.
class Key {
 public:
  Key(std::string name, KeyType type, std::string doc);
  ~Key();
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  /// A key is optional (may be absent) until it gets a default or is required.
  Key& required();
  /// Value when the user gives none, in the form a user would write; must obey the key's own rules
  /// (precondition).
  Key& default_to(Json value);
  /// Inclusive bounds of an integer, number, or of a duration in seconds.
  Key& range(double least, double greatest);
  Key& at_least(double least);
  Key& above(double bound);  ///< exclusive
  Key& below(double bound);  ///< exclusive
  Key& unit(std::string unit);
  Key& choices(std::vector<std::string> names);
  /// A sequence of the type instead of one value, with \p least to \p most elements.
  Key& list(std::size_t least = 0, std::size_t most = 1000000);
  /// Also settable as `--name` on the command line ('_' becomes '-'); top-level keys only.
  Key& on_command_line();
  /// Does not change results (output place, threads, log): left out of the configuration's hash.
  Key& not_hashed();

  const std::string& name() const { return name_; }
  KeyType type() const { return type_; }
  const std::string& doc() const { return doc_; }
  const std::string& unit() const { return unit_; }
  bool is_required() const { return required_; }
  bool is_list() const { return list_; }
  bool is_hashed() const;
  bool has_flag() const { return flag_; }
  bool is_section() const { return type_ >= KeyType::section; }
  /// A list of sections that may also be written as one section.
  bool accepts_one() const { return accepts_one_; }
  const std::optional<Json>& default_value() const { return default_; }
  const std::vector<std::string>& choice_names() const { return choices_; }
  const Schema& child() const { return *child_; }
  /// "integer >= 1", "one of a | b", "list of 2 numbers [m]": for messages and templates.
  std::string describe_type() const;
  /// Canonical form of a user's value (durations in hours, dates in full, numbers as double).
  /// Sections excluded. Returns the complaint ("expected an integer, got 'x'") through \p problem
  /// when it does not fit.
  std::optional<Json> canonical(const Json& value, std::string& problem) const;
  /// JSON Schema of the value.
  Json json_schema() const;

 private:
  friend class Schema;
  std::optional<Json> canonical_scalar(const Json& value, std::string& problem) const;
  std::string name_;
  KeyType type_;
  std::string doc_;
  std::string unit_;
  bool required_ = false;
  bool list_ = false;
  bool hashed_ = true;
  bool flag_ = false;
  bool accepts_one_ = false;
  bool exclusive_least_ = false;
  bool exclusive_greatest_ = false;
  double least_ = -std::numeric_limits<double>::infinity();
  double greatest_ = std::numeric_limits<double>::infinity();
  std::size_t least_count_ = 0;
  std::size_t most_count_ = 0;
  std::vector<std::string> choices_;
  std::optional<Json> default_;
  std::unique_ptr<Schema> child_;
};

/// A section of a configuration: ordered keys. Names are lower_snake_case.
///
///     Schema s("forecast", "Run an ensemble forecast");
///     s.members("members", "Members to run").default_to(64).on_command_line();
///     s.number("spread", "Amplitude of the initial noise").default_to(0.35).at_least(0).unit("1");
///     Schema& model = s.section("model", "The network");
///     model.path("checkpoints", "Checkpoint files").list(1).required();
class Schema {
 public:
  Schema(std::string name, std::string doc);
  Schema(Schema&&) noexcept = default;
  Schema& operator=(Schema&&) noexcept = default;

  Key& integer(std::string name, std::string doc);
  Key& number(std::string name, std::string doc);
  Key& flag(std::string name, std::string doc);
  Key& text(std::string name, std::string doc);
  Key& choice(std::string name, std::string doc, std::vector<std::string> names);
  Key& duration(std::string name, std::string doc);
  Key& date(std::string name, std::string doc);
  Key& path(std::string name, std::string doc);
  Key& members(std::string name, std::string doc);
  /// A section that is always there (its keys take their defaults).
  Schema& section(std::string name, std::string doc);
  /// A section that is there only when the user writes it (`name: {}` is enough).
  Schema& optional_section(std::string name, std::string doc);
  Schema& section_list(std::string name, std::string doc);
  /// A list of sections; a section in its place is a list of one. Read with Config::sections().
  Schema& section_or_list(std::string name, std::string doc);
  Schema& section_map(std::string name, std::string doc);

  /// Nothing in this section changes results: it is left out of the hash, whether it is there or not.
  Schema& not_hashed();
  bool is_hashed() const { return hashed_; }

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  const std::vector<std::unique_ptr<Key>>& keys() const { return keys_; }
  const Key* find(std::string_view name) const;
  bool is_optional() const { return optional_; }

  /// JSON Schema (draft 2020-12).
  Json json_schema() const;
  /// Commented YAML template with every key: required ones open, the others commented out at their
  /// default.
  std::string yaml_template() const;

 private:
  Key& add(std::string name, KeyType type, std::string doc);
  Schema& add_child(std::string name, KeyType type, std::string doc);
  void write_template(std::string& out, const std::string& indent, const std::string& mark) const;

  std::string name_;
  std::string doc_;
  bool optional_ = false;
  bool hashed_ = true;
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace myriad
