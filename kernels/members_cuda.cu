#include <cmath>
#include <limits>

#include "kernels/members.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/sort_registers_cuda.hpp"

namespace myriad::kernels::cuda {

using detail::is_count;
using detail::is_members;
using detail::is_result;
using detail::is_vector;
using detail::with_real;

namespace {

/// The members of neighbouring points lie beside each other, so that the threads of a warp, one point each, read whole lines.
template <class T>
struct Members {
  const T* values;
  std::int64_t count, points, step;

  __device__ T at(std::int64_t member, std::int64_t point) const { return values[member * step + point]; }
};

template <class T>
Members<T> members_of(ConstTensorView in) {
  return {in.as<T>(), in.dim(0), in.dim(1), in.step(0)};
}

/// What is sorted of a member.
template <class T>
struct Key {
  const T* centre;  ///< [point], or null
  __device__ T operator()(T x, std::int64_t point) const {
    return centre == nullptr ? x + T(0) : static_cast<T>(fabs(x - centre[point]));
  }
};

/// Up to Size members: read once, sorted in registers, written once. Two blocks per multiprocessor: otherwise the compiler keeps the
/// addresses of all members in registers too.
template <int Size, class T>
__global__ void __launch_bounds__(k_threads, 2) sort_kernel(T* out, std::int64_t out_step, Members<T> in, Key<T> key) {
  const int count = static_cast<int>(in.count);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * k_threads;
  for (std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * k_threads + threadIdx.x; p < in.points; p += stride) {
    const T* from = in.values + p;
    T x[Size];
    MYRIAD_UNROLL
    for (int i = 0; i < Size; ++i) {
      x[i] = i < count ? key(*from, p) : std::numeric_limits<T>::infinity();
      from += in.step;
    }
    sort_registers<Size, half_of(Size)>(x);
    T* to = out + p;
    MYRIAD_UNROLL
    for (int i = 0; i < Size; ++i) {
      if (i < count) *to = x[i];
      to += out_step;
    }
  }
}

template <int Size, class T>
void sort_points(Device& device, T* out, std::int64_t out_step, const Members<T>& in, const Key<T>& key) {
  const std::int64_t blocks = (in.points + k_threads - 1) / k_threads;
  launch(device, {blocks < 1 << 20 ? blocks : 1 << 20}, &sort_kernel<Size, T>, out, out_step, in, key);
}

/// Any number of members: the network's exchanges one after the other over all points in memory (in the caches, when the points are
/// few). Passes over the members: log2(N) (log2(N) + 1) / 2.
template <class T>
void sort_in_memory(Device& device, T* out, std::int64_t out_step, const Members<T>& in, const Key<T>& key) {
  const std::int64_t points = in.points, count = in.count;
  for_each_in_rows(device, count, points, [=] __device__(std::int64_t i, std::int64_t p) {
    out[i * out_step + p] = key(in.at(i, p), p);
  });
  std::int64_t top = 1;
  while (2 * top < count) top *= 2;
  for (std::int64_t p = top; p > 0; p /= 2) {  // p, q, r, d of Knuth, TAOCP 3, algorithm 5.2.2M
    std::int64_t q = top, r = 0, d = p;
    while (true) {
      for_each_in_rows(device, count - d, points, [=] __device__(std::int64_t i, std::int64_t at) {
        if ((i & p) != r) return;
        T* const a = out + i * out_step + at;
        T* const b = a + d * out_step;
        const T low = smaller(*a, *b);
        *b = larger(*a, *b);
        *a = low;
      });
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

template <int Size, class T>
void choose_sort(Device& device, T* out, std::int64_t out_step, const Members<T>& in, const Key<T>& key) {
  if (in.count <= Size) {
    sort_points<Size>(device, out, out_step, in, key);
  } else if constexpr (Size < k_most_in_registers<T>) {
    choose_sort<Size + 8>(device, out, out_step, in, key);
  } else {
    sort_in_memory(device, out, out_step, in, key);
  }
}

template <class T>
void moments_all(Device& device, double* out, const Members<T>& in) {
  for_each(device, in.points, [=] __device__(std::int64_t p) {
    double mean = 0.0, squares = 0.0;
    for (std::int64_t i = 0; i < in.count; ++i) mean += static_cast<double>(in.at(i, p));
    mean /= static_cast<double>(in.count);
    for (std::int64_t i = 0; i < in.count; ++i) {
      const double d = static_cast<double>(in.at(i, p)) - mean;
      squares += d * d;
    }
    out[p] = mean;
    out[in.points + p] = in.count > 1 ? squares / static_cast<double>(in.count - 1) : 0.0;
  });
}

template <class T>
void extremes_all(Device& device, double* out, const Members<T>& in) {
  for_each(device, in.points, [=] __device__(std::int64_t p) {
    T low = in.at(0, p), high = low;
    std::int64_t low_at = 0, high_at = 0;
    for (std::int64_t i = 1; i < in.count; ++i) {
      const T x = in.at(i, p);
      if (x < low) low = x, low_at = i;
      if (x > high) high = x, high_at = i;
    }
    out[p] = static_cast<double>(low);
    out[in.points + p] = static_cast<double>(low_at);
    out[2 * in.points + p] = static_cast<double>(high);
    out[3 * in.points + p] = static_cast<double>(high_at);
  });
}

template <class T>
void errors_all(Device& device, double* out, const Members<T>& in, const T* truth) {
  for_each(device, in.points, [=] __device__(std::int64_t p) {
    const double y = static_cast<double>(truth[p]);
    double sum = 0.0, best = 0.0;
    std::int64_t best_at = 0, below = 0, equal = 0;
    for (std::int64_t i = 0; i < in.count; ++i) {
      const double d = static_cast<double>(in.at(i, p)) - y, error = fabs(d);
      sum += error;
      if (i == 0 || error < best) best = error, best_at = i;
      if (d < 0.0) ++below;
      if (d == 0.0) ++equal;
    }
    out[p] = sum;
    out[in.points + p] = best;
    out[2 * in.points + p] = static_cast<double>(best_at);
    out[3 * in.points + p] = static_cast<double>(below);
    out[4 * in.points + p] = static_cast<double>(equal);
  });
}

template <class T>
void combine_all(Device& device, double* out, const Members<T>& in, const double* weight, std::int64_t sums) {
  for_each_in_rows(device, sums, in.points, [=] __device__(std::int64_t k, std::int64_t p) {
    double sum = 0.0;
    for (std::int64_t i = 0; i < in.count; ++i) sum += weight[k * in.count + i] * static_cast<double>(in.at(i, p));
    out[k * in.points + p] = sum;
  });
}

template <class T>
void at_rank_all(Device& device, double* out, const Members<T>& sorted, const double* rank, std::int64_t ranks) {
  for_each_in_rows(device, ranks, sorted.points, [=] __device__(std::int64_t k, std::int64_t p) {
    const auto below = static_cast<std::int64_t>(rank[k]);
    const std::int64_t above = below + 1 < sorted.count ? below + 1 : sorted.count - 1;
    const double low = static_cast<double>(sorted.at(below, p)), high = static_cast<double>(sorted.at(above, p));
    out[k * sorted.points + p] = low + (rank[k] - static_cast<double>(below)) * (high - low);
  });
}

template <class T>
void count_all(Device& device, double* out, const Members<T>& sorted, const double* threshold, std::int64_t thresholds,
               bool one_for_all) {
  for_each_in_rows(device, thresholds, sorted.points, [=] __device__(std::int64_t k, std::int64_t p) {
    const double limit = one_for_all ? threshold[k] : threshold[k * sorted.points + p];
    std::int64_t below = 0, high = sorted.count;
    while (below < high) {
      const std::int64_t middle = below + (high - below) / 2;
      if (static_cast<double>(sorted.at(middle, p)) < limit) {
        below = middle + 1;
      } else {
        high = middle;
      }
    }
    std::int64_t up_to = below;
    high = sorted.count;
    while (up_to < high) {
      const std::int64_t middle = up_to + (high - up_to) / 2;
      if (static_cast<double>(sorted.at(middle, p)) <= limit) {
        up_to = middle + 1;
      } else {
        high = middle;
      }
    }
    out[k * sorted.points + p] = static_cast<double>(below);
    out[(thresholds + k) * sorted.points + p] = static_cast<double>(up_to);
  });
}

}  // namespace

void sort_members(Device& device, TensorView out, ConstTensorView in, ConstTensorView centre) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_members(out) && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(out.dim(0) == in.dim(0) && out.dim(1) == in.dim(1));
  MYRIAD_KERNEL_EXPECT(centre.empty() || (centre.dtype == in.dtype && is_vector(centre, in.dim(1))));
  with_real(in.dtype, [&](auto t) {
    using T = decltype(t);
    choose_sort<8>(device, out.as<T>(), out.step(0), members_of<T>(in), Key<T>{centre.as<T>()});
  });
}

void member_moments(Device& device, TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 2));
  with_real(in.dtype, [&](auto t) { moments_all(device, out.as<double>(), members_of<decltype(t)>(in)); });
}

void member_extremes(Device& device, TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 4));
  with_real(in.dtype, [&](auto t) { extremes_all(device, out.as<double>(), members_of<decltype(t)>(in)); });
}

