#include "src/base/cli_help.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace myriad::detail {

namespace {

constexpr std::size_t k_columns = 80;
constexpr std::size_t k_lines = 24;
constexpr std::size_t k_indent = 24;

struct Entry {
  std::string left;
  std::string right;
};

std::string placeholder(const Key& key) {
  if (key.type() == KeyType::flag) return "";
  if (key.type() == KeyType::choice) {
    std::string names;
    for (const std::string& n : key.choice_names()) names += (names.empty() ? "" : "|") + n;
    return " " + names;
  }
  std::string word = "VALUE";
  switch (key.type()) {
    case KeyType::integer:
    case KeyType::number:
      word = "N";
      break;
    case KeyType::duration:
      word = "TIME";
      break;
    case KeyType::date:
      word = "DATE";
      break;
    case KeyType::path:
      word = "PATH";
      break;
    case KeyType::members:
      word = "0-49";
      break;
    default:
      break;
  }
  return " " + word + (key.is_list() ? ",..." : "");
}

std::string default_note(const Key& key) {
  if (key.is_required()) return " (required)";
  if (!key.default_value() || key.type() == KeyType::flag) return "";
  const Json& value = *key.default_value();
  return fmt::format(" ({})", value.is_string() ? value.as_string() : to_json_text(value));
}

std::vector<Entry> argument_entries(const CliVerb& verb) {
  std::vector<Entry> entries;
  for (const CliPositional& p : verb.positionals) entries.push_back({p.name, p.doc});
  if (verb.takes_config == TakesConfig::yes)
    entries.push_back({"config.yaml", "configuration file"});
  return entries;
}

std::vector<Entry> flag_entries(const CliVerb& verb) {
  std::vector<Entry> entries;
  if (verb.takes_config == TakesConfig::yes) {
    entries.push_back({"--set KEY=VALUE", "override any configuration key (repeatable)"});
    entries.push_back({"--dry-run", "check everything, write nothing"});
  }
  for (const CliOption& o : verb.options) {
    entries.push_back({"--" + o.name + (o.kind == CliOption::Kind::flag ? "" : " VALUE"), o.doc});
  }
  for (const auto& key : verb.schema->keys()) {
    if (!key->has_flag()) continue;
    entries.push_back(
        {"--" + flag_name(key->name()) + placeholder(*key), key->doc() + default_note(*key)});
  }
  return entries;
}

std::string clipped(std::string line) {
  if (line.size() > k_columns) line = line.substr(0, k_columns - 3) + "...";
  return line + "\n";
}

std::string one_line(const Entry& entry) {
  return fmt::format("  {:<{}}  {}", entry.left, k_indent, entry.right);
}

void key_lines(const Schema& schema, const std::string& prefix, std::string& out) {
  for (const auto& key : schema.keys()) {
    const std::string path = prefix + key->name();
    if (key->is_section()) {
      const char* form = key->type() == KeyType::section        ? ""
                         : key->type() == KeyType::section_list ? "[i]"
                                                                : ".NAME";
      out += fmt::format("  {}{}\n      {}\n", path, form, key->doc());
      key_lines(key->child(), path + form + ".", out);
      continue;
    }
    out += fmt::format("  {}\n      {}; {}{}\n", path, key->doc(), key->describe_type(),
                       default_note(*key));
  }
}

}  // namespace

std::string usage_line(const CliVerb& verb) {
  std::string line = "usage: myriad " + verb.name;
  for (const CliPositional& p : verb.positionals) {
    line += p.count == CliPositional::Count::one        ? " " + p.name
            : p.count == CliPositional::Count::optional ? " [" + p.name + "]"
                                                        : " [" + p.name + "]...";
  }
  if (verb.takes_config == TakesConfig::yes) line += " [config.yaml] [--set key=value]...";
  return line + " [flags]\n";
}

std::string program_help(const std::vector<CliVerb>& verbs, std::string_view summary) {
  std::string out = fmt::format(
      "myriad: {}\n\nusage: myriad <verb> [config.yaml] [--set key=value]... [flags]\n\n", summary);
  for (const CliVerb& verb : verbs) out += fmt::format("  {:<12}  {}\n", verb.name, verb.summary);
  out += "\n'myriad <verb> -h' is short, 'myriad <verb> --help' complete.\n";
  return out;
}

std::string short_help(const CliVerb& verb) {
  std::string out = clipped(fmt::format("myriad {}: {}", verb.name, verb.summary));
  std::string usage = usage_line(verb);
  usage.pop_back();
  out += clipped(usage);
  std::vector<Entry> entries = argument_entries(verb);
  const std::vector<Entry> flags = flag_entries(verb);
  entries.insert(entries.end(), flags.begin(), flags.end());
  const std::size_t room = k_lines - 3;
  const std::size_t count = std::min(entries.size(), room);
  for (std::size_t i = 0; i < count; ++i) out += clipped(one_line(entries[i]));
  out += clipped(count < entries.size() ? fmt::format("{} more flags, keys and examples: --help",
                                                      entries.size() - count)
                                        : std::string("keys and examples: --help"));
  return out;
}

std::string full_help(const CliVerb& verb) {
  std::string out = fmt::format("myriad {}: {}\n\n{}", verb.name, verb.summary, usage_line(verb));
  const auto section = [&](std::string_view title, const std::vector<Entry>& entries) {
    if (entries.empty()) return;
    out += fmt::format("\n{}:\n", title);
    for (const Entry& entry : entries) out += one_line(entry) + "\n";
  };
  section("arguments", argument_entries(verb));
  std::vector<Entry> flags = flag_entries(verb);
  flags.push_back({"-h, --help", "this text, short or complete"});
  section("flags", flags);
  if (verb.takes_config == TakesConfig::yes) {
    out += "\nconfiguration keys:\n";
    key_lines(*verb.schema, "", out);
  }
  if (!verb.example.empty()) out += fmt::format("\nexample:\n{}\n", verb.example);
  out += "\nexit codes: 'myriad exit-codes'\n";
  return out;
}

}  // namespace myriad::detail
