#pragma once
/// \file
/// The YAML subset of configurations as a tree with origins. For the implementation of src/base
/// only.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myriad::detail {

/// A node of a YAML document. Scalars keep their text; what it means depends on the key they belong
/// to.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Member;

  Kind kind = Kind::null;
  std::string text;             ///< of a scalar
  bool quoted = false;          ///< a quoted or block scalar is always text
  std::vector<YamlNode> items;  ///< of a sequence
  std::vector<Member> members;  ///< of a map, in file order
  std::string origin;           ///< "run.yaml:12" or "--set"

  YamlNode* find(std::string_view key);
};

struct YamlNode::Member {
  Member(std::string key, YamlNode value) : first(std::move(key)), second(std::move(value)) {}
  std::string first;
  YamlNode second;
};

/// Parse one document; an empty one is null.
///
/// Refused: more than 1 MB, nesting over 32 levels, more than 100000 nodes, bytes that are no UTF-8
/// text, anchors, aliases, tags, duplicate keys, keys that are not scalars, a second document.
/// \param origin_has_lines add ":line" to \p source in the origins
/// Errors: ErrorKind::config_invalid E1001 (syntax), E1002 (limits and forbidden features), E1003
/// (duplicate key).
enum class Origins : std::uint8_t { source_and_line, source };
YamlNode parse_yaml(std::string_view text, std::string_view source, Origins origins);

}  // namespace myriad::detail
