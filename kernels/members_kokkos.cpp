#include "kernels/members.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/compat.hpp"
#include "kernels/shapes.hpp"
#include "kernels/sort_network.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::is_count;
using kernels::detail::is_members;
using kernels::detail::is_result;
using kernels::detail::is_vector;
using kernels::detail::with_real;
using kernels::detail::magnitude;
using kernels::detail::k_sort_lanes;

namespace {

/// Points whose sums lie side by side in registers and in the first cache.
constexpr std::int64_t k_block = 64;

/// Call body(first, count) for pieces of at most k_block points.
template <class Body>
void launch_blocks(const char* label, std::int64_t points, const Body& body) {
  detail::launch(label, (points + k_block - 1) / k_block, [=](std::int64_t b) {
    body(b * k_block, std::min(k_block, points - b * k_block));
  });
}

template <class T>
void sort_all(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView centre) {
  const std::int64_t members = in.dim(0), points = in.dim(1);
  const std::int64_t from_step = in.step(0), to_step = out.step(0);
  constexpr std::int64_t k_lanes = k_sort_lanes<T>;
  const std::int64_t blocks = (points + k_lanes - 1) / k_lanes;
  const std::int64_t workers = detail::worker_count(blocks);
  T* buffers = scratch.array<T>(workers * members * k_lanes);
  const T *from = in.as<T>(), *middle = centre.as<T>();
  T* to = out.as<T>();
  detail::launch_workers("sort_members", workers, blocks,
                         [=](std::int64_t worker, std::int64_t begin, std::int64_t end) {
                           T* values = buffers + worker * members * k_lanes;
                           for (std::int64_t b = begin; b < end; ++b) {
                             const std::int64_t first = b * k_lanes,
                                                count = std::min(k_lanes, points - first);
                             // A whole block has loops of a length that the compiler knows.
                             const auto sort_block = [&](auto length) {
                               for (std::int64_t i = 0; i < members; ++i) {
                                 const T* x = from + i * from_step + first;
                                 T* v = values + i * k_lanes;
                                 if (middle == nullptr) {
                                   for (std::int64_t j = 0; j < length; ++j) v[j] = x[j] + T{0};
                                 } else {
                                   for (std::int64_t j = 0; j < length; ++j)
                                     v[j] = std::abs(x[j] - middle[first + j]);
                                 }
                                 for (std::int64_t j = length; j < k_lanes; ++j) v[j] = T{0};
                               }
                               kernels::detail::sort_columns(values, members);
                               for (std::int64_t i = 0; i < members; ++i) {
                                 T* ordered = to + i * to_step + first;
                                 for (std::int64_t j = 0; j < length; ++j) ordered[j] = values[i * k_lanes + j];
                               }
                             };
                             if (count == k_lanes) {
                               sort_block(std::integral_constant<std::int64_t, k_lanes>());
                             } else {
                               sort_block(count);
                             }
                           }
                         });
}

/// Sums of neighbouring points are kept in registers, as many as a loop over the members can hold: in memory each addition would
/// cost a load and a store.
using Lanes = kernels::detail::Vector<double>;
inline constexpr int k_lane_count = kernels::detail::k_lanes<double>;

/// Points side by side of which \p count are there: the last ones of a block fill a part of a register, and go through the same
/// instructions as all others, so that they get the same bits.
struct Group {
  std::int64_t first;
  int count;  ///< k_lane_count of a whole register

