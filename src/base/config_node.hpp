#pragma once
/// \file
/// Validated configuration values. For the implementation of src/base only.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/json.hpp"
#include "src/base/schema.hpp"
#include "src/base/yaml.hpp"

namespace myriad::detail {

/// One key of the schema, or one element of a section list or map, with its effective value.
struct ConfigNode {
  const Key* key = nullptr;        ///< null for the root and for elements
  const Schema* schema = nullptr;  ///< of a section or element
  std::string path;                ///< "a.b", "thresholds.rain", "stages[2]"; empty for the root
  std::string name;                ///< last part of the path, or the user's name in a section map
  Json value;                      ///< canonical; of a leaf
  std::string origin = "absent";   ///< "default", "run.yaml:12", "--set", "absent"
  bool present = false;
  mutable std::atomic<bool> used{false};
  std::vector<std::unique_ptr<ConfigNode>> children;

  const ConfigNode* child(std::string_view child_name) const;
};

struct ConfigRoot {
  std::shared_ptr<const Schema> schema;
  std::string source;
  ConfigNode top;
};

/// Check \p yaml against the schema of \p root and fill root.top.
/// Errors: ErrorKind::config_invalid; all complaints in one message, the id is that of the first.
void validate_config(ConfigRoot& root, const YamlNode& yaml);

/// A ConfigOverride without its public type.
struct OverrideText {
  std::string_view path;
  YamlNode value;
  std::string_view origin;
};

/// Put the value of an override into the tree.
void apply_override(YamlNode& tree, const OverrideText& text);

}  // namespace myriad::detail
