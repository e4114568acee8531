#include "kernels/crps.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/compat.hpp"
#include "kernels/shapes.hpp"
#include "kernels/sort_network.hpp"
#include "kernels/wide.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::is_vector;
using kernels::detail::k_sort_lanes;
using kernels::detail::k_sort_vectors;
using kernels::detail::k_wide;
using kernels::detail::load_widened;
using kernels::detail::magnitude;
using kernels::detail::sort_columns;
using kernels::detail::store;
using kernels::detail::Wide;
using kernels::detail::wide_load;
using kernels::detail::wide_load_part;
using kernels::detail::wide_store;

namespace {

template <class T>
struct Crps {
  double* rows;  ///< [group, channel, lat]
  const T* members;
  const T* truth;
  T* buffers;  ///< [member][k_sort_lanes] per worker
  std::int64_t member_stride, group_stride, truth_stride;
  std::int64_t count, channels, nlat, nlon;
  double pair;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    T* values = buffers + worker * count * k_sort_lanes<T>;
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t g = item / (channels * nlat);
      const std::int64_t at = item % (channels * nlat) * nlon;
      double total = 0.0;
      for (std::int64_t j = 0; j < nlon; j += k_sort_lanes<T>) {
        total +=
            piece(values, members + g * group_stride + at + j, truth + g * truth_stride + at + j,
                  std::min<std::int64_t>(k_sort_lanes<T>, nlon - j));
      }
      rows[item] = total;
    }
  }

  /// Sum of the scores of up to k_sort_lanes points.
  double piece(T* values, const T* x, const T* y, std::int64_t columns) const {
    // Distances to the truth: A needs them, B is unchanged by the shift, and large means drop out
    // before any sum.
    // The sort would hide a NaN, so NaN - NaN is carried past it.
    T poison[k_sort_lanes<T>];
    for (int v = 0; v < k_sort_vectors; ++v) {
      const std::int64_t first = v * k_wide<T>;
      const std::int64_t valid = std::clamp<std::int64_t>(columns - first, 0, k_wide<T>);
      const auto lanes = [&](const T* from) {
        return valid == k_wide<T> ? wide_load(from) : wide_load_part(from, valid);
      };
      const Wide<T> centre = lanes(y + first);
      Wide<T> bad{};
      for (std::int64_t i = 0; i < count; ++i) {
        const Wide<T> d = lanes(x + i * member_stride + first) - centre;
        wide_store<T>(values + i * k_sort_lanes<T> + first, d);
        bad += d - d;
      }
      wide_store<T>(poison + first, bad);
    }
    sort_columns(values, count);
    // B = sum_r (2 r - M + 1) x_(r), r = 0..M-1: opposite ranks share a weight, and their
    // difference is >= 0.
    double away[k_sort_lanes<T>], spread[k_sort_lanes<T>];
    for (int k = 0; k < k_sort_lanes<T>; k += k_summed) sum_ranks(values + k, away + k, spread + k);
    const double inverse = 1.0 / static_cast<double>(count);
    double lane[k_sort_lanes<T>];
    for (int k = 0; k < k_sort_lanes<T>; ++k) {
      lane[k] =
          k < columns ? away[k] * inverse - pair * spread[k] + static_cast<double>(poison[k]) : 0.0;
    }
    for (int width = k_sort_lanes<T> / 2; width > 0; width /= 2) {
      for (int k = 0; k < width; ++k) lane[k] += lane[k + width];
    }
    return lane[0];
  }

  /// Points whose sums are kept in registers: in memory they take longer than the sort.
  static constexpr int k_registers = 4;
  static constexpr int k_summed = k_registers * kernels::detail::k_lanes<double>;
  static_assert(k_sort_lanes<T> % k_summed == 0);

  /// Sums over the ranks of k_summed points: |x| and (2 r - M + 1) x.
  MYRIAD_INLINE void sum_ranks(const T* values, double* away, double* spread) const {
    using Sum = kernels::detail::Vector<double>;
    constexpr int lanes = kernels::detail::k_lanes<double>;
    Sum near[k_registers] = {}, apart[k_registers] = {};
    for (std::int64_t r = 0; 2 * r < count - 1; ++r) {
      const double weight = static_cast<double>(count - 1 - 2 * r);
      const T* low = values + r * k_sort_lanes<T>;
      const T* high = values + (count - 1 - r) * k_sort_lanes<T>;
#pragma GCC unroll 4
      for (int v = 0; v < k_registers; ++v) {
        const Sum a = load_widened(low + v * lanes), b = load_widened(high + v * lanes);
        near[v] += magnitude(a) + magnitude(b);
        apart[v] += weight * (b - a);
      }
    }
    for (int v = 0; v < k_registers; ++v) {
      if (count % 2 == 1) near[v] += magnitude(load_widened(values + count / 2 * k_sort_lanes<T> + v * lanes));
      store(away + v * lanes, near[v]);
      store(spread + v * lanes, apart[v]);
    }
  }
};