void member_errors(Device& device, TensorView out, ConstTensorView in, ConstTensorView truth) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 5));
  MYRIAD_KERNEL_EXPECT(truth.dtype == in.dtype && is_vector(truth, in.dim(1)));
  with_real(in.dtype, [&](auto t) {
    using T = decltype(t);
    errors_all(device, out.as<double>(), members_of<T>(in), truth.as<T>());
  });
}

void combine_members(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, weight.dim(0)));
  MYRIAD_KERNEL_EXPECT(weight.dtype == DType::f64 && is_vector(weight, weight.dim(0) * in.dim(0)));
  with_real(in.dtype, [&](auto t) {
    combine_all(device, out.as<double>(), members_of<decltype(t)>(in), weight.as<double>(), weight.dim(0));
  });
}

void members_at_rank(Device& device, TensorView out, ConstTensorView sorted, ConstTensorView rank) {
  MYRIAD_KERNEL_EXPECT(is_members(sorted) && is_result(out, sorted, rank.size()));
  MYRIAD_KERNEL_EXPECT(rank.dtype == DType::f64 && is_vector(rank, rank.dim(0)));
  with_real(sorted.dtype, [&](auto t) {
    at_rank_all(device, out.as<double>(), members_of<decltype(t)>(sorted), rank.as<double>(), rank.size());
  });
}

void count_members(Device& device, TensorView out, ConstTensorView sorted, ConstTensorView threshold) {
  MYRIAD_KERNEL_EXPECT(is_count(out, sorted, threshold));
  with_real(sorted.dtype, [&](auto t) {
    count_all(device, out.as<double>(), members_of<decltype(t)>(sorted), threshold.as<double>(), threshold.dim(0),
              threshold.dim(1) == 1);
  });
}

}  // namespace myriad::kernels::cuda
