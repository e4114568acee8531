#pragma once
/// \file
/// Owning tensor over a backend's memory.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/backend.hpp"
#include "src/base/error.hpp"

namespace myriad {

using kernels::Backend;
using kernels::ConstTensorView;
using kernels::DType;
using kernels::TensorView;

/// Dense row-major tensor that owns memory of one backend. Move-only; empty after default construction.
class Tensor {
 public:
  Tensor() = default;
  /// Allocates uninitialised memory.
  Tensor(Backend& backend, DType dtype, std::initializer_list<std::int64_t> extents);
  Tensor(Tensor&& other) noexcept { *this = std::move(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(view_, other.view_);
    return *this;
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  ~Tensor();

  bool empty() const { return backend_ == nullptr; }
  Backend& backend() const { return *backend_; }
  TensorView view() { return view_; }
  ConstTensorView view() const { return view_; }
  operator TensorView() { return view_; }             // NOLINT(google-explicit-constructor)
  operator ConstTensorView() const { return view_; }  // NOLINT(google-explicit-constructor)

  DType dtype() const { return view_.dtype; }
  std::int64_t size() const { return view_.size(); }
  std::int64_t dim(int d) const { return view_.dim(d); }
  std::int64_t bytes() const { return view_.size() * kernels::size_of(view_.dtype); }

  /// Copy host values in, converting to the tensor's dtype; the count must equal size().
  void assign(const std::vector<double>& host);
  void assign(const std::vector<float>& host);
  /// Copy to the host, converting.
  std::vector<double> to_doubles() const;
  std::vector<float> to_floats() const;

 private:
  Backend* backend_ = nullptr;
  TensorView view_;
};

/// Values of any view (strides allowed) on the host, row-major.
std::vector<double> to_doubles(Backend& backend, ConstTensorView view);

}  // namespace myriad
