#pragma once
/// \file
/// Statistics over the members of an ensemble at each point: what scores and statistics are made
/// of.
///
/// Contracts: Backend. Every point is a pure function of its own members, so that results do not
/// depend on the points that are given together. Sums are fp64.

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace detail {

/// Whether \p in is [member, point] as the ops take it.
inline bool is_members(const ConstTensorView& in) {
  return in.rank == 2 && in.dim(0) > 0 && in.dense_from(1);
}
/// Whether \p out is a dense f64 [fields, point] for \p in.
inline bool is_result(const ConstTensorView& out, const ConstTensorView& in, std::int64_t fields) {
  return out.dtype == DType::f64 && out.rank == 2 && out.dim(0) == fields &&
         out.dim(1) == in.dim(1) && out.dense_from(0);
}
/// Whether count_members() may be called so.
inline bool is_count(const ConstTensorView& out, const ConstTensorView& sorted,
                     const ConstTensorView& threshold) {
  return is_members(sorted) && out.dtype == DType::f64 && threshold.dtype == DType::f64 &&
         out.rank == 3 && threshold.rank == 2 && out.dim(0) == 2 &&
         out.dim(1) == threshold.dim(0) && out.dim(2) == sorted.dim(1) && out.dense_from(0) &&
         threshold.dense_from(0) && (threshold.dim(1) == 1 || threshold.dim(1) == sorted.dim(1));
}

}  // namespace detail

namespace kokkos {
void sort_members(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView centre);
void member_moments(TensorView out, ConstTensorView in);
void member_extremes(TensorView out, ConstTensorView in);
void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth);
void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight);
void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank);
void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold);
}  // namespace kokkos

namespace reference {
void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre);
void member_moments(TensorView out, ConstTensorView in);
void member_extremes(TensorView out, ConstTensorView in);
void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth);
void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight);
void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank);
void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold);
}  // namespace reference

}  // namespace myriad::kernels
