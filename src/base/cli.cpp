#include "src/base/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "src/base/cli_help.hpp"
#include "src/base/error.hpp"

namespace myriad {

namespace {

std::vector<std::string> verb_names(const std::vector<CliVerb>& verbs) {
  std::vector<std::string> names;
  for (const CliVerb& v : verbs) names.push_back(v.name);
  return names;
}

std::vector<std::string> flag_names(const CliVerb& verb) {
  std::vector<std::string> names = {"help"};
  if (verb.takes_config == TakesConfig::yes) {
    names.emplace_back("set");
    names.emplace_back("dry-run");
  }
  for (const CliOption& o : verb.options) names.push_back(o.name);
  for (const auto& key : verb.schema->keys()) {
    if (key->has_flag()) names.push_back(flag_name(key->name()));
  }
  return names;
}

[[noreturn]] void unknown_flag(const CliVerb& verb, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  const std::size_t start = std::min(name.find_first_not_of('-'), name.size());
  const std::string near = nearest_name(name.substr(start), flag_names(verb));
  throw Error(ErrorKind::usage, "E2602",
              fmt::format("unknown flag {} (verb {} has none of that name); {}", name.substr(0, 80),
                          verb.name,
                          near.empty() ? fmt::format("'myriad {} -h' lists them", verb.name)
                                       : fmt::format("did you mean --{}?", near)));
}

ConfigOverride flag_override(const Key& key, const std::string& flag, const std::string& value) {
  using Form = ConfigOverride::Form;
  ConfigOverride o{key.name(), value, flag, Form::plain_text};
  if (key.type() == KeyType::flag) o.value = "true";
  if (key.is_list()) o.form = Form::comma_list;
  return o;
}

/// The parser of one verb; collects into a CliResult while it parses.
class VerbParser {
 public:
  VerbParser(const CliVerb& verb, CliResult& result) : verb_(verb), result_(result) {
    app_.set_help_flag();
    app_.allow_extras();
    app_.add_option("arguments", given_);
    if (verb_.takes_config == TakesConfig::yes) {
      add_repeatable("set", sets_);
      app_.add_flag("--dry-run", result_.dry_run);
    }
    for (const CliOption& o : verb_.options) add_own_option(o);
    for (const auto& key : verb_.schema->keys()) {
      if (key->has_flag()) add_key(*key);
    }
  }

  void parse(std::vector<std::string> arguments) {
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    const std::vector<std::string> literal(dashes == arguments.end() ? dashes : dashes + 1,
                                           arguments.end());
    arguments.erase(dashes, arguments.end());
    std::reverse(arguments.begin(), arguments.end());  // the library takes them from the back
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& problem) {
      throw Error(ErrorKind::usage, "E2603",
                  fmt::format("{} (the command line is wrong); {}", problem.what(), usage()));
    }
    // What the library could not place are flags it does not know.
    if (const auto extras = app_.remaining(); !extras.empty()) unknown_flag(verb_, extras.front());
    given_.insert(given_.end(), literal.begin(), literal.end());
    for (const std::string& set : sets_) result_.overrides.push_back(parse_set(set));
    deal_positionals();
  }

 private:
  std::string usage() const {
    std::string line = detail::usage_line(verb_);
    line.pop_back();
    return line;
  }

  /// The library would let the first positional take them all, so they are dealt out here.
  void deal_positionals() {
    std::size_t next = 0;
    for (const CliPositional& p : verb_.positionals) {
      std::vector<std::string>& values = result_.positionals[p.name];
      const std::size_t most = p.count == CliPositional::Count::any ? given_.size() : 1;
      while (next < given_.size() && values.size() < most) values.push_back(given_[next++]);
      const bool missing = values.empty() && p.count == CliPositional::Count::one;
      MYRIAD_VALIDATE(!missing, ErrorKind::usage, "E2603", "argument {} is missing ({}); {}",
                      p.name, p.doc, usage());
    }
    if (verb_.takes_config == TakesConfig::yes && next < given_.size())
      result_.config_file = given_[next++];
    if (next < given_.size()) {
      throw Error(ErrorKind::usage, "E2603",
                  fmt::format("unexpected argument '{}' (the verb takes no more); {}",
                              given_[next].substr(0, 80), usage()));
    }
  }

