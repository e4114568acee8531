/// The command line: each line of the input is one argument.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/cli.hpp"
#include "src/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/config_schema.hpp"

namespace myriad::fuzz {
namespace {

std::vector<CliVerb> verbs() {
  CliVerb run;
  run.name = "run";
  run.summary = "Run";
  run.example = "myriad run a.yaml";
  run.schema = rich_schema();
  run.takes_config = TakesConfig::yes;
  CliVerb look;
  look.name = "look";
  look.summary = "Look";
  look.example = "myriad look FILE";
  look.schema = std::make_shared<Schema>("look", "Look");
  look.positionals = {{"FILE", "a file", CliPositional::Count::one},
                      {"MORE", "more files", CliPositional::Count::any}};
  look.options = {{"json", "as JSON", CliOption::Kind::flag},
                  {"case", "a name", CliOption::Kind::value}};
  return {run, look};
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  static const std::vector<CliVerb> known = verbs();
  std::vector<std::string> arguments;
  std::string_view rest = text_of(data, size);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    arguments.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  try {
    const CliResult result = parse_command_line(arguments, known, "fuzz");
    if (result.action == CliResult::Action::print_and_exit) {
      require(!result.text.empty(), "help is never empty");
      return 0;
    }
    require(result.verb == "run" || result.verb == "look", "an accepted verb is a known one");
    if (result.verb == "run") {
      static_cast<void>(Config::from_text(known[0].schema, "stages: [{steps: 2}]", "base.yaml",
                                          result.overrides));
    }
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
