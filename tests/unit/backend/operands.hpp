#pragma once
/// \file
/// Operands of an op case in a backend's memory.

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <vector>

#include "src/backend/op_cases.hpp"
#include "src/backend/tensor.hpp"

namespace myriad::test {

/// Allocates the operands of a case, each \p shift elements after a 64-byte boundary, and fills
/// them from \p seed on.
class Operands {
 public:
  Operands(Backend& backend, const std::vector<Operand>& operands, std::uint32_t seed,
           std::int64_t shift = 0)
      : backend_(&backend) {
    for (const Operand& operand : operands) {
      Tensor& tensor = tensors_.emplace_back(
          backend, operand.dtype, std::initializer_list<std::int64_t>{operand.size() + shift});
      std::vector<double> values = operand_values(operand, seed++);
      values.insert(values.begin(), static_cast<std::size_t>(shift), 0.0);
      tensor.assign(values);
      TensorView view = tensor.view().slice(0, shift, operand.size());
      view.rank = static_cast<int>(operand.extents.size());
      std::copy(operand.extents.begin(), operand.extents.end(), view.extent.begin());
      view.set_dense_strides();
      views_.push_back(view);
    }
  }

  const std::vector<TensorView>& views() const { return views_; }
  TensorView operator[](std::size_t k) const { return views_[k]; }
  std::vector<double> values(std::size_t k) const { return to_doubles(*backend_, views_[k]); }

 private:
  Backend* backend_;
  std::deque<Tensor> tensors_;
  std::vector<TensorView> views_;
};

}  // namespace myriad::test
