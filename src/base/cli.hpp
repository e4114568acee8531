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
  enum class Kind : std::uint8_t { flag, value };
  std::string name;  ///< without dashes
  std::string doc;
  Kind kind = Kind::flag;
};

/// What the parser knows about a verb. With a schema the verb also takes `[config.yaml]`, `--set`,
/// `--dry-run` and a flag per key declared on_command_line().
struct CliVerb {
  std::string name;
  std::string summary;  ///< one line
  std::string example;  ///< one or more complete commands for --help
  std::shared_ptr<const Schema> schema;
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
  std::map<std::string, std::string, std::less<>> options;  ///< given options; flags hold ""
};

/// Parse `program verb ...`. `-h` is a screenful, `--help` is complete.
/// Errors: ErrorKind::usage: E2601 no or unknown verb, E2602 unknown flag (names the nearest),
/// E2603 wrong arguments.
CliResult parse_command_line(const std::vector<std::string>& arguments,
                             const std::vector<CliVerb>& verbs, std::string_view program_summary);

/// Shell completion script ("bash") generated from the same tables.
std::string bash_completion(const std::vector<CliVerb>& verbs);

}  // namespace myriad