  void add_repeatable(const std::string& name, std::vector<std::string>& values) {
    app_.add_option("--" + name, values)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  void add_own_option(const CliOption& o) {
    if (o.kind == CliOption::Kind::flag) {
      app_.add_flag_callback("--" + o.name, [this, name = o.name] { result_.options[name]; });
    } else {
      auto* option = app_.add_option_function<std::vector<std::string>>(
          "--" + o.name,
          [this, name = o.name](const std::vector<std::string>& v) { result_.options[name] = v; });
      option->expected(1)->allow_extra_args(false);
      if (o.kind == CliOption::Kind::values)
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }

  void add_key(const Key& key) {
    const std::string flag = "--" + flag_name(key.name());
    if (key.type() == KeyType::flag) {
      app_.add_flag_callback(flag, [this, &key, flag] {
        result_.overrides.push_back(flag_override(key, flag, "true"));
      });
    } else {
      app_.add_option_function<std::string>(flag, [this, &key, flag](const std::string& value) {
        result_.overrides.push_back(flag_override(key, flag, value));
      });
    }
  }

  const CliVerb& verb_;
  CliResult& result_;
  CLI::App app_;
  std::vector<std::string> given_;
  std::vector<std::string> sets_;
};

bool asks_for(const std::vector<std::string>& arguments, std::string_view flag) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, flag) != end;
}

}  // namespace

std::string flag_name(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

CliResult parse_command_line(const std::vector<std::string>& arguments,
                             const std::vector<CliVerb>& verbs, std::string_view program_summary) {
  CliResult result;
  MYRIAD_VALIDATE(!arguments.empty(), ErrorKind::usage, "E2601",
                  "no verb is given (what should be done?); 'myriad --help' lists the verbs");
  std::string name = arguments.front();
  if (name == "-h" || name == "--help") {
    result.action = CliResult::Action::print_and_exit;
    result.text = detail::program_help(verbs, program_summary);
    return result;
  }
  if (name == "--version") name = "version";
  const auto verb =
      std::find_if(verbs.begin(), verbs.end(), [&](const CliVerb& v) { return v.name == name; });
  if (verb == verbs.end()) {
    const std::string near = nearest_name(name, verb_names(verbs));
    throw Error(
        ErrorKind::usage, "E2601",
        fmt::format("unknown verb '{}' (there is none of that name); {}", name.substr(0, 80),
                    near.empty() ? "'myriad --help' lists the verbs"
                                 : fmt::format("did you mean '{}'?", near)));
  }
  result.verb = name;
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (asks_for(rest, "--help") || asks_for(rest, "-h")) {
    result.action = CliResult::Action::print_and_exit;
    result.text = asks_for(rest, "--help") ? detail::full_help(*verb) : detail::short_help(*verb);
    return result;
  }
  VerbParser(*verb, result).parse(rest);
  return result;
}

std::string bash_completion(const std::vector<CliVerb>& verbs) {
  std::string out = "# bash completion of myriad: source this file\n_myriad() {\n";
  out += "  local word=\"${COMP_WORDS[COMP_CWORD]}\"\n";
  out += "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  out += fmt::format("    COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))\n    return\n  fi\n",
                     fmt::join(verb_names(verbs), " "));
  out += "  case \"${COMP_WORDS[1]}\" in\n";
  for (const CliVerb& verb : verbs) {
    std::string flags;
    for (const std::string& f : flag_names(verb)) flags += (flags.empty() ? "--" : " --") + f;
    out += fmt::format("    {}) COMPREPLY=($(compgen -f -W \"{}\" -- \"$word\")) ;;\n", verb.name,
                       flags);
  }
  out += "  esac\n}\ncomplete -F _myriad myriad\n";
  return out;
}

}  // namespace myriad
