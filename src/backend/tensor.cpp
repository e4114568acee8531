#include "src/backend/tensor.hpp"

#include <memory>

#include "kernels/half.hpp"

namespace myriad {
namespace {

template <class To, class From, class Convert>
std::vector<To> converted(const std::vector<From>& from, const Convert& convert) {
  std::vector<To> to(from.size());
  for (std::size_t k = 0; k < from.size(); ++k) to[k] = convert(from[k]);
  return to;
}

/// Call body with the elements of \p host in the format of \p dtype.
template <class From, class Body>
void with_converted(DType dtype, const std::vector<From>& host, const Body& body) {
  switch (dtype) {
    case DType::f64:
      return body(converted<double>(host, [](From x) { return static_cast<double>(x); }));
    case DType::bf16:
      return body(converted<std::uint16_t>(host, [](From x) { return kernels::bf16_from_float(static_cast<float>(x)); }));
    case DType::f16:
      return body(converted<std::uint16_t>(host, [](From x) { return kernels::f16_from_float(static_cast<float>(x)); }));
    case DType::f32:
    case DType::tf32:
      return body(converted<float>(host, [](From x) { return static_cast<float>(x); }));
  }
}

template <class From>
void assign_converted(Backend& backend, TensorView view, const std::vector<From>& host) {
  MYRIAD_EXPECT(static_cast<std::int64_t>(host.size()) == view.size());
  const std::int64_t bytes = view.size() * kernels::size_of(view.dtype);
  if (view.dtype == kernels::dtype_of<From>()) {
    backend.copy_to_device(view.data, host.data(), bytes);
    return;
  }
  with_converted(view.dtype, host, [&](const auto& elements) { backend.copy_to_device(view.data, elements.data(), bytes); });
}

template <class Element>
std::vector<Element> fetch(Backend& backend, ConstTensorView view) {
  std::vector<Element> raw(static_cast<std::size_t>(view.size()));
  backend.copy_to_host(raw.data(), view.data, view.size() * kernels::size_of(view.dtype));
  return raw;
}

template <class To>
std::vector<To> to_host(Backend& backend, ConstTensorView view) {
  if (view.dtype == kernels::dtype_of<To>()) return fetch<To>(backend, view);
  switch (view.dtype) {
    case DType::f64:
      return converted<To>(fetch<double>(backend, view), [](double x) { return static_cast<To>(x); });
    case DType::bf16:
      return converted<To>(fetch<std::uint16_t>(backend, view), [](std::uint16_t x) { return static_cast<To>(kernels::float_from_bf16(x)); });
    case DType::f16:
      return converted<To>(fetch<std::uint16_t>(backend, view), [](std::uint16_t x) { return static_cast<To>(kernels::float_from_f16(x)); });
    case DType::f32:
    case DType::tf32:
      break;
  }
  return converted<To>(fetch<float>(backend, view), [](float x) { return static_cast<To>(x); });
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
