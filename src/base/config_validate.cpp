#include <algorithm>
#include <charconv>
#include <cmath>

#include "src/base/config.hpp"
#include "src/base/config_node.hpp"
#include "src/base/error.hpp"

namespace myriad::detail {

namespace {

using Kind = YamlNode::Kind;

/// Meaning of a plain scalar under the YAML 1.2 core rules, without octal, hexadecimal, infinities
/// and NaN.
Json resolve_plain(const std::string& text) {
  if (text == "true") return Json(true);
  if (text == "false") return Json(false);
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const char* digits = begin != end && *begin == '-' ? begin + 1 : begin;
  if (digits == end || (*digits != '.' && (*digits < '0' || *digits > '9'))) return Json(text);
  const bool leading_zero =
      end - digits > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  if (leading_zero) return Json(text);  // 010 is 8 to some readers and 10 to others
  std::int64_t integer = 0;
  if (const auto r = std::from_chars(begin, end, integer); r.ec == std::errc() && r.ptr == end)
    return Json(integer);
  double number = 0;
  if (const auto r = std::from_chars(begin, end, number); r.ec == std::errc() && r.ptr == end) {
    // Integers beyond 64 bits stay text, so that they are refused instead of rounded.
    if (text.find_first_of(".eE") != std::string::npos) return Json(number);
  }
  return Json(text);
}

Json scalar_value(const YamlNode& node, KeyType type) {
  const bool by_value =
      type == KeyType::integer || type == KeyType::number || type == KeyType::flag;
  if (by_value && !node.quoted) return resolve_plain(node.text);
  return Json(node.text);
}

/// The user's value as the key's type sees it; sections and nulls inside become null, which no type
/// accepts.
Json leaf_value(const YamlNode& node, const Key& key) {
  if (node.kind == Kind::scalar) return scalar_value(node, key.type());
  if (node.kind == Kind::map) return Json(Json::Object{});
  if (node.kind != Kind::sequence) return Json();
  Json::Array array;
  for (const YamlNode& item : node.items) {
    array.push_back(item.kind == Kind::scalar     ? scalar_value(item, key.type())
                    : item.kind == Kind::sequence ? Json(Json::Array{})
                    : item.kind == Kind::map      ? Json(Json::Object{})
                                                  : Json());
  }
  // `members: [3, 7]` reads naturally; it is the list form of the text.
  if (key.type() == KeyType::members && !key.is_list()) {
    std::string text;
    for (const Json& item : array) {
      if (!item.is_string()) return Json(std::move(array));
      text += (text.empty() ? "" : ",") + item.as_string();
    }
    // One element means that member, where the text "7" would mean seven members.
    if (array.size() == 1 && text.find('-') == std::string::npos) text += "-" + text;
    return Json(text);
  }
  return Json(std::move(array));
}

/// Names that users choose: 64 letters, digits, '_' or '-'.
bool good_name(const std::string& name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), good);
}

class Validator {
 public:
  explicit Validator(const Schema& whole) : whole_(whole) {}

  void section(ConfigNode& node, const YamlNode& yaml, const std::string& place) {
    for (const YamlNode::Member& member : yaml.members) {
      if (node.schema->find(member.first) == nullptr) unknown_key(node, member);
    }
    for (const auto& key : node.schema->keys()) {
      const auto found =
          std::find_if(yaml.members.begin(), yaml.members.end(),
                       [&](const YamlNode::Member& m) { return m.first == key->name(); });
      const YamlNode* value = found == yaml.members.end() ? nullptr : &found->second;
      auto child = std::make_unique<ConfigNode>();
      child->key = key.get();
      child->name = key->name();
      child->path = node.path.empty() ? key->name() : node.path + "." + key->name();
      if (key->is_section()) {
        child->schema = &key->child();
        section_key(*child, value, place);
      } else {
        leaf(*child, value, place);
      }
      node.children.push_back(std::move(child));
    }
  }

  void finish() const {
    if (count_ == 0) return;
    std::string text = messages_;
    if (count_ > k_most_shown) text += fmt::format("\n... and {} more", count_ - k_most_shown);
    throw Error(ErrorKind::config_invalid, first_id_, text);
  }

 private:
  static constexpr std::size_t k_most_shown = 20;

  void complain(std::string_view id, const std::string& text) {
    if (count_ == 0) first_id_ = id;
    if (count_ < k_most_shown) messages_ += (count_ == 0 ? "" : "\n") + text;
    ++count_;
  }

