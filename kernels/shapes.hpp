#pragma once
/// \file
/// Shape checks shared by the ops of all backends.

#include <cstdint>

#include "kernels/contract.hpp"
#include "kernels/tensor.hpp"

namespace myriad::kernels::detail {

/// Product of the extents from dimension \p first on.
template <bool C>
std::int64_t size_from(const BasicTensorView<C>& v, int first) {
  std::int64_t n = 1;
  for (int d = first; d < v.rank; ++d) n *= v.dim(d);
  return n;
}

template <bool A, bool B>
bool same_extents(const BasicTensorView<A>& a, const BasicTensorView<B>& b) {
  if (a.rank != b.rank) return false;
  for (int d = 0; d < a.rank; ++d) {
    if (a.dim(d) != b.dim(d)) return false;
  }
  return true;
}

/// A tensor seen as [batch, channel, point]: dense after the batch, whose stride is free.
struct ChannelShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t points = 0;
};

/// As channel_shape(), but of [batch, channel, point] with any stride between channels (a range of points of a field).
template <bool C>
ChannelShape point_shape(const BasicTensorView<C>& v) {
  MYRIAD_KERNEL_EXPECT(v.rank >= 2 && (v.rank == 3 ? v.dense_from(2) : v.dense_from(1)));
  return {v.dim(0), v.dim(1), size_from(v, 2)};
}

template <bool C>
ChannelShape channel_shape(const BasicTensorView<C>& v) {
  MYRIAD_KERNEL_EXPECT(v.rank >= 2 && v.dense_from(1));
  return {v.dim(0), v.dim(1), size_from(v, 2)};
}

inline bool operator==(const ChannelShape& a, const ChannelShape& b) {
  return a.batch == b.batch && a.channels == b.channels && a.points == b.points;
}

/// Preconditions of a real matrix weight [o, i] between coefficients i [batch, lm, i, 2] and o [batch, lm, o, 2].
inline void check_coefficient_matrix(const ConstTensorView& i, const ConstTensorView& o, const ConstTensorView& weight) {
  MYRIAD_KERNEL_EXPECT(i.rank == 4 && o.rank == 4 && i.dense_from(1) && o.dense_from(1));
  MYRIAD_KERNEL_EXPECT(i.dim(0) == o.dim(0) && i.dim(1) == o.dim(1) && i.dim(3) == 2 && o.dim(3) == 2);
  MYRIAD_KERNEL_EXPECT(weight.rank == 2 && weight.dim(0) == o.dim(2) && weight.dim(1) == i.dim(2) && weight.dense_from(1));
}

/// Call of(T{}) with the element type of \p dtype, f32 or f64.
template <class Of>
void with_real(DType dtype, const Of& of) {
  MYRIAD_KERNEL_EXPECT(dtype == DType::f32 || dtype == DType::f64);
  dtype == DType::f32 ? of(float{}) : of(double{});
}

/// A dense vector of \p count elements.
template <bool C>
bool is_vector(const BasicTensorView<C>& v, std::int64_t count) {
  return v.size() == count && v.dense_from(0);
}

}  // namespace myriad::kernels::detail
