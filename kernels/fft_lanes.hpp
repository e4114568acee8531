#pragma once
/// \file
/// Mixed-radix real FFT of as many rows at once as a vector has lanes. Private to kernels/.
///
/// A point of the transform is a pair of vectors (re, im) whose lanes are different rows, so
/// butterflies need no shuffles and a row's bits do not depend on the other lanes. Even lengths n
/// run as a complex transform of n/2 points with the usual split of even and odd samples; odd
/// lengths run as a complex transform of n points with zero imaginary part.
///
/// The complex transform is Stockham's self-sorting decimation in frequency: a pass of radix r over
/// blocks of length r m and stride s maps x[q + s (p + m j)] to y[q + s (r p + j)], with twiddle
/// exp(-2 pi i p j / (r m)) on output j (Van Loan, Computational Frameworks for the Fast Fourier
/// Transform, 1992, section 1.7).

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/fft_butterfly.hpp"
#include "kernels/simd.hpp"

namespace myriad::kernels::detail {

template <class T>
class LaneFft {
 public:
  static constexpr int k_width = k_lanes<T>;

  explicit LaneFft(std::int64_t n);

  std::int64_t length() const { return n_; }
  /// Values of work memory that forward and inverse need.
  std::int64_t work_size() const { return 4 * points_ * k_width; }

  /// Call \p sink(m, re, im) with sum_j row[j] exp(-2 pi i j m / n), for m = 0..mmax-1; Im is 0 at
  /// m = 0 and n/2.
  ///
  /// The orders of a transform lie far apart in memory and a hardware prefetcher cannot follow
  /// them, so \p ahead is told in time what comes: ahead.order(m) before \p sink writes order m,
  /// ahead.sample(j) while time is left to fetch the samples j.. of the next rows.
  template <class Sink, class Ahead>
  void forward(const T* const* rows, std::int64_t mmax, T* work, const Sink& sink,
               const Ahead& ahead) const;

  /// Write rows [lane][j] = sum_{m < n} X_m exp(+2 pi i j m / n), X_{n-m} = conj X_m, where \p
  /// source(m) gives X_m for m < mmax and orders beyond are 0. Im of X_0 and X_{n/2} must be 0.
  /// Only the first \p count lanes are written.
  /// ahead.sample(j) comes before the samples j.. are written, ahead.order(m) while time is left to
  /// fetch order m of the next rows.
  template <class Source, class Ahead>
  void inverse(T* const* rows, int count, std::int64_t mmax, T* work, const Source& source,
               const Ahead& ahead) const;

 private:
  struct Pass {
    int radix = 0;
    std::int64_t blocks = 0;   ///< m: twiddled butterflies per stride
    std::int64_t stride = 0;   ///< s
    std::size_t twiddles = 0;  ///< offset of [blocks][radix - 1][2]
    std::size_t roots =
        0;  ///< offset of [radix][2], used by radices without a butterfly of their own
  };

  template <class Ahead>
  void load_rows(const T* const* rows, std::int64_t mmax, T* points, const Ahead& ahead) const;
  template <class Ahead>
  void store_rows(T* const* rows, int count, std::int64_t mmax, const T* points,
                  const Ahead& ahead) const;
  /// Transform the points in \p x with work memory \p y; returns whichever of the two holds the
  /// result.
  T* run(T* x, T* y) const;

