#include "src/base/config.hpp"

#include <algorithm>
#include <charconv>

#include "src/base/config_node.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/yaml.hpp"

namespace myriad {

using detail::ConfigNode;
using detail::ConfigRoot;
using detail::YamlNode;

namespace {

constexpr std::size_t k_config_bytes = 1000000;

/// A wrong path or getter is a mistake in the program, not in the file.
[[noreturn]] void misuse(std::string_view path, std::string_view problem) {
  const std::string text = fmt::format("configuration key '{}' {}", path, problem);
  detail::contract_failed("precondition", text.c_str(), __FILE__, __LINE__);
}

const ConfigNode& locate(const ConfigNode& from, std::string_view path) {
  const ConfigNode* node = &from;
  std::string_view rest = path;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    const ConfigNode* next = node->child(name);
    if (next == nullptr) {
      // Children of an absent optional section do not exist; its schema tells whether the path is
      // right.
      const Key* key = node->schema != nullptr ? node->schema->find(name) : nullptr;
      misuse(path, key == nullptr ? "is not declared in the schema"
                                  : "lies in a section that is not given");
    }
    node = next;
    if (dot == std::string_view::npos) return *node;
    rest.remove_prefix(dot + 1);
  }
}

enum class Shape : std::uint8_t { single, list };

const Json& leaf(const ConfigNode& from, std::string_view path,
                 std::initializer_list<KeyType> types, Shape shape) {
  const ConfigNode& node = locate(from, path);
  if (node.key == nullptr ||
      std::find(types.begin(), types.end(), node.key->type()) == types.end()) {
    misuse(path, "is read with the getter of another type");
  }
  if (node.key->is_list() != (shape == Shape::list))
    misuse(path, "is a list or single value, unlike the getter");
  if (!node.present) misuse(path, "is absent; ask has() first");
  node.used = true;
  return node.value;
}

template <class Element>
auto elements(const Json& list, Element&& element) {
  std::vector<decltype(element(list))> result;
  for (const Json& item : list.as_array()) result.push_back(element(item));
  return result;
}

enum class Keys : std::uint8_t { all, hashed };

Json effective_value(const ConfigNode& node, Keys keys);

Json effective_section(const ConfigNode& node, Keys keys) {
  Json object{Json::Object{}};
  for (const auto& child : node.children) {
    if (!child->present) continue;
    if (keys == Keys::hashed && child->key != nullptr && !child->key->is_hashed()) continue;
    object.append_member(child->name, effective_value(*child, keys));
  }
  return object;
}

Json effective_value(const ConfigNode& node, Keys keys) {
  if (node.schema == nullptr) return node.value;
  if (node.key == nullptr || node.key->type() != KeyType::section_list)
    return effective_section(node, keys);
  Json::Array array;
  for (const auto& child : node.children) array.push_back(effective_section(*child, keys));
  return Json(std::move(array));
}

void show_node(const ConfigNode& node, std::string& out) {
  if (node.schema == nullptr) {
    if (node.present) {
      out += fmt::format("{}: {}  # {}\n", node.path, to_json_text(node.value), node.origin);
    } else {
      out += fmt::format("# {}:  # absent\n", node.path);
    }
    return;
  }
  if (!node.present) out += fmt::format("# {}:  # absent\n", node.path);
  for (const auto& child : node.children) show_node(*child, out);
}

enum class Unused : std::uint8_t { all, given };

void collect_unused(const ConfigNode& node, Unused which, std::vector<std::string>& unused) {
  if (!node.present) return;
  const bool counts = which == Unused::all || node.origin != "default";
  if (node.schema == nullptr && !node.used && counts) unused.push_back(node.path);
  // An empty list or map has no leaf that could be missed: it counts itself.
  const bool container =
      node.key != nullptr && node.key->is_section() && node.key->type() != KeyType::section;
  if (container && node.children.empty() && !node.used && counts) unused.push_back(node.path);
  for (const auto& child : node.children) collect_unused(*child, which, unused);
}

/// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

YamlNode override_value(const ConfigOverride& o) {
  YamlNode node;
  if (o.form == ConfigOverride::Form::yaml) {
    return detail::parse_yaml(o.value, o.origin, detail::Origins::source);
  }
  node.origin = o.origin;
  if (o.form == ConfigOverride::Form::plain_text) {
    node.kind = YamlNode::Kind::scalar;
    node.text = o.value;
    return node;
  }
  node.kind = YamlNode::Kind::sequence;
  std::string_view rest = o.value;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    YamlNode& item = node.items.emplace_back();
    item.kind = YamlNode::Kind::scalar;
    item.text = rest.substr(0, comma);
    item.origin = o.origin;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return node;
}

}  // namespace