  template <class T>
  MYRIAD_INLINE Lanes load(const T* row) const {
    if (count == k_lane_count) return kernels::detail::load_widened(row + first);
    T part[k_lane_count] = {};
    for (int j = 0; j < count; ++j) part[j] = row[first + j];
    return kernels::detail::load_widened(part);
  }
  MYRIAD_INLINE void store(double* row, Lanes value) const {
    if (count == k_lane_count) return kernels::detail::store(row + first, value);
    double part[k_lane_count];
    kernels::detail::store(part, value);
    for (int j = 0; j < count; ++j) row[first + j] = part[j];
  }
  MYRIAD_INLINE Group next(int registers) const { return {first + registers * k_lane_count, count}; }
};

/// Call each<Registers>(group) for all points first..first + count - 1: Registers registers from the group on, in the end one.
template <int Registers, class Each>
MYRIAD_INLINE void for_each_group(std::int64_t first, std::int64_t count, const Each& each) {
  std::int64_t j = 0;
  for (; j + Registers * k_lane_count <= count; j += Registers * k_lane_count) {
    each.template operator()<Registers>(Group{first + j, k_lane_count});
  }
  for (; j < count; j += k_lane_count) {
    each.template operator()<1>(Group{first + j, static_cast<int>(std::min<std::int64_t>(k_lane_count, count - j))});
  }
}

template <class T>
void moments_all(TensorView out, ConstTensorView in) {
  const std::int64_t members = in.dim(0), points = in.dim(1), step = in.step(0);
  const T* x = in.as<T>();
  double* to = out.as<double>();
  launch_blocks("member_moments", points, [=](std::int64_t first, std::int64_t count) {
    for_each_group<4>(first, count, [=]<int R>(Group group) {
      Lanes mean[R] = {}, variance[R] = {};
      for (std::int64_t i = 0; i < members; ++i) {
        for (int v = 0; v < R; ++v) mean[v] += group.next(v).load(x + i * step);
      }
      for (int v = 0; v < R; ++v) mean[v] /= static_cast<double>(members);
      for (std::int64_t i = 0; members > 1 && i < members; ++i) {
        for (int v = 0; v < R; ++v) {
          const Lanes d = group.next(v).load(x + i * step) - mean[v];
          variance[v] += d * d;
        }
      }
      for (int v = 0; v < R; ++v) {
        group.next(v).store(to, mean[v]);
        group.next(v).store(to + points, members > 1 ? Lanes(variance[v] / static_cast<double>(members - 1)) : Lanes{});
      }
    });
  });
}

template <class T>
void extremes_all(TensorView out, ConstTensorView in) {
  const std::int64_t members = in.dim(0), points = in.dim(1), step = in.step(0);
  const T* x = in.as<T>();
  double* to = out.as<double>();
  launch_blocks("member_extremes", points, [=](std::int64_t first, std::int64_t count) {
    T low[k_block], high[k_block], low_at[k_block] = {}, high_at[k_block] = {};
    std::copy_n(x + first, count, low);
    std::copy_n(x + first, count, high);
    for (std::int64_t i = 1; i < members; ++i) {
      const T* v = x + i * step + first;
      const T number = static_cast<T>(i);
      for (std::int64_t j = 0; j < count; ++j) {
        low_at[j] = v[j] < low[j] ? number : low_at[j];
        low[j] = v[j] < low[j] ? v[j] : low[j];
        high_at[j] = v[j] > high[j] ? number : high_at[j];
        high[j] = v[j] > high[j] ? v[j] : high[j];
      }
    }
    for (std::int64_t j = 0; j < count; ++j) {
      double* p = to + first + j;
      p[0] = static_cast<double>(low[j]);
      p[points] = static_cast<double>(low_at[j]);
      p[2 * points] = static_cast<double>(high[j]);
      p[3 * points] = static_cast<double>(high_at[j]);
    }
  });
}

template <class T>
void errors_all(TensorView out, ConstTensorView in, ConstTensorView truth) {
  const std::int64_t members = in.dim(0), points = in.dim(1), step = in.step(0);
  const T *x = in.as<T>(), *y = truth.as<T>();
  double* to = out.as<double>();
  launch_blocks("member_errors", points, [=](std::int64_t first, std::int64_t count) {
    for_each_group<2>(first, count, [=]<int R>(Group group) {
      Lanes centre[R], sum[R] = {}, best[R], best_at[R] = {}, below[R] = {}, equal[R] = {};
      const Lanes none{}, one = none + 1.0;
      for (int v = 0; v < R; ++v) {
        centre[v] = group.next(v).load(y);
        best[v] = magnitude(group.next(v).load(x) - centre[v]);
      }
      for (std::int64_t i = 0; i < members; ++i) {
        const Lanes number = none + static_cast<double>(i);
        for (int v = 0; v < R; ++v) {
          const Lanes d = group.next(v).load(x + i * step) - centre[v];
          const Lanes error = magnitude(d);
          sum[v] += error;
          best_at[v] = error < best[v] ? number : best_at[v];
          best[v] = error < best[v] ? error : best[v];
          below[v] += d < none ? one : none;
          equal[v] += d == none ? one : none;
        }
      }
      for (int v = 0; v < R; ++v) {
        const Lanes results[] = {sum[v], best[v], best_at[v], below[v], equal[v]};
        for (int k = 0; k < 5; ++k) group.next(v).store(to + k * points, results[k]);
      }
    });
  });
}

template <class T>
void combine_all(TensorView out, ConstTensorView in, ConstTensorView weight) {
  const std::int64_t members = in.dim(0), points = in.dim(1), step = in.step(0);
  const std::int64_t sums = weight.dim(0);
  const T* x = in.as<T>();
  const double* w = weight.as<double>();
  double* to = out.as<double>();
  launch_blocks("combine_members", points, [=](std::int64_t first, std::int64_t count) {
    for (std::int64_t k = 0; k < sums; ++k) {
      for_each_group<4>(first, count, [=]<int R>(Group group) {
        Lanes sum[R] = {};
        for (std::int64_t i = 0; i < members; ++i) {
          const double factor = w[k * members + i];
          for (int v = 0; v < R; ++v) sum[v] += factor * group.next(v).load(x + i * step);
        }
        for (int v = 0; v < R; ++v) group.next(v).store(to + k * points, sum[v]);
      });
    }
  });
}

template <class T>
void at_rank_all(TensorView out, ConstTensorView sorted, ConstTensorView rank) {
  const std::int64_t members = sorted.dim(0), points = sorted.dim(1), step = sorted.step(0);
  const std::int64_t ranks = rank.size();
  const T* x = sorted.as<T>();
  const double* r = rank.as<double>();
  double* to = out.as<double>();
  launch_blocks("members_at_rank", points, [=](std::int64_t first, std::int64_t count) {
    for (std::int64_t k = 0; k < ranks; ++k) {
      const auto below = static_cast<std::int64_t>(r[k]);
      const double weight = r[k] - static_cast<double>(below);
      const T* low = x + below * step + first;
      const T* high = x + std::min(below + 1, members - 1) * step + first;
      for (std::int64_t j = 0; j < count; ++j) {
        const double a = static_cast<double>(low[j]);
        to[k * points + first + j] = a + weight * (static_cast<double>(high[j]) - a);
      }
    }
  });
}

/// Up to so many members are compared one by one, a vector of points at a time; more of them are
/// searched.
constexpr std::int64_t k_compared = 128;

template <class T>
void count_all(TensorView out, ConstTensorView sorted, ConstTensorView threshold) {
  const std::int64_t members = sorted.dim(0), points = sorted.dim(1), step = sorted.step(0);
  const std::int64_t thresholds = threshold.dim(0), width = threshold.dim(1);
  const T* x = sorted.as<T>();
  const double* t = threshold.as<double>();
  double* to = out.as<double>();
  launch_blocks("count_members", points, [=](std::int64_t first, std::int64_t count) {
    for (std::int64_t k = 0; k < thresholds; ++k) {
      double limit[k_block], below[k_block] = {}, up_to[k_block] = {};
      for (std::int64_t j = 0; j < count; ++j)
        limit[j] = t[k * width + (width == 1 ? 0 : first + j)];
      for (std::int64_t i = 0; members <= k_compared && i < members; ++i) {
        const T* v = x + i * step + first;
        for (std::int64_t j = 0; j < count; ++j) {
          below[j] += static_cast<double>(v[j]) < limit[j] ? 1.0 : 0.0;
          up_to[j] += static_cast<double>(v[j]) <= limit[j] ? 1.0 : 0.0;
        }
      }
      for (std::int64_t j = 0; members > k_compared && j < count; ++j) {
        const auto partition = [&](auto&& keep) {
          std::int64_t low = 0, high = members;
          while (low < high) {
            const std::int64_t middle = low + (high - low) / 2;
            keep(static_cast<double>(x[middle * step + first + j])) ? low = middle + 1
                                                                    : high = middle;
          }
          return static_cast<double>(low);
        };
        below[j] = partition([&](double v) { return v < limit[j]; });
        up_to[j] = partition([&](double v) { return v <= limit[j]; });
      }
      std::copy_n(below, count, to + k * points + first);
      std::copy_n(up_to, count, to + (thresholds + k) * points + first);
    }
  });
}

}  // namespace