template <class T>
struct CrpsAdjoint {
  T* grad;
  const T* members;
  const T* truth;
  const double* row_weight;
  const double* coefficient;
  std::int64_t grad_member_stride, grad_group_stride, member_stride, group_stride, truth_stride;
  std::int64_t count, channels, nlat, nlon;
  double pair;
  Update update;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t g = item / (channels * nlat);
    const std::int64_t at = item % (channels * nlat) * nlon;
    const double factor =
        coefficient[item / nlat] * row_weight[item % nlat] / static_cast<double>(nlon);
    const T near = static_cast<T>(factor / static_cast<double>(count));
    const T far = static_cast<T>(factor * pair);
    const T* x = members + g * group_stride + at;
    const T* y = truth + g * truth_stride + at;
    T* d = grad + g * grad_group_stride + at;
    for (std::int64_t j = 0; j < nlon; j += k_lanes) {
      const std::int64_t valid = std::min<std::int64_t>(k_lanes, nlon - j);
      for (std::int64_t i = 0; i < count; ++i) {
        const Lanes mine = load(x + i * member_stride + j, valid);
        Signs order{};  // sum of the signs of x_i - x_n
        for (std::int64_t n = 0; n < count; ++n)
          order += signs(mine, load(x + n * member_stride + j, valid));
        const Signs side = signs(mine, load(y + j, valid));
        T* to = d + i * grad_member_stride + j;
        for (std::int64_t k = 0; k < valid; ++k) {
          const T value = near * static_cast<T>(side[k]) - far * static_cast<T>(order[k]);
          to[k] = update == Update::accumulate ? to[k] + value : value;
        }
      }
    }
  }

  // A register at a time: nothing is summed over lanes, so that the width does not matter.
  static constexpr int k_lanes = kernels::detail::k_lanes<T>;
  using Lanes = kernels::detail::Vector<T>;
  using Signs = typename kernels::detail::Simd<T>::Index;

  MYRIAD_INLINE static Lanes load(const T* from, std::int64_t valid) {
    if (valid == k_lanes) return kernels::detail::load(from);
    Lanes v{};
    for (std::int64_t k = 0; k < valid; ++k) v[k] = from[k];
    return v;
  }
  /// sgn(a - b); a comparison that holds is -1.
  MYRIAD_INLINE static Signs signs(Lanes a, Lanes b) { return (a < b) - (a > b); }
};

template <class T>
void run(Scratch& scratch, TensorView out, ConstTensorView members, ConstTensorView truth,
         ConstTensorView row_weight, double alpha) {
  const std::int64_t count = members.dim(0), nlat = truth.dim(2), nlon = truth.dim(3);
  const std::int64_t pairs = truth.dim(0) * truth.dim(1);
  const std::int64_t workers = detail::worker_count(pairs * nlat);
  double* rows =
      scratch.array<double>((pairs * nlat + 7) / 8 * 8 + workers * count * k_sort_lanes<T>);
  T* buffers = reinterpret_cast<T*>(rows + (pairs * nlat + 7) / 8 * 8);
  detail::launch_workers(
      "crps_rows", workers, pairs * nlat,
      Crps<T>{rows, members.as<T>(), truth.as<T>(), buffers, members.step(0), members.step(1),
              truth.step(0), count, truth.dim(1), nlat, nlon, crps_pair_coefficient(count, alpha)});
  double* po = out.as<double>();
  const double* weight = row_weight.as<double>();
  detail::launch("crps", pairs, [=](std::int64_t item) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < nlat; ++k)
      sum += weight[k] * rows[item * nlat + k] / static_cast<double>(nlon);
    po[item] = sum;
  });
}

template <class T>
void run_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                 ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                 Update update) {
  const std::int64_t nlat = truth.dim(2), nlon = truth.dim(3);
  detail::launch(
      "crps_adjoint", truth.dim(0) * truth.dim(1) * nlat,
      CrpsAdjoint<T>{grad_members.as<T>(), members.as<T>(), truth.as<T>(), row_weight.as<double>(),
                     coefficient.as<double>(), grad_members.step(0), grad_members.step(1),
                     members.step(0), members.step(1), truth.step(0), members.dim(0), truth.dim(1),
                     nlat, nlon, crps_pair_coefficient(members.dim(0), alpha), update});
}

void check_shapes(ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
                  ConstTensorView per_channel) {
  MYRIAD_KERNEL_EXPECT(members.rank == 5 && truth.rank == 4 && members.dtype == truth.dtype);
  MYRIAD_KERNEL_EXPECT(members.dense_from(2) && truth.dense_from(1) && members.dim(0) > 0);
  for (int d = 0; d < 4; ++d) MYRIAD_KERNEL_EXPECT(members.dim(d + 1) == truth.dim(d));
  MYRIAD_KERNEL_EXPECT(per_channel.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(per_channel, truth.dim(0) * truth.dim(1)));
  MYRIAD_KERNEL_EXPECT(is_vector(row_weight, truth.dim(2)));
}

}  // namespace

void crps(Scratch& scratch, TensorView out, ConstTensorView members, ConstTensorView truth,
          ConstTensorView row_weight, double alpha) {
  check_shapes(members, truth, row_weight, out);
  members.dtype == DType::f32 ? run<float>(scratch, out, members, truth, row_weight, alpha)
                              : run<double>(scratch, out, members, truth, row_weight, alpha);
}

void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                  Update update) {
  check_shapes(members, truth, row_weight, coefficient);
  MYRIAD_KERNEL_EXPECT(kernels::detail::same_extents(grad_members, members) &&
                       grad_members.dense_from(2));
  MYRIAD_KERNEL_EXPECT(grad_members.dtype == members.dtype);
  members.dtype == DType::f32
      ? run_adjoint<float>(grad_members, members, truth, row_weight, alpha, coefficient, update)
      : run_adjoint<double>(grad_members, members, truth, row_weight, alpha, coefficient, update);
}

}  // namespace myriad::kernels::kokkos