ConfigOverride parse_set(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  MYRIAD_VALIDATE(equals != std::string_view::npos && equals > 0, ErrorKind::usage, "E1010",
                  "--set {}: not understood (it must read key=value); e.g. --set model.width=64",
                  argument.substr(0, 100));
  return {std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1)),
          "--set"};
}

Config::Config() : root_(std::make_shared<ConfigRoot>()) {
  root_->schema = std::make_shared<const Schema>("empty", "no configuration");
  root_->top.schema = root_->schema.get();
  root_->top.present = true;
  node_ = &root_->top;
}

Config::Config(std::shared_ptr<ConfigRoot> root, const ConfigNode* node)
    : root_(std::move(root)), node_(node) {}

Config Config::from_text(std::shared_ptr<const Schema> schema, std::string_view yaml,
                         std::string_view source, const std::vector<ConfigOverride>& overrides) {
  auto root = std::make_shared<ConfigRoot>();
  root->schema = std::move(schema);
  root->source = source;
  YamlNode tree = detail::parse_yaml(yaml, source, detail::Origins::source_and_line);
  for (const ConfigOverride& o : overrides) {
    detail::apply_override(tree, {o.path, override_value(o), o.origin});
  }
  detail::validate_config(*root, tree);
  const ConfigNode* top = &root->top;
  return {std::move(root), top};
}

Config Config::from_file(std::shared_ptr<const Schema> schema, const std::filesystem::path& path,
                         const std::vector<ConfigOverride>& overrides) {
  return from_text(std::move(schema), read_config_file(path), path.string(), overrides);
}

const Schema& Config::schema() const {
  return *node_->schema;
}

bool Config::has(std::string_view path) const {
  return locate(*node_, path).present;
}

std::int64_t Config::integer(std::string_view path) const {
  return leaf(*node_, path, {KeyType::integer}, Shape::single).as_int();
}
double Config::number(std::string_view path) const {
  return leaf(*node_, path, {KeyType::number}, Shape::single).as_double();
}
bool Config::flag(std::string_view path) const {
  return leaf(*node_, path, {KeyType::flag}, Shape::single).as_bool();
}
std::string Config::text(std::string_view path) const {
  return leaf(*node_, path, {KeyType::text, KeyType::choice}, Shape::single).as_string();
}
std::filesystem::path Config::path(std::string_view path) const {
  return expand_home(leaf(*node_, path, {KeyType::path}, Shape::single).as_string());
}
Duration Config::duration(std::string_view path) const {
  return parse_duration(leaf(*node_, path, {KeyType::duration}, Shape::single).as_string());
}

namespace {
Instant instant_of(const Config& config, std::string_view path, const Json& value,
                   Calendar calendar) {
  try {
    return Instant::parse(value.as_string(), calendar);
  } catch (const Error& error) {
    throw config.complaint(path, "E1013", error.what());
  }
}
}  // namespace

Instant Config::date(std::string_view path, Calendar calendar) const {
  return instant_of(*this, path, leaf(*node_, path, {KeyType::date}, Shape::single), calendar);
}
std::vector<std::int64_t> Config::members(std::string_view path) const {
  return parse_members(leaf(*node_, path, {KeyType::members}, Shape::single).as_string());
}

std::vector<std::int64_t> Config::integers(std::string_view path) const {
  return elements(leaf(*node_, path, {KeyType::integer}, Shape::list),
                  [](const Json& v) { return v.as_int(); });
}
std::vector<double> Config::numbers(std::string_view path) const {
  return elements(leaf(*node_, path, {KeyType::number}, Shape::list),
                  [](const Json& v) { return v.as_double(); });
}
std::vector<std::string> Config::texts(std::string_view path) const {
  return elements(leaf(*node_, path, {KeyType::text, KeyType::choice}, Shape::list),
                  [](const Json& v) { return v.as_string(); });
}
std::vector<std::filesystem::path> Config::paths(std::string_view path) const {
  return elements(leaf(*node_, path, {KeyType::path}, Shape::list),
                  [](const Json& v) { return expand_home(v.as_string()); });
}
std::vector<Duration> Config::durations(std::string_view path) const {
  return elements(leaf(*node_, path, {KeyType::duration}, Shape::list),
                  [](const Json& v) { return parse_duration(v.as_string()); });
}
std::vector<Instant> Config::dates(std::string_view path, Calendar calendar) const {
  return elements(leaf(*node_, path, {KeyType::date}, Shape::list),
                  [&](const Json& v) { return instant_of(*this, path, v, calendar); });
}

