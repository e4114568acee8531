#pragma once
/// \file
/// Growing scratch tensor.

#include <initializer_list>

#include "src/backend/tensor.hpp"

namespace myriad {

/// Memory that is kept between calls and grows when a larger shape is asked for.
class Slot {
 public:
  /// Dense view of \p extents over the slot's memory; previous content is lost when it grows.
  TensorView get(Backend& backend, DType dtype, std::initializer_list<std::int64_t> extents) {
    std::int64_t size = 1;
    for (std::int64_t e : extents) size *= e;
    if (storage_.empty() || storage_.dtype() != dtype || storage_.size() < size) {
      storage_ = Tensor();  // release before asking for more
      storage_ = Tensor(backend, dtype, {size});
      ++moves_;
    }
    return TensorView(storage_.view().data, dtype, extents);
  }

  /// How often the memory has moved.
  std::int64_t moves() const { return moves_; }

 private:
  Tensor storage_;
  std::int64_t moves_ = 0;
};

}  // namespace myriad
