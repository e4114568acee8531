#pragma once
/// \file
/// Pairwise sums whose result depends on the leaves only, not on who adds them (docs/adr/0002).

#include <cstdint>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad::train {

/// Adds equally shaped dense tensors pairwise over the leaf index: ((0+1)+(2+3))+((4+5)+(6+7)).
///
/// Leaves are pushed in order; at most log2(leaves)+1 tensors are alive. Pushing an aligned power-of-two run of leaves
/// and adding the roots of such runs pairwise gives the same bits as pushing all leaves into one tree.
class TreeSum {
 public:
  explicit TreeSum(Backend& backend) : backend_(&backend) {}

  /// Take over \p leaf as the next leaf.
  void push(Tensor leaf);
  /// A tensor of the leaf's shape to fill and push: recycles memory of finished nodes. Content is undefined.
  Tensor take_buffer(DType dtype, std::int64_t size);
  /// Return a tensor for reuse by take_buffer.
  void recycle(Tensor buffer) { free_.push_back(std::move(buffer)); }
  /// The root; the tree is empty afterwards. Leaves that do not fill a power of two are folded from the right.
  Tensor finish();

 private:
  struct Node {
    int level;
    Tensor sum;
  };
  void merge_top_two();

  Backend* backend_;
  std::vector<Node> stack_;
  std::vector<Tensor> free_;
};

}  // namespace myriad::train
