#include "training/tree_sum.hpp"

#include <utility>

namespace myriad::train {

void TreeSum::merge_top_two() {
  Node right = std::move(stack_.back());
  stack_.pop_back();
  Node& left = stack_.back();
  backend_->axpby(left.sum, 1.0, left.sum, 1.0, right.sum);
  ++left.level;
  free_.push_back(std::move(right.sum));
}

void TreeSum::push(Tensor leaf) {
  stack_.push_back({0, std::move(leaf)});
  while (stack_.size() >= 2 && stack_[stack_.size() - 2].level == stack_.back().level) merge_top_two();
}

Tensor TreeSum::take_buffer(DType dtype, std::int64_t size) {
  if (!free_.empty() && free_.back().dtype() == dtype && free_.back().size() == size) {
    Tensor buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  return Tensor(*backend_, dtype, {size});
}

Tensor TreeSum::finish() {
  MYRIAD_EXPECT(!stack_.empty());
  while (stack_.size() >= 2) merge_top_two();
  Tensor root = std::move(stack_.back().sum);
  stack_.clear();
  return root;
}

}  // namespace myriad::train