  void unknown_key(const ConfigNode& node, const YamlNode::Member& member) {
    std::vector<std::string> names;
    for (const auto& key : node.schema->keys()) names.push_back(key->name());
    const std::string place = node.path.empty() ? fmt::format("{}", whole_.name())
                                                : fmt::format("section '{}'", node.path);
    std::string hint;
    const std::string near = nearest_name(member.first, names);
    std::vector<std::string> elsewhere;
    find_elsewhere(whole_, "", member.first, elsewhere);
    if (!near.empty()) {
      hint = fmt::format("did you mean '{}'?", near);
    } else if (!elsewhere.empty()) {
      hint = fmt::format("there is '{}'", elsewhere.front());
    } else if (names.empty()) {
      hint = "the section has no keys";
    } else {
      hint = fmt::format("keys here: {}", fmt::join(names, ", "));
    }
    complain("E1004", fmt::format("{}: unknown key '{}' ({} has none of that name); {}",
                                  member.second.origin, member.first.substr(0, 80), place, hint));
  }

  static void find_elsewhere(const Schema& schema, const std::string& prefix,
                             const std::string& name, std::vector<std::string>& found) {
    for (const auto& key : schema.keys()) {
      const std::string path = prefix + key->name();
      if (key->name() == name) found.push_back(path);
      if (key->type() == KeyType::section) find_elsewhere(key->child(), path + ".", name, found);
    }
  }

  static bool given(const YamlNode* value) { return value != nullptr && value->kind != Kind::null; }

  void missing(const ConfigNode& node, const YamlNode* value, const std::string& place) {
    std::string hint = fmt::format("write '{}: ...'", node.key->name());
    if (node.key->has_flag()) {
      std::string flag = node.key->name();
      std::replace(flag.begin(), flag.end(), '_', '-');
      hint += fmt::format(" or give --{}", flag);
    }
    complain("E1005", fmt::format("{}: key '{}' is missing ({}: {}); {}",
                                  value != nullptr ? value->origin : place, node.path,
                                  node.key->describe_type(), node.key->doc(), hint));
  }

  void leaf(ConfigNode& node, const YamlNode* value, const std::string& place) {
    const Key& key = *node.key;
    std::string problem;
    if (given(value)) {
      const auto canonical = key.canonical(leaf_value(*value, key), problem);
      if (!canonical) {
        complain("E1006", fmt::format("{}: key '{}': {}", value->origin, node.path, problem));
        return;
      }
      node.value = *canonical;
      node.origin = value->origin;
      node.present = true;
      return;
    }
    if (key.is_required()) {
      missing(node, value, place);
    } else if (key.default_value()) {
      auto canonical = key.canonical(*key.default_value(), problem);
      MYRIAD_EXPECT(canonical.has_value());
      node.value = std::move(*canonical);
      node.origin = "default";
      node.present = true;
    }
  }

  void section_key(ConfigNode& node, const YamlNode* value, const std::string& place) {
    static const YamlNode empty;
    const KeyType type = node.key->type();
    const Kind wanted = type == KeyType::section_list ? Kind::sequence : Kind::map;
    const YamlNode& yaml = value == nullptr ? empty : *value;
    if (yaml.kind == Kind::map && node.key->accepts_one()) {
      node.present = true;
      node.origin = yaml.origin;
      element(node, "0", yaml);
      return;
    }
    if (yaml.kind != Kind::null && yaml.kind != wanted) {
      complain("E1006", fmt::format("{}: key '{}': expected a {}, got {}", yaml.origin, node.path,
                                    wanted == Kind::map ? "section (indented 'name: value' lines)"
                                                        : "list of sections",
                                    yaml.kind == Kind::scalar ? "'" + yaml.text.substr(0, 80) + "'"
                                    : yaml.kind == Kind::map  ? "a section"
                                                              : "a list"));
      return;
    }
    node.present =
        yaml.kind != Kind::null || (type == KeyType::section && !node.key->child().is_optional());
    if (!node.present) return;
    node.origin = yaml.kind == Kind::null ? "default" : yaml.origin;
    const std::string& here = yaml.kind == Kind::null ? place : yaml.origin;
    if (type == KeyType::section) {
      section(node, yaml, here);
      return;
    }
    if (type == KeyType::section_map) {
      for (const YamlNode::Member& member : yaml.members)
        element(node, member.first, member.second);
    } else {
      for (std::size_t i = 0; i < yaml.items.size(); ++i)
        element(node, std::to_string(i), yaml.items[i]);
    }
  }

