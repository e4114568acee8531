#pragma once
/// \file
/// A validated configuration: YAML file + `--set` + flags, checked against a Schema, read through
/// typed getters.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/schema.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace detail {
struct ConfigNode;
struct ConfigRoot;
}  // namespace detail

/// A value given outside the file: `--set a.b=c` (path "a.b", YAML text) or a flag.
struct ConfigOverride {
  enum class Form : std::uint8_t { yaml, plain_text, comma_list };
  std::string path;    ///< "a.b", "a.b[0]"; an index equal to the length appends
  std::string value;   ///< YAML (flow) or, for flags of textual keys, the text itself
  std::string origin;  ///< "--set", "--members"
  Form form = Form::yaml;
};

/// "a.b[0]=c" -> override. Errors: ErrorKind::usage (E1010) without '=' or with an empty path.
ConfigOverride parse_set(std::string_view argument);

/// View of one section (or all) of a validated configuration; cheap to copy, shares the values.
///
/// A path is relative to the section: "lead", "model.width". Reading a key that the schema does not
/// declare, or with the getter of another type, is a programmer error and aborts. Reading marks the
/// key as used.
class Config {
 public:
  /// Empty configuration of an empty schema.
  Config();

  /// Validate YAML text. \param source file name for messages.
  /// YAML rules: <= 1 MB, depth <= 32, UTF-8, one document, no anchors, aliases, tags; duplicate
  /// keys refused. Errors: ErrorKind::config_invalid E1001..E1019 "file:line: problem (why) hint";
  /// unknown keys name the nearest one.
  static Config from_text(std::shared_ptr<const Schema> schema, std::string_view yaml,
                          std::string_view source,
                          const std::vector<ConfigOverride>& overrides = {});
  /// from_text of a file. Errors also: input_missing, permission.
  static Config from_file(std::shared_ptr<const Schema> schema, const std::filesystem::path& path,
                          const std::vector<ConfigOverride>& overrides = {});

  const Schema& schema() const;

  /// Whether an optional key or section was given (keys with a default always are). Marks an absent
  /// key as used.
  bool has(std::string_view path) const;

  std::int64_t integer(std::string_view path) const;
  double number(std::string_view path) const;
  bool flag(std::string_view path) const;
  std::string text(std::string_view path) const;  ///< text and choice
  std::filesystem::path path(std::string_view path) const;
  Duration duration(std::string_view path) const;
  /// Errors: config_invalid (E1013) when \p calendar does not have the date.
  Instant date(std::string_view path, Calendar calendar = Calendar::standard) const;
  std::vector<std::int64_t> members(std::string_view path) const;  ///< increasing, unique

  /// Getters of keys declared with list().
  std::vector<std::int64_t> integers(std::string_view path) const;
  std::vector<double> numbers(std::string_view path) const;
  std::vector<std::string> texts(std::string_view path) const;  ///< text and choice
  std::vector<std::filesystem::path> paths(std::string_view path) const;
  std::vector<Duration> durations(std::string_view path) const;
  std::vector<Instant> dates(std::string_view path, Calendar calendar = Calendar::standard) const;

  Config section(std::string_view path) const;
  std::vector<Config> sections(std::string_view path) const;  ///< of a section_list
  std::vector<std::pair<std::string, Config>> named_sections(
      std::string_view path) const;  ///< of a section_map, file order

  /// Where the value comes from: "default", "run.yaml:12", "--set", "--members"; "absent" when
  /// there is none.
  std::string origin(std::string_view path) const;
  /// An error about a value that only the verb can judge: "run.yaml:12: key 'a.b': <problem>".
  Error complaint(std::string_view path, std::string_view id, std::string_view problem) const;

  /// Effective values in schema order, canonical forms (all of the section).
  Json effective() const;
  /// Lines "path: value  # origin" of every key, absent optional ones as comments.
  std::string show() const;
  /// SHA-256 of the canonical JSON of the hashed keys (sorted), with the schema's name. Independent
  /// of key order, comments, origin and of how a value was written (10d = 240h).
  std::string sha256() const;

  /// Keys with a value that no getter has read yet.
  std::vector<std::string> unused_keys() const;
  /// Those of unused_keys() that the user has set: options without effect in this run.
  std::vector<std::string> unused_given_keys() const;
  /// Errors: ErrorKind::internal (E1019) naming the keys that were never read; call at the end of a
  /// run.
  void assert_all_used() const;

 private:
  Config(std::shared_ptr<detail::ConfigRoot> root, const detail::ConfigNode* node);
  std::shared_ptr<detail::ConfigRoot> root_;
  const detail::ConfigNode* node_ = nullptr;
};

/// Text of a configuration file (on one rank; the others get it by broadcast and use from_text).
/// Errors: input_missing, permission, input_corrupt (E1056) over 1 MB.
std::string read_config_file(const std::filesystem::path& path);

/// The name in \p candidates nearest to \p word (Damerau-Levenshtein, at most a third of the
/// letters wrong), or "".
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// "64" -> 0..63, "0-49", "3,7,11-13". Errors: ErrorKind::config_invalid (E1014).
std::vector<std::int64_t> parse_members(std::string_view text);
/// Shortest text that parse_members turns into \p members again ("0-49", "3,7,11-13").
std::string format_members(const std::vector<std::int64_t>& members);

}  // namespace myriad
