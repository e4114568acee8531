#pragma once
/// \file
/// The command line: verbs, flags, help. Wraps the parsing library, which no other folder sees.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/config.hpp"
#include "src/base/schema.hpp"

namespace myriad {

/// A positional argument of a verb.
struct CliPositional {
  enum class Count : std::uint8_t { one, optional, any };
  std::string name;  ///< as shown in help
  std::string doc;
  Count count = Count::one;
};

/// An option of one verb that has no configuration key (e.g. `--json` of `version`).
struct CliOption {
  enum class Kind : std::uint8_t { flag, value, values };
  std::string name;  ///< without dashes
  std::string doc;
  Kind kind = Kind::flag;  ///< `values` may be given several times
};

enum class TakesConfig : std::uint8_t { no, yes };

/// What the parser knows about a verb. Every key of the schema declared on_command_line() is a
/// flag.
struct CliVerb {
  std::string name;
  std::string summary;  ///< one line
  std::string example;  ///< one or more complete commands for --help
  std::shared_ptr<const Schema> schema;
  TakesConfig takes_config = TakesConfig::no;  ///< `[config.yaml]`, `--set` and `--dry-run` too
  std::vector<CliPositional> positionals;
  std::vector<CliOption> options;
};

/// The outcome of parsing.
struct CliResult {
  enum class Action : std::uint8_t { run, print_and_exit };
  Action action = Action::run;
  std::string text;  ///< help to print on stdout when action is print_and_exit
  std::string verb;
  std::optional<std::string> config_file;
  std::vector<ConfigOverride> overrides;
  bool dry_run = false;
  std::map<std::string, std::vector<std::string>, std::less<>> positionals;
  std::map<std::string, std::vector<std::string>, std::less<>>
      options;  ///< given ones; flags hold nothing
};

/// Parse the arguments after the program's name. `-h` is a screenful, `--help` is complete;
/// `--version` is the verb. Errors: ErrorKind::usage: E2601 no or unknown verb, E2602 unknown flag
/// (names the nearest), E2603 wrong arguments.
CliResult parse_command_line(const std::vector<std::string>& arguments,
                             const std::vector<CliVerb>& verbs, std::string_view program_summary);

/// Completion script for bash, made from the same tables.
std::string bash_completion(const std::vector<CliVerb>& verbs);

/// "wall_limit" -> "wall-limit".
std::string flag_name(std::string_view key);

}  // namespace myriad
