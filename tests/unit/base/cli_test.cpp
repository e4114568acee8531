#include "src/base/cli.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using test::expect_error;

std::vector<CliVerb> example_verbs() {
  Schema s("forecast", "Run");
  s.members("members", "Members to run").default_to(64).on_command_line();
  s.flag("overwrite", "Replace output").default_to(false).on_command_line();
  s.duration("wall_limit", "Stop in time").on_command_line();
  s.number("factors", "Factors").list().on_command_line();
  s.integer("hidden", "Not a flag").default_to(1);
  for (int i = 0; i < 30; ++i)
    s.integer("key_" + std::to_string(i), "Filler " + std::string(80, 'x')).on_command_line();
  CliVerb forecast;
  forecast.name = "forecast";
  forecast.summary = "Run an ensemble forecast";
  forecast.example = "  myriad forecast run.yaml --members 0-7";
  forecast.schema = std::make_shared<const Schema>(std::move(s));
  forecast.takes_config = TakesConfig::yes;

  CliVerb inspect;
  inspect.name = "inspect";
  inspect.summary = "Look at files";
  inspect.schema = std::make_shared<const Schema>("inspect", "Look");
  inspect.positionals = {{"FIRST", "a file", CliPositional::Count::one},
                         {"MORE", "files", CliPositional::Count::any}};
  inspect.options = {{"json", "as JSON", CliOption::Kind::flag},
                     {"like", "a name", CliOption::Kind::value},
                     {"set", "several", CliOption::Kind::values}};

  CliVerb version;
  version.name = "version";
  version.summary = "Versions";
  version.schema = std::make_shared<const Schema>("version", "Versions");
  return {forecast, inspect, version};
}

CliResult parse(const std::vector<std::string>& arguments) {
  return parse_command_line(arguments, example_verbs(), "test program");
}

void refused(const std::vector<std::string>& arguments, std::string_view id,
             const std::vector<std::string>& words) {
  expect_error([&] { parse(arguments); }, ErrorKind::usage, id, words);
}

TEST(CommandLine, FlagsBecomeOverridesOfTheKeysOfTheSameName) {
  const CliResult r =
      parse({"forecast", "run.yaml", "--members", "0-7", "--set", "a.b=c", "--overwrite",
             "--wall-limit=2h", "--set=d=e", "--factors", "1,2.5", "--dry-run"});
  EXPECT_EQ(r.action, CliResult::Action::run);
  EXPECT_EQ(r.verb, "forecast");
  EXPECT_EQ(r.config_file, "run.yaml");
  EXPECT_TRUE(r.dry_run);
  const auto with = [&](std::string_view path) {
    const auto found = std::find_if(r.overrides.begin(), r.overrides.end(),
                                    [&](const auto& o) { return o.path == path; });
    return found == r.overrides.end() ? ConfigOverride{} : *found;
  };
  EXPECT_EQ(with("members").value, "0-7");
  EXPECT_EQ(with("members").origin, "--members");
  EXPECT_EQ(with("overwrite").value, "true");
  EXPECT_EQ(with("wall_limit").value, "2h");
  EXPECT_EQ(with("a.b").value, "c");
  EXPECT_EQ(with("d").value, "e");
  EXPECT_EQ(with("factors").form, ConfigOverride::Form::comma_list);
}