Config Config::section(std::string_view path) const {
  const ConfigNode& node = locate(*node_, path);
  if (node.key == nullptr || node.key->type() != KeyType::section) misuse(path, "is no section");
  if (!node.present) misuse(path, "is absent; ask has() first");
  return {root_, &node};
}

std::vector<Config> Config::sections(std::string_view path) const {
  const ConfigNode& node = locate(*node_, path);
  if (node.key == nullptr || node.key->type() != KeyType::section_list)
    misuse(path, "is no list of sections");
  node.used = true;
  std::vector<Config> result;
  for (const auto& child : node.children) result.push_back(Config(root_, child.get()));
  return result;
}

std::vector<std::pair<std::string, Config>> Config::named_sections(std::string_view path) const {
  const ConfigNode& node = locate(*node_, path);
  if (node.key == nullptr || node.key->type() != KeyType::section_map)
    misuse(path, "is no set of named sections");
  node.used = true;
  std::vector<std::pair<std::string, Config>> result;
  for (const auto& child : node.children)
    result.emplace_back(child->name, Config(root_, child.get()));
  return result;
}

std::string Config::origin(std::string_view path) const {
  return locate(*node_, path).origin;
}

Error Config::complaint(std::string_view path, std::string_view id,
                        std::string_view problem) const {
  const ConfigNode& node = locate(*node_, path);
  return Error(ErrorKind::config_invalid, id,
               fmt::format("{}: key '{}': {}", node.origin, node.path, problem));
}

Json Config::effective() const {
  return effective_section(*node_, Keys::all);
}

std::string Config::show() const {
  std::string out;
  for (const auto& child : node_->children) show_node(*child, out);
  return out;
}

std::string Config::sha256() const {
  Json identity;
  identity.set("schema", node_->schema->name());
  identity.set("values", effective_section(*node_, Keys::hashed));
  return sha256_hex(to_json_text(identity, JsonStyle::compact, JsonOrder::sorted));
}

std::vector<std::string> Config::unused_keys() const {
  std::vector<std::string> unused;
  collect_unused(*node_, Unused::all, unused);
  return unused;
}

std::vector<std::string> Config::unused_given_keys() const {
  std::vector<std::string> unused;
  collect_unused(*node_, Unused::given, unused);
  return unused;
}

void Config::assert_all_used() const {
  const std::vector<std::string> unused = unused_keys();
  MYRIAD_VALIDATE(unused.empty(), ErrorKind::internal, "E1019",
                  "configuration keys were never read: {} (they had no effect, which is a bug); "
                  "please report it",
                  fmt::join(unused, ", "));
}

std::string read_config_file(const std::filesystem::path& path) {
  return read_text_file(path, k_config_bytes);
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 64;
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > longest) return best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::vector<std::int64_t> parse_members(std::string_view text) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error(
        ErrorKind::config_invalid, "E1014",
        fmt::format("'{}' are no members ({}); write 64 (members 0 to 63), 0-49 or 3,7,11-13",
                    text.substr(0, 80), reason));
  };
  constexpr std::int64_t most = 1000000;
  const auto number = [&](std::string_view digits) {
    std::int64_t value = 0;
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || r.ec != std::errc() || r.ptr != digits.data() + digits.size() ||
        digits.front() == '-') {
      throw fail("whole numbers are expected");
    }
    if (value > most) throw fail("member numbers end at 1000000");
    return value;
  };
  std::vector<std::int64_t> members;
  if (text.find_first_of(",-") == std::string_view::npos) {
    const std::int64_t count = number(text);
    if (count == 0) throw fail("at least one is needed");
    for (std::int64_t m = 0; m < count; ++m) members.push_back(m);
    return members;
  }
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::int64_t first = number(part.substr(0, dash));
    const std::int64_t last =
        dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (last < first) throw fail("a range goes backwards");
    for (std::int64_t m = first; m <= last; ++m) {
      if (!members.empty() && m <= members.back()) throw fail("numbers must increase, each once");
      members.push_back(m);
    }
    if (comma == std::string_view::npos) return members;
    text.remove_prefix(comma + 1);
  }
}

std::string format_members(const std::vector<std::int64_t>& members) {
  MYRIAD_EXPECT(!members.empty());
  std::string text;
  for (std::size_t i = 0; i < members.size();) {
    std::size_t j = i;
    while (j + 1 < members.size() && members[j + 1] == members[j] + 1) ++j;
    if (!text.empty()) text += ',';
    // A single member alone needs the range form: "7" would mean seven members.
    const bool range = j > i || members.size() == 1;
    text += range ? fmt::format("{}-{}", members[i], members[j]) : fmt::format("{}", members[i]);
    i = j + 1;
  }
  return text;
}

}  // namespace myriad