  void element(ConfigNode& parent, const std::string& name, const YamlNode& yaml) {
    const bool list = parent.key->type() == KeyType::section_list;
    auto node = std::make_unique<ConfigNode>();
    node->schema = parent.schema;
    node->name = name;
    node->path = list ? fmt::format("{}[{}]", parent.path, name) : parent.path + "." + name;
    node->present = true;
    node->origin = yaml.origin;
    if (!list && !good_name(name)) {
      complain(
          "E1007",
          fmt::format("{}: name '{}' in section '{}' is refused (letters, digits, '_' and '-' are "
                      "allowed, 64 at most); rename it",
                      yaml.origin, name.substr(0, 80), parent.path));
      return;
    }
    if (yaml.kind != Kind::map && yaml.kind != Kind::null) {
      complain("E1006", fmt::format("{}: key '{}': expected a section", yaml.origin, node->path));
      return;
    }
    section(*node, yaml, yaml.origin);
    parent.children.push_back(std::move(node));
  }

  const Schema& whole_;
  std::string first_id_;
  std::string messages_;
  std::size_t count_ = 0;
};

/// One step of an override's path.
struct Step {
  std::string name;
  std::vector<std::size_t> indices;
};

std::vector<Step> split_path(std::string_view path, std::string_view origin) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error(ErrorKind::usage, "E1010",
                 fmt::format("{} {}: the path is not understood ({}); write it like a.b or a.b[0]",
                             origin, path.substr(0, 100), reason));
  };
  constexpr std::size_t most_steps = 32;
  std::vector<Step> steps;
  while (true) {
    if (steps.size() == most_steps) throw fail("it has more than 32 parts");
    const std::size_t dot = path.find('.');
    std::string_view part = path.substr(0, dot);
    Step step;
    const std::size_t bracket = part.find('[');
    step.name = part.substr(0, bracket);
    if (!good_name(step.name)) throw fail("a name must consist of letters, digits, '_' and '-'");
    std::string_view rest =
        bracket == std::string_view::npos ? std::string_view() : part.substr(bracket);
    while (!rest.empty()) {
      std::size_t index = 0;
      const std::size_t close = rest.find(']');
      if (rest.front() != '[' || close == std::string_view::npos)
        throw fail("brackets do not match");
      const auto r = std::from_chars(rest.data() + 1, rest.data() + close, index);
      if (r.ec != std::errc() || r.ptr != rest.data() + close)
        throw fail("an index must be a number");
      step.indices.push_back(index);
      if (step.indices.size() > most_steps) throw fail("it has more than 32 indices");
      rest.remove_prefix(close + 1);
    }
    steps.push_back(std::move(step));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

const ConfigNode* ConfigNode::child(std::string_view child_name) const {
  for (const auto& c : children) {
    if (c->name == child_name) return c.get();
  }
  return nullptr;
}

void validate_config(ConfigRoot& root, const YamlNode& yaml) {
  MYRIAD_VALIDATE(yaml.kind == Kind::map || yaml.kind == Kind::null, ErrorKind::config_invalid,
                  "E1006",
                  "{}: the configuration is no set of 'name: value' lines (a list or a single "
                  "value was found); is this "
                  "the right file?",
                  yaml.origin);
  Validator validator(*root.schema);
  root.top.schema = root.schema.get();
  root.top.present = true;
  root.top.origin = root.source;
  validator.section(root.top, yaml, root.source);
  validator.finish();
}

void apply_override(YamlNode& tree, const OverrideText& text) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error(ErrorKind::config_invalid, "E1008",
                 fmt::format("{} {}: cannot be set ({}); check the path", text.origin,
                             text.path.substr(0, 100), reason));
  };
  YamlNode* node = &tree;
  for (const Step& step : split_path(text.path, text.origin)) {
    if (node->kind == Kind::null) node->kind = Kind::map;
    if (node->kind != Kind::map)
      throw fail(fmt::format("'{}' would lie inside a value that is no section", step.name));
    YamlNode* next = node->find(step.name);
    if (next == nullptr) {
      next = &node->members.emplace_back(step.name, YamlNode{}).second;
      next->origin = text.origin;
    }
    node = next;
    for (const std::size_t index : step.indices) {
      if (node->kind == Kind::null) node->kind = Kind::sequence;
      if (node->kind != Kind::sequence) throw fail(fmt::format("'{}' is no list", step.name));
      if (index > node->items.size()) {
        throw fail(fmt::format("'{}' has {} elements; the next index is {}", step.name,
                               node->items.size(), node->items.size()));
      }
      if (index == node->items.size()) node->items.emplace_back().origin = text.origin;
      node = &node->items[index];
    }
  }
  *node = text.value;
}

}  // namespace myriad::detail