  std::int64_t n_;
  std::int64_t points_;
  bool half_;  ///< even n: points hold (x_2j, x_2j+1)
  std::vector<Pass> passes_;
  std::vector<T> twiddles_;
  std::vector<T> roots_;
  std::vector<T> split_;  ///< [points/2 + 1][2]: cos, sin of 2 pi k / n
};

template <class T>
LaneFft<T>::LaneFft(std::int64_t n) : n_(n), points_(n % 2 == 0 ? n / 2 : n), half_(n % 2 == 0) {
  const long double two_pi = 2.0L * std::acos(-1.0L);
  const auto push_root = [&](std::vector<T>& to, std::int64_t numerator, std::int64_t denominator,
                             long double sign) {
    const long double angle = two_pi * static_cast<long double>(numerator % denominator) /
                              static_cast<long double>(denominator);
    to.push_back(static_cast<T>(std::cos(angle)));
    to.push_back(static_cast<T>(sign * std::sin(angle)));
  };
  std::int64_t left = points_;
  std::int64_t stride = 1;
  while (left > 1) {
    Pass pass;
    pass.radix = next_radix(left);
    pass.blocks = left / pass.radix;
    pass.stride = stride;
    pass.twiddles = twiddles_.size();
    pass.roots = roots_.size();
    for (std::int64_t p = 0; p < pass.blocks; ++p) {
      for (int j = 1; j < pass.radix; ++j) push_root(twiddles_, p * j, left, -1.0L);
    }
    for (int j = 0; j < pass.radix; ++j) push_root(roots_, j, pass.radix, 1.0L);
    passes_.push_back(pass);
    stride *= pass.radix;
    left = pass.blocks;
  }
  for (std::int64_t k = 0; half_ && k <= points_; ++k) push_root(split_, k, n_, 1.0L);
}

template <class T>
T* LaneFft<T>::run(T* x, T* y) const {
  for (const Pass& pass : passes_) {
    const T* twiddles = twiddles_.data() + pass.twiddles;
    switch (pass.radix) {
      case 2:
        fft_pass<T, 2>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 3:
        fft_pass<T, 3>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 4:
        fft_pass<T, 4>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 5:
        fft_pass<T, 5>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 6:
        fft_pass<T, 6>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 8:
        fft_pass<T, 8>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 9:
        fft_pass<T, 9>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      case 10:
        fft_pass<T, 10>(x, y, twiddles, pass.blocks, pass.stride);
        break;
      default:
        fft_pass_any(x, y, twiddles, roots_.data() + pass.roots, pass.radix, pass.blocks,
                     pass.stride);
        break;
    }
    std::swap(x, y);
  }
  return x;
}

template <class T>
template <class Ahead>
void LaneFft<T>::load_rows(const T* const* rows, std::int64_t mmax, T* points,
                           const Ahead& ahead) const {
  // Even n: sample j is half of point j/2, and the points are consecutive. Odd n: samples are the
  // real parts.
  const std::int64_t spacing = half_ ? k_width : 2 * k_width;
  std::int64_t j = 0;
  for (; j + k_width <= n_; j += k_width) {
    Vector<T> v[k_width];
    for (int i = 0; i < k_width; ++i) v[i] = load(rows[i] + j);
    transpose<T>(v);
    for (int i = 0; i < k_width; ++i) store(points + (j + i) * spacing, v[i]);
    const std::int64_t last = std::min(mmax, (j + k_width) / 2);
    for (std::int64_t m = j / 2; m < last; ++m) ahead.order(m);
  }
  for (; j < n_; ++j) {
    for (int i = 0; i < k_width; ++i) points[j * spacing + i] = rows[i][j];
  }
  if (!half_) {
    for (j = 0; j < n_; ++j) store(points + j * spacing + k_width, Vector<T>{});
  }
}

template <class T>
template <class Ahead>
void LaneFft<T>::store_rows(T* const* rows, int count, std::int64_t mmax, const T* points,
                            const Ahead& ahead) const {
  std::int64_t j = 0;
  // The inverse runs with re and im swapped, so the even sample of a point sits in its second
  // vector.
  const auto at = [&](std::int64_t sample) {
    return half_ ? points + (sample ^ 1) * k_width : points + sample * 2 * k_width + k_width;
  };
  for (; j + k_width <= n_; j += k_width) {
    Vector<T> v[k_width];
    for (int i = 0; i < k_width; ++i) v[i] = load(at(j + i));
    transpose<T>(v);
    if (count == k_width) {
      for (int i = 0; i < k_width; ++i) store(rows[i] + j, v[i]);
    } else {
      for (int i = 0; i < count; ++i) store(rows[i] + j, v[i]);
    }
    const std::int64_t last = std::min(mmax, (j + k_width) / 2);
    for (std::int64_t m = j / 2; m < last; ++m) ahead.order(m);
  }
  for (; j < n_; ++j) {
    for (int i = 0; i < count; ++i) rows[i][j] = at(j)[i];
  }
}

template <class T>
template <class Sink, class Ahead>
void LaneFft<T>::forward(const T* const* rows, std::int64_t mmax, T* work, const Sink& sink,
                         const Ahead& ahead) const {
  load_rows(rows, mmax, work, ahead);
  const T* z = run(work, work + 2 * points_ * k_width);
  if (!half_) {
    sink(0, load(z), Vector<T>{});
    for (std::int64_t m = 1; m < mmax; ++m) {
      sink(m, load(z + 2 * m * k_width), load(z + (2 * m + 1) * k_width));
    }
    return;
  }
  // Real split: X_k = (Z_k + conj Z_{N-k}) / 2 - i exp(-2 pi i k / n) (Z_k - conj Z_{N-k}) / 2 with
  // N = n/2.
  sink(0, load(z) + load(z + k_width), Vector<T>{});
  const T half = static_cast<T>(0.5);
  for (std::int64_t m = 1; m < std::min(mmax, points_); ++m) {
    const T* p = z + 2 * m * k_width;
    const T* q = z + 2 * (points_ - m) * k_width;
    if (2 * m % k_width == 0) ahead.sample(2 * m);
    const Vector<T> a = load(p), b = load(p + k_width), c = load(q), d = load(q + k_width);
    const T cosine = half * split_[static_cast<std::size_t>(2 * m)];
    const T sine = half * split_[static_cast<std::size_t>(2 * m + 1)];
    const Vector<T> u = a - c;
    const Vector<T> v = b + d;
    sink(m, half * (a + c) + cosine * v - sine * u, half * (b - d) - cosine * u - sine * v);
  }
  if (mmax > points_) sink(points_, load(z) - load(z + k_width), Vector<T>{});
}

template <class T>
template <class Source, class Ahead>
void LaneFft<T>::inverse(T* const* rows, int count, std::int64_t mmax, T* work,
                         const Source& source, const Ahead& ahead) const {
  // Swapping re and im of input and output turns the forward transform into the inverse one.
  const auto put = [&](std::int64_t k, Vector<T> re, Vector<T> im) {
    store(work + 2 * k * k_width, im);
    store(work + (2 * k + 1) * k_width, re);
  };
  const auto get = [&](std::int64_t m, Vector<T>& re, Vector<T>& im) {
    if (m < mmax) {
      source(m, re, im);
    } else {
      re = Vector<T>{};
      im = Vector<T>{};
    }
  };
  Vector<T> a, b, c, d;
  if (!half_) {
    get(0, a, b);
    put(0, a, b);
    for (std::int64_t m = 1; 2 * m < n_; ++m) {
      get(m, a, b);
      put(m, a, b);
      put(n_ - m, a, -b);
    }
  } else {
    // Z_k = (X_k + conj X_{N-k}) + i exp(+2 pi i k / n) (X_k - conj X_{N-k}) with N = n/2.
    get(0, a, b);
    get(points_, c, d);
    put(0, a + c, a - c);
    for (std::int64_t k = 1; 2 * k <= points_; ++k) {
      if (4 * k % k_width == 0) ahead.sample(4 * k);
      get(k, a, b);
      get(points_ - k, c, d);
      const T cosine = split_[static_cast<std::size_t>(2 * k)];
      const T sine = split_[static_cast<std::size_t>(2 * k + 1)];
      const Vector<T> u = a - c;
      const Vector<T> v = b + d;
      put(k, (a + c) - cosine * v - sine * u, (b - d) + cosine * u - sine * v);
      put(points_ - k, (a + c) + cosine * v + sine * u, cosine * u - sine * v - (b - d));
    }
  }
  store_rows(rows, count, mmax, run(work, work + 2 * points_ * k_width), ahead);
}

}  // namespace myriad::kernels::detail
