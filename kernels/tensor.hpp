#pragma once
/// \file
/// Plain tensor views: what every op of every backend takes and gives.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace myriad::kernels {

/// Element type of a tensor. Complex values are a trailing dimension of extent 2 (re, im). Every backend knows f32 and f64,
/// some know more (Backend::supports).
enum class DType : std::uint8_t {
  f32,
  f64,
  tf32,  ///< f32 in memory; a product may round both its operands to the 11 significant bits of TF32
  bf16,
  f16,
};

constexpr std::int64_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 8;
    case DType::bf16:
    case DType::f16:
      return 2;
    case DType::f32:
    case DType::tf32:
      break;
  }
  return 4;
}

template <class T>
constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  return std::is_same_v<T, float> ? DType::f32 : DType::f64;
}

inline constexpr int k_max_rank = 6;

/// Non-owning view of device memory: pointer, element type, extents and strides (in elements).
///
/// Dimension 0 is the batch (members x dates) wherever an op has one. Cheap to copy. The memory belongs to
/// the backend that made it; only that backend's ops may touch `data`.
template <bool IsConst>
struct BasicTensorView {
  using Pointer = std::conditional_t<IsConst, const void*, void*>;

  Pointer data = nullptr;
  DType dtype = DType::f32;
  int rank = 0;
  std::array<std::int64_t, k_max_rank> extent{};
  std::array<std::int64_t, k_max_rank> stride{};

  BasicTensorView() = default;

  /// Row-major dense view of \p extents over \p pointer.
  BasicTensorView(Pointer pointer, DType type, std::initializer_list<std::int64_t> extents)
      : data(pointer), dtype(type), rank(static_cast<int>(extents.size())) {
    int d = 0;
    for (std::int64_t e : extents) extent[static_cast<std::size_t>(d++)] = e;
    set_dense_strides();
  }

  /// A mutable view converts to a const one, never the other way.
  template <bool OtherConst, class = std::enable_if_t<IsConst && !OtherConst>>
  BasicTensorView(const BasicTensorView<OtherConst>& other)  // NOLINT(google-explicit-constructor)
      : data(other.data), dtype(other.dtype), rank(other.rank), extent(other.extent), stride(other.stride) {}

  void set_dense_strides() {
    std::int64_t step = 1;
    for (int d = rank - 1; d >= 0; --d) {
      stride[static_cast<std::size_t>(d)] = step;
      step *= extent[static_cast<std::size_t>(d)];
    }
  }

  std::int64_t dim(int d) const { return extent[static_cast<std::size_t>(d)]; }
  std::int64_t step(int d) const { return stride[static_cast<std::size_t>(d)]; }

  std::int64_t size() const {
    std::int64_t n = 1;
    for (int d = 0; d < rank; ++d) n *= dim(d);
    return n;
  }

  /// True when dimensions from \p first on are dense row-major (ops allow any stride of the dimensions before).
  bool dense_from(int first) const {
    std::int64_t expected = 1;
    for (int d = rank - 1; d >= first; --d) {
      if (dim(d) != 1 && step(d) != expected) return false;
      expected *= dim(d);
    }
    return true;
  }

  template <class T>
  auto as() const {
    return static_cast<std::conditional_t<IsConst, const T*, T*>>(data);
  }

  /// Sub-range [begin, begin+count) of dimension \p d.
  BasicTensorView slice(int d, std::int64_t begin, std::int64_t count) const {
    BasicTensorView v = *this;
    using Byte = std::conditional_t<IsConst, const char, char>;
    v.data = static_cast<Byte*>(data) + begin * step(d) * size_of(dtype);
    v.extent[static_cast<std::size_t>(d)] = count;
    return v;
  }

  /// Same memory, other extents; the view must be dense and the sizes must agree (checked by the ops that use it).
  BasicTensorView reshape(std::initializer_list<std::int64_t> extents) const {
    return BasicTensorView(data, dtype, extents);
  }

  bool empty() const { return data == nullptr; }
};

using TensorView = BasicTensorView<false>;
using ConstTensorView = BasicTensorView<true>;

}  // namespace myriad::kernels
