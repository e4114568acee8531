#include "src/base/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>
#include <unordered_set>

#include "src/base/error.hpp"
#include "src/base/json.hpp"

namespace myriad::detail {

namespace {

constexpr std::size_t k_max_bytes = 1000000;
constexpr std::size_t k_max_depth = 32;
constexpr std::size_t k_max_nodes = 100000;

/// Builds the tree from parser events, so that forbidden features are met before they can expand.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view source, Origins origins) : source_(source), origins_(origins) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      refuse(mark, "a second document begins", "one file holds one configuration; remove '---'");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    if (awaits_key()) refuse(mark, "a key is missing before ':'", "write 'name: value'");
    place(mark, YamlNode{});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { refuse_anchor(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    refuse_anchor(mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    if (awaits_key()) {
      take_key(mark, value);
      return;
    }
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = value;
    node.quoted = tag == "!";  // how the parser marks scalars that were quoted
    if (!node.quoted && (value.empty() || value == "~" || value == "null"))
      node.kind = YamlNode::Kind::null;
    place(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YamlNode* node;
    bool has_key = false;
    std::string key;
    std::string key_origin;
    std::unordered_set<std::string> names;
  };

  std::string origin(const YAML::Mark& mark) const {
    return origins_ == Origins::source ? source_ : fmt::format("{}:{}", source_, mark.line + 1);
  }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view problem,
                           std::string_view hint) const {
    throw Error(
        ErrorKind::config_invalid, "E1002",
        fmt::format("{}: {} (not allowed in configurations); {}", origin(mark), problem, hint));
  }
  [[noreturn]] void refuse_anchor(const YAML::Mark& mark) const {
    refuse(mark, "an anchor or alias is used", "write the value out");
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse_anchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "a type tag is used", "remove it");
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::map &&
           !open_.back().has_key;
  }

  void take_key(const YAML::Mark& mark, const std::string& name) {
    Level& level = open_.back();
    if (!level.names.insert(name).second) {
      throw Error(ErrorKind::config_invalid, "E1003",
                  fmt::format("{}: key '{}' appears twice in one section (which one counts would "
                              "be a guess); remove "
                              "one",
                              origin(mark), name.substr(0, 80)));
    }
    level.key = name;
    level.key_origin = origin(mark);
    level.has_key = true;
  }

  YamlNode* place(const YAML::Mark& mark, YamlNode node) {
    if (++nodes_ > k_max_nodes)
      refuse(mark, fmt::format("more than {} values", k_max_nodes), "split the file");
    if (open_.empty()) {
      node.origin = origin(mark);
      root_ = std::move(node);
      return &root_;
    }
    Level& level = open_.back();
    if (level.node->kind == YamlNode::Kind::sequence) {
      node.origin = origin(mark);
      return &level.node->items.emplace_back(std::move(node));
    }
    level.has_key = false;
    // The line of the key: that of the value is the next one for sections and empty values.
    node.origin = std::move(level.key_origin);
    return &level.node->members.emplace_back(std::move(level.key), std::move(node)).second;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    check(mark, tag, anchor);
    if (awaits_key()) {
      throw Error(ErrorKind::config_invalid, "E1001",
                  fmt::format("{}: not valid YAML (a list or section stands where a key is "
                              "expected); is a bracket not "
                              "closed?",
                              origin(mark)));
    }
    if (open_.size() >= k_max_depth) {
      refuse(mark, fmt::format("nesting is deeper than {} levels", k_max_depth),
             "flatten the file");
    }
    YamlNode node;
    node.kind = kind;
    Level level;
    level.node = place(mark, std::move(node));
    open_.push_back(std::move(level));
  }

  void close() { open_.pop_back(); }

  std::string source_;
  Origins origins_;
  YamlNode root_;
  std::vector<Level> open_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

/// Reads from memory without copying.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // the get area is never written
    setg(begin, begin, begin + text.size());
  }
};

void check_text(std::string_view text, std::string_view source) {
  MYRIAD_VALIDATE(text.size() <= k_max_bytes, ErrorKind::config_invalid, "E1002",
                  "{}: {} bytes of configuration (the limit is {}); is this the right file?",
                  source, text.size(), k_max_bytes);
  MYRIAD_VALIDATE(is_valid_utf8(text), ErrorKind::config_invalid, "E1002",
                  "{}: not UTF-8 text (binary file or another encoding); is this the right file?",
                  source);
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    const bool control =
        static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
    MYRIAD_VALIDATE(!control, ErrorKind::config_invalid, "E1002",
                    "{}:{}: control character 0x{:02x} (not allowed in configurations); remove it",
                    source, line, static_cast<unsigned>(c));
  }
}

}  // namespace

YamlNode* YamlNode::find(std::string_view key) {
  for (Member& m : members) {
    if (m.first == key) return &m.second;
  }
  return nullptr;
}

YamlNode parse_yaml(std::string_view text, std::string_view source, Origins origins) {
  check_text(text, source);
  TreeBuilder builder(source, origins);
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& problem) {
    const std::string where = origins == Origins::source
                                  ? std::string(source)
                                  : fmt::format("{}:{}", source, problem.mark.line + 1);
    throw Error(
        ErrorKind::config_invalid, "E1001",
        fmt::format("{}: not valid YAML ({}, column {}); check indentation, colons and quotes",
                    where, problem.msg, problem.mark.column + 1));
  }
  return builder.take();
}

}  // namespace myriad::detail