void sort_members(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView centre) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_members(out) && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(out.dim(0) == in.dim(0) && out.dim(1) == in.dim(1));
  MYRIAD_KERNEL_EXPECT(centre.empty() ||
                       (centre.dtype == in.dtype && is_vector(centre, in.dim(1))));
  with_real(in.dtype, [&](auto t) { sort_all<decltype(t)>(scratch, out, in, centre); });
}

void member_moments(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 2));
  with_real(in.dtype, [&](auto t) { moments_all<decltype(t)>(out, in); });
}

void member_extremes(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 4));
  with_real(in.dtype, [&](auto t) { extremes_all<decltype(t)>(out, in); });
}

void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 5));
  MYRIAD_KERNEL_EXPECT(truth.dtype == in.dtype && is_vector(truth, in.dim(1)));
  with_real(in.dtype, [&](auto t) { errors_all<decltype(t)>(out, in, truth); });
}

void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, weight.dim(0)));
  MYRIAD_KERNEL_EXPECT(weight.dtype == DType::f64 && is_vector(weight, weight.dim(0) * in.dim(0)));
  with_real(in.dtype, [&](auto t) { combine_all<decltype(t)>(out, in, weight); });
}

void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) {
  MYRIAD_KERNEL_EXPECT(is_members(sorted) && is_result(out, sorted, rank.size()));
  MYRIAD_KERNEL_EXPECT(rank.dtype == DType::f64 && is_vector(rank, rank.dim(0)));
  with_real(sorted.dtype, [&](auto t) { at_rank_all<decltype(t)>(out, sorted, rank); });
}

void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) {
  MYRIAD_KERNEL_EXPECT(is_count(out, sorted, threshold));
  with_real(sorted.dtype, [&](auto t) { count_all<decltype(t)>(out, sorted, threshold); });
}

}  // namespace myriad::kernels::kokkos