TEST(CommandLine, FlagsAreValidatedByTheSchema) {
  const auto schema = example_verbs()[0].schema;
  const CliResult r =
      parse({"forecast", "--members", "0-7", "--overwrite", "--factors", "1,2.5", "--key-3", "9"});
  const Config c = Config::from_text(schema, "", "command line", r.overrides);
  EXPECT_EQ(c.members("members").size(), 8U);
  EXPECT_TRUE(c.flag("overwrite"));
  EXPECT_EQ(c.numbers("factors"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(c.integer("key_3"), 9);
  EXPECT_EQ(c.origin("key_3"), "--key-3");
  const CliResult bad = parse({"forecast", "--members", "many"});
  expect_error([&] { Config::from_text(schema, "", "command line", bad.overrides); },
               ErrorKind::config_invalid, "E1006", {"--members", "'many'"});
}

TEST(CommandLine, UnknownFlagsAndVerbsNameTheNearest) {
  refused({"forecast", "--membres", "8"}, "E2602", {"--membres", "did you mean --members?"});
  refused({"forecast", "--wall_limit", "2h"}, "E2602", {"did you mean --wall-limit?"});
  refused({"forecast", "--dry-rnu"}, "E2602", {"did you mean --dry-run?"});
  refused({"forecast", "-x"}, "E2602", {"-x"});
  refused({"forecast", "--hidden", "3"}, "E2602", {"--hidden"});
  refused({"inspect", "a", "--dry-run"}, "E2602", {"--dry-run"});
  refused({"forcast"}, "E2601", {"did you mean 'forecast'?"});
  refused({"--members"}, "E2601", {"--members"});
  refused({}, "E2601", {"no verb"});
}

TEST(CommandLine, PositionalsAreDealtOutInOrder) {
  CliResult r = parse({"inspect", "a", "--json", "b", "c"});
  EXPECT_EQ(r.positionals.at("FIRST"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(r.positionals.at("MORE"), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(r.options.contains("json"));
  EXPECT_FALSE(r.options.contains("like"));
  r = parse({"inspect", "--like", "x", "--set", "1", "--set", "2", "a", "--", "--strange name"});
  EXPECT_EQ(r.options.at("like"), (std::vector<std::string>{"x"}));
  EXPECT_EQ(r.options.at("set"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(r.positionals.at("MORE"), (std::vector<std::string>{"--strange name"}));
}

TEST(CommandLine, MissingAndSuperfluousArgumentsAreRefused) {
  refused({"inspect"}, "E2603", {"FIRST", "usage: myriad inspect"});
  refused({"version", "x"}, "E2603", {"'x'"});
  refused({"forecast", "a.yaml", "b.yaml"}, "E2603", {"'b.yaml'"});
  refused({"forecast", "--members"}, "E2603", {"--members"});
  refused({"forecast", "--set"}, "E2603", {"--set"});
  expect_error([] { parse({"forecast", "--set", "novalue"}); }, ErrorKind::usage, "E1010");
}

TEST(CommandLine, ShortHelpFitsAScreen) {
  for (const CliVerb& verb : example_verbs()) {
    const CliResult r = parse({verb.name, "-h"});
    EXPECT_EQ(r.action, CliResult::Action::print_and_exit);
    std::istringstream lines(r.text);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 80U) << line;
    EXPECT_LE(count, 24);
    EXPECT_NE(r.text.find(verb.summary), std::string::npos);
  }
}

TEST(CommandLine, FullHelpNamesEveryFlagKeyAndExample) {
  const CliVerb verb = example_verbs()[0];
  const std::string text = parse({"forecast", "nonsense", "--help"}).text;
  for (const auto& key : verb.schema->keys()) {
    EXPECT_NE(text.find(key->name()), std::string::npos) << key->name();
    if (!key->has_flag()) continue;
    EXPECT_NE(text.find("--" + flag_name(key->name())), std::string::npos) << key->name();
  }
  EXPECT_NE(text.find(verb.example), std::string::npos);
  EXPECT_NE(parse({"--help"}).text.find("inspect"), std::string::npos);
  EXPECT_EQ(parse({"--version"}).verb, "version");
}

TEST(CommandLine, CompletionIsABashScriptThatCompletesVerbsAndFlags) {
  const std::string script = bash_completion(example_verbs());
  const std::string command =
      "bash -c '" + script +
      "\nCOMP_WORDS=(myriad forecast --mem); COMP_CWORD=2; _myriad; [ \"$COMPREPLY\" = --members ] "
      "&& " +
      "COMP_WORDS=(myriad insp); COMP_CWORD=1; _myriad; [ \"$COMPREPLY\" = inspect ]'";
  EXPECT_EQ(std::system(command.c_str()), 0) << script;
}

}  // namespace
}  // namespace myriad
