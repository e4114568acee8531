#include "src/backend/tensor.hpp"

#include <memory>

namespace myriad {
namespace {

template <class From>
void assign_converted(Backend& backend, TensorView view, const std::vector<From>& host) {
  MYRIAD_EXPECT(static_cast<std::int64_t>(host.size()) == view.size());
  const std::int64_t bytes = view.size() * kernels::size_of(view.dtype);
  if (view.dtype == kernels::dtype_of<From>()) {
    backend.copy_to_device(view.data, host.data(), bytes);
  } else if (view.dtype == DType::f32) {
    std::vector<float> converted(host.size());
    for (std::size_t k = 0; k < host.size(); ++k) converted[k] = static_cast<float>(host[k]);
    backend.copy_to_device(view.data, converted.data(), bytes);
  } else {
    const std::vector<double> converted(host.begin(), host.end());
    backend.copy_to_device(view.data, converted.data(), bytes);
  }
}

template <class To>
std::vector<To> to_host(Backend& backend, ConstTensorView view) {
  const std::int64_t bytes = view.size() * kernels::size_of(view.dtype);
  std::vector<To> out(static_cast<std::size_t>(view.size()));
  if (view.dtype == kernels::dtype_of<To>()) {
    backend.copy_to_host(out.data(), view.data, bytes);
  } else if (view.dtype == DType::f32) {
    std::vector<float> raw(out.size());
    backend.copy_to_host(raw.data(), view.data, bytes);
    for (std::size_t k = 0; k < raw.size(); ++k) out[k] = static_cast<To>(raw[k]);
  } else {
    std::vector<double> raw(out.size());
    backend.copy_to_host(raw.data(), view.data, bytes);
    for (std::size_t k = 0; k < raw.size(); ++k) out[k] = static_cast<To>(raw[k]);
  }
  return out;
}

}  // namespace

Tensor::Tensor(Backend& backend, DType dtype, std::initializer_list<std::int64_t> extents)
    : backend_(&backend), view_(nullptr, dtype, extents) {
  MYRIAD_EXPECT(extents.size() <= kernels::k_max_rank);
  view_.data = backend.allocate(bytes());
}

Tensor::~Tensor() {
  if (backend_ != nullptr) backend_->deallocate(view_.data);
}

void Tensor::assign(const std::vector<double>& host) {
  assign_converted(*backend_, view_, host);
}
void Tensor::assign(const std::vector<float>& host) {
  assign_converted(*backend_, view_, host);
}
std::vector<double> Tensor::to_doubles() const {
  return to_host<double>(*backend_, view_);
}
std::vector<float> Tensor::to_floats() const {
  return to_host<float>(*backend_, view_);
}

std::vector<double> to_doubles(Backend& backend, ConstTensorView view) {
  if (view.dense_from(0)) return to_host<double>(backend, view);
  TensorView dense = TensorView(nullptr, view.dtype, {});
  dense.rank = view.rank;
  dense.extent = view.extent;
  dense.set_dense_strides();
  const auto give_back = [&](void* memory) { backend.deallocate(memory); };
  const std::unique_ptr<void, decltype(give_back)> memory(
      backend.allocate(dense.size() * kernels::size_of(dense.dtype)), give_back);
  dense.data = memory.get();
  backend.copy(dense, view);
  return to_host<double>(backend, dense);
}

}  // namespace myriad
