#include <cmath>
#include <limits>

#include "kernels/add_rows_cuda.hpp"
#include "kernels/crps.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/sort_registers_cuda.hpp"

namespace myriad::kernels::cuda {

using detail::is_vector;

namespace {

/// Where the members of a point lie.
template <class T>
struct Ensemble {
  const T* members;
  const T* truth;
  std::int64_t count, member_stride, group_stride, truth_stride;

  /// Member 0 of a point; the next is member_stride further.
  __device__ const T* first(std::int64_t group, std::int64_t at) const { return members + group * group_stride + at; }
  __device__ T observed(std::int64_t group, std::int64_t at) const { return truth[group * truth_stride + at]; }
};

template <class T>
Ensemble<T> ensemble_of(ConstTensorView members, ConstTensorView truth) {
  return {members.as<T>(), truth.as<T>(), members.dim(0), members.step(0), members.step(1), truth.step(0)};
}

/// A and B of a point (kernels/crps.hpp).
struct Distances {
  double to_truth, between;
};

__device__ inline float distance(float a, float b) { return fabsf(a - b); }
__device__ inline double distance(double a, double b) { return fabs(a - b); }

/// Terms summed in T before the sum goes on in fp64.
constexpr int k_short = 8;

/// Up to Size members, more than Size - k_short: each value is read once and sorted in registers. With x_0 <= x_1 <= ... the
/// distances of x_k from those before it are D_k = D_(k-1) + k (x_k - x_(k-1)), and B is their sum: no term is negative, so that
/// nothing cancels, and D_k carries at most k + 1 roundings. (Factors k (M - k) of the gaps give one rounding, but the compiler
/// keeps all of them in registers that the values need.)
///
/// Operations per point: 2 per comparator of the network (M = 50: 459 comparators at Size 56) and 5 per member, against
/// M (M - 1) for all pairs; minima and maxima run at half the rate of additions, so that the network wins from 30 members on.
/// Bytes per point: M + 1 values. Registers: Size values.
template <int Size, class T>
__device__ Distances distances_in_registers(const Ensemble<T>& e, std::int64_t group, std::int64_t at) {
  constexpr int k_sure = Size > k_short ? Size - k_short + 1 : 1;
  const int count = static_cast<int>(e.count);
  const T y = e.observed(group, at);
  const T* member = e.first(group, at);
  T x[Size];
  MYRIAD_UNROLL
  for (int i = 0; i < Size; ++i) {
    x[i] = i < k_sure || i < count ? *member : std::numeric_limits<T>::infinity();
    member += e.member_stride;  // one address that moves takes fewer registers than Size of them
  }
  Distances sum{0.0, 0.0};
  MYRIAD_UNROLL
  for (int begin = 0; begin < Size; begin += k_short) {
    T part = T(0);
    MYRIAD_UNROLL
    for (int i = begin; i < begin + k_short && i < Size; ++i) {
      if (i < k_sure || i < count) part += distance(x[i], y);
    }
    sum.to_truth += static_cast<double>(part);
  }
  sort_registers<Size, half_of(Size)>(x);
  T below = T(0);  // distances of x[k] from all before it, in all
  MYRIAD_UNROLL
  for (int begin = 1; begin < Size; begin += k_short) {
    T part = T(0);
    MYRIAD_UNROLL
    for (int k = begin; k < begin + k_short && k < Size; ++k) {
      if (k >= k_sure && k >= count) continue;
      below += static_cast<T>(k) * (x[k] - x[k - 1]);
      part += below;
    }
    sum.between += static_cast<double>(part);
  }
  return sum;
}

/// Add what members first .. first + Size - 1, held in registers, have with the truth, with each other and with all before.
template <int Size, class T>
__device__ void add_members(Distances& sum, const T* member, std::int64_t stride, std::int64_t first, T y) {
  T x[Size];
  MYRIAD_UNROLL
  for (int i = 0; i < Size; ++i) x[i] = member[(first + i) * stride];
  T part = T(0);
  MYRIAD_UNROLL
  for (int i = 0; i < Size; ++i) part += distance(x[i], y);
  sum.to_truth += static_cast<double>(part);
  MYRIAD_UNROLL
  for (int i = 1; i < Size; ++i) {
    part = T(0);
    MYRIAD_UNROLL
    for (int n = 0; n < i; ++n) part += distance(x[i], x[n]);
    sum.between += static_cast<double>(part);
  }
  for (std::int64_t n = 0; n < first; ++n) {
    const T other = member[n * stride];
    part = T(0);
    MYRIAD_UNROLL
    for (int i = 0; i < Size; ++i) part += distance(x[i], other);
    sum.between += static_cast<double>(part);
  }
}

/// Any number of members, all pairs: 16 members at a time stay in registers while those before stream past, neighbouring points
/// in neighbouring threads. Shared memory would save nothing, since no two threads need the same value.
///
/// Operations per point: M (M - 1). Bytes per point: M^2 / 32 values, of which the caches give what they hold.
template <class T>
__device__ Distances distances_by_pairs(const Ensemble<T>& e, std::int64_t group, std::int64_t at) {
  const T y = e.observed(group, at);
  const T* member = e.first(group, at);
  Distances sum{0.0, 0.0};
  std::int64_t first = 0;
  for (; first + 16 <= e.count; first += 16) add_members<16>(sum, member, e.member_stride, first, y);
  for (; first + 4 <= e.count; first += 4) add_members<4>(sum, member, e.member_stride, first, y);
  for (; first < e.count; ++first) add_members<1>(sum, member, e.member_stride, first, y);
  return sum;
}

/// Size 0: any number of members.
template <int Size, class T>
__device__ Distances distances(const Ensemble<T>& e, std::int64_t group, std::int64_t at) {
  if constexpr (Size == 0) {
    return distances_by_pairs(e, group, at);
  } else {
    return distances_in_registers<Size>(e, group, at);
  }
}

template <int Size, class T>
void crps_rows(Device& device, double* sums, const Ensemble<T>& e, std::int64_t groups, std::int64_t rows, std::int64_t nlon,
               double pair) {
  const double each = 1.0 / static_cast<double>(e.count);
  sum_rows<1>(
      device, groups * rows, nlon,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<1>& s) {
        const std::int64_t group = row / rows, at = row % rows * nlon + j;
        const Distances d = distances<Size>(e, group, at);
        s.value[0] += d.to_truth * each - pair * d.between;
      },
      [=] __device__(std::int64_t row, const Sums<1>& s) { sums[row] = s.value[0] / static_cast<double>(nlon); });
}

/// Choose the smallest multiple of k_short that holds all members.
template <int Size, class T>
void choose_rows(Device& device, double* sums, const Ensemble<T>& e, std::int64_t groups, std::int64_t rows, std::int64_t nlon,
                 double pair) {
  if (e.count <= Size) {
    crps_rows<Size>(device, sums, e, groups, rows, nlon, pair);
  } else if constexpr (Size < k_most_in_registers<T>) {
    choose_rows<Size + k_short>(device, sums, e, groups, rows, nlon, pair);
  } else {
    crps_rows<0>(device, sums, e, groups, rows, nlon, pair);
  }
}

template <class T>
void crps_all(Device& device, TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
              double alpha) {
  const std::int64_t groups = truth.dim(0), channels = truth.dim(1), nlat = truth.dim(2), nlon = truth.dim(3);
  const Ensemble<T> e = ensemble_of<T>(members, truth);
  double* const sums = device.array<double>(Device::k_first, groups * channels * nlat);
  choose_rows<k_short>(device, sums, e, groups, channels * nlat, nlon, crps_pair_coefficient(e.count, alpha));
  add_rows(device, out.as<double>(), sums, row_weight.as<double>(), groups * channels, nlat);
}

template <class T>
__device__ T sign_of_difference(T a, T b) {
  return (a > b ? T(1) : T(0)) - (a < b ? T(1) : T(0));
}

/// Where and by how much the gradient of a point changes.
template <class T>
struct Slope {
  T* first;
  std::int64_t stride;
  T near, far;  ///< of sgn(x - y), and of the sum of sgn(x - other)
  bool accumulate;
};

/// The gradient of members begin .. begin + Size - 1 of a point, of which those below count exist. They stay in registers while
/// all members stream past.
template <int Size, class T>
__device__ void slopes(const Slope<T>& slope, const Ensemble<T>& e, const T* member, T y, std::int64_t begin) {
  T x[Size], order[Size];
  MYRIAD_UNROLL
  for (int i = 0; i < Size; ++i) {
    x[i] = begin + i < e.count ? member[(begin + i) * e.member_stride] : T(0);
    order[i] = T(0);
  }
  for (std::int64_t n = 0; n < e.count; ++n) {
    const T other = member[n * e.member_stride];
    MYRIAD_UNROLL
    for (int i = 0; i < Size; ++i) order[i] += sign_of_difference(x[i], other);
  }
  MYRIAD_UNROLL
  for (int i = 0; i < Size; ++i) {
    if (begin + i >= e.count) continue;
    const T d = slope.near * sign_of_difference(x[i], y) - slope.far * order[i];
    T& place = slope.first[(begin + i) * slope.stride];
    place = slope.accumulate ? place + d : d;
  }
}

/// Operations per point: 4 M^2 (two comparisons that give 0 or 1, two additions: ties are 0, so that one comparison is not
/// enough). Sorting would take fewer, but the ranks must go back to the members, and members are planes apart. Bytes per point:
/// M + 1 values read, M written (twice that when it accumulates); each 16 members (8 in fp64) read all once more, from the L1 cache.
template <int Size, class T>
void crps_adjoint_points(Device& device, TensorView grad, const Ensemble<T>& e, ConstTensorView truth, const double* weight,
                         const double* scale, double pair, bool accumulate) {
  const std::int64_t channels = truth.dim(1), nlat = truth.dim(2), nlon = truth.dim(3), size = channels * nlat * nlon;
  T* const target = grad.as<T>();
  const std::int64_t member_stride = grad.step(0), group_stride = grad.step(1);
  for_each(device, truth.dim(0) * size, [=] __device__(std::int64_t k) {
    const std::int64_t group = k / size, at = k % size, c = at / nlon / nlat, lat = at / nlon % nlat;
    const double factor = scale[group * channels + c] * weight[lat] / static_cast<double>(nlon);
    const Slope<T> slope{target + group * group_stride + at, member_stride, static_cast<T>(factor / static_cast<double>(e.count)),
                         static_cast<T>(factor * pair), accumulate};
    const T y = e.observed(group, at);
    const T* member = e.first(group, at);
    for (std::int64_t begin = 0; begin < e.count; begin += Size) slopes<Size>(slope, e, member, y, begin);
  });
}

template <class T>
void crps_adjoint_all(Device& device, TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                      ConstTensorView row_weight, double alpha, ConstTensorView coefficient, bool accumulate) {
  const Ensemble<T> e = ensemble_of<T>(members, truth);
  const double pair = crps_pair_coefficient(e.count, alpha);
  const double *weight = row_weight.as<double>(), *scale = coefficient.as<double>();
  e.count <= 4 ? crps_adjoint_points<4>(device, grad_members, e, truth, weight, scale, pair, accumulate)
               : crps_adjoint_points<sizeof(T) == 4 ? 16 : 8>(device, grad_members, e, truth, weight, scale, pair, accumulate);
}

void check_ensemble(ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight, ConstTensorView per_channel) {
  MYRIAD_KERNEL_EXPECT(members.rank == 5 && truth.rank == 4 && members.dtype == truth.dtype);
  MYRIAD_KERNEL_EXPECT(members.dense_from(2) && truth.dense_from(1) && members.dim(0) > 0);
  for (int d = 0; d < 4; ++d) MYRIAD_KERNEL_EXPECT(members.dim(d + 1) == truth.dim(d));
  MYRIAD_KERNEL_EXPECT(per_channel.dtype == DType::f64 && row_weight.dtype == DType::f64);
  MYRIAD_KERNEL_EXPECT(is_vector(per_channel, truth.dim(0) * truth.dim(1)) && is_vector(row_weight, truth.dim(2)));
}

}  // namespace

void crps(Device& device, TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
          double alpha) {
  check_ensemble(members, truth, row_weight, out);
  members.dtype == DType::f32 ? crps_all<float>(device, out, members, truth, row_weight, alpha)
                              : crps_all<double>(device, out, members, truth, row_weight, alpha);
}

void crps_adjoint(Device& device, TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient, Update update) {
  check_ensemble(members, truth, row_weight, coefficient);
  MYRIAD_KERNEL_EXPECT(detail::same_extents(grad_members, members) && grad_members.dense_from(2));
  MYRIAD_KERNEL_EXPECT(grad_members.dtype == members.dtype);
  const bool accumulate = update == Update::accumulate;
  members.dtype == DType::f32
      ? crps_adjoint_all<float>(device, grad_members, members, truth, row_weight, alpha, coefficient, accumulate)
      : crps_adjoint_all<double>(device, grad_members, members, truth, row_weight, alpha, coefficient, accumulate);
}

}  // namespace myriad::kernels::cuda
