#pragma once
/// \file
/// Sum over the micro-batches of a step whose bits do not depend on who computed which.

#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "src/base/error.hpp"

namespace myriad::train::elastic {

/// A node of the pairwise tree over micro-batches: the sum of [index 2^level, (index + 1) 2^level), cut at their number.
struct TreeNode {
  std::uint32_t level = 0;
  std::uint32_t index = 0;
  auto operator<=>(const TreeNode&) const = default;
  std::uint32_t packed() const { return level << 24U | index; }
  static TreeNode unpack(std::uint32_t packed) { return {packed >> 24U, packed & 0xffffffU}; }
};

/// Adds vectors of fp32 over the tree ((0+1)+(2+3))+((4+5)+6) of docs/adr/0002 in whatever order they arrive.
///
/// Two neighbours are added as soon as both are there, so that a contiguous run of micro-batches becomes few vectors.
/// *Determinism*: bitwise that of TreeSum over the same leaves.
class MicroBatchSum {
 public:
  /// Precondition: 1 <= count <= 2^24.
  explicit MicroBatchSum(std::uint32_t count) : count_(count), top_(static_cast<std::uint32_t>(std::bit_width(count - 1))) {
    MYRIAD_EXPECT(count >= 1 && count <= 1U << 24U);
  }

  /// False, and nothing happens, when the node does not exist or a part of it is there already.
  bool add(TreeNode node, std::vector<float> values) {
    if (node.level > top_ || begin(node) >= count_) return false;
    for (const auto& [other, sum] : nodes_) {
      if (begin(node) < end(other) && begin(other) < end(node)) return false;
    }
    while (node.level < top_) {
      const TreeNode sibling{node.level, node.index ^ 1U}, parent{node.level + 1, node.index / 2};
      if (begin(sibling) < count_) {
        const auto at = nodes_.find(sibling);
        if (at == nodes_.end() || at->second.size() != values.size()) break;
        const bool left = node.index % 2 == 0;
        std::vector<float>& a = left ? values : at->second;
        const std::vector<float>& b = left ? at->second : values;
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] + b[i];
        if (!left) values = std::move(at->second);
        nodes_.erase(at);
      }
      node = parent;
    }
    nodes_.emplace(node, std::move(values));
    return true;
  }

  /// Sums so far, disjoint.
  const std::map<TreeNode, std::vector<float>>& nodes() const { return nodes_; }
  bool complete() const { return nodes_.size() == 1 && nodes_.begin()->first.level == top_; }
  /// Precondition: complete().
  std::span<const float> root() const { return nodes_.begin()->second; }
  void clear() { nodes_.clear(); }

 private:
  std::uint64_t begin(TreeNode n) const { return static_cast<std::uint64_t>(n.index) << n.level; }
  std::uint64_t end(TreeNode n) const { return static_cast<std::uint64_t>(n.index + 1) << n.level; }

  std::uint32_t count_, top_;
  std::map<TreeNode, std::vector<float>> nodes_;
};

}  // namespace myriad::train::elastic
