#pragma once
/// \file
/// Butterflies and shuffles of the lane FFT. Private to kernels/.

#include <cstdint>
#include <utility>

#include "kernels/simd.hpp"

namespace myriad::kernels::detail {

/// A complex number per lane.
template <class T>
struct Point {
  Vector<T> re;
  Vector<T> im;
};

template <class T>
[[gnu::always_inline]] inline Point<T> operator+(Point<T> a, Point<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
[[gnu::always_inline]] inline Point<T> operator-(Point<T> a, Point<T> b) {
  return {a.re - b.re, a.im - b.im};
}
/// -i a
template <class T>
[[gnu::always_inline]] inline Point<T> turn(Point<T> a) {
  return {a.im, -a.re};
}
/// a (re + i im)
template <class T>
[[gnu::always_inline]] inline Point<T> times(Point<T> a, T re, T im) {
  return {re * a.re - im * a.im, re * a.im + im * a.re};
}

/// In-place DFT of Radix points, y_j = sum_k x_k exp(-2 pi i j k / Radix).
template <class T, int Radix>
struct Butterfly;

template <class T>
struct Butterfly<T, 2> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[2]) {
    const Point<T> a = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = a;
  }
};

template <class T>
struct Butterfly<T, 3> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[3]) {
    constexpr T k_sin = static_cast<T>(0.866025403784438646763723170752936183L);  // sin(2 pi / 3)
    const Point<T> sum = x[1] + x[2];
    const Point<T> difference = x[1] - x[2];
    const Point<T> turned = {k_sin * difference.im, -k_sin * difference.re};
    const Point<T> centre = {x[0].re - static_cast<T>(0.5) * sum.re,
                             x[0].im - static_cast<T>(0.5) * sum.im};
    x[0] = x[0] + sum;
    x[1] = centre + turned;
    x[2] = centre - turned;
  }
};

template <class T>
struct Butterfly<T, 4> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[4]) {
    const Point<T> a = x[0] + x[2];
    const Point<T> b = x[0] - x[2];
    const Point<T> c = x[1] + x[3];
    const Point<T> d = turn(x[1] - x[3]);
    x[0] = a + c;
    x[1] = b + d;
    x[2] = a - c;
    x[3] = b - d;
  }
};

template <class T>
struct Butterfly<T, 5> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[5]) {
    constexpr T k_cos1 = static_cast<T>(0.309016994374947424102293417182819059L);   // cos(2 pi / 5)
    constexpr T k_cos2 = static_cast<T>(-0.809016994374947424102293417182819059L);  // cos(4 pi / 5)
    constexpr T k_sin1 = static_cast<T>(0.951056516295153572116439333379382143L);
    constexpr T k_sin2 = static_cast<T>(0.587785252292473129168705954639072769L);
    const Point<T> s1 = x[1] + x[4];
    const Point<T> d1 = x[1] - x[4];
    const Point<T> s2 = x[2] + x[3];
    const Point<T> d2 = x[2] - x[3];
    const Point<T> c1 = {x[0].re + k_cos1 * s1.re + k_cos2 * s2.re,
                         x[0].im + k_cos1 * s1.im + k_cos2 * s2.im};
    const Point<T> c2 = {x[0].re + k_cos2 * s1.re + k_cos1 * s2.re,
                         x[0].im + k_cos2 * s1.im + k_cos1 * s2.im};
    const Point<T> t1 = {k_sin1 * d1.im + k_sin2 * d2.im, -(k_sin1 * d1.re) - k_sin2 * d2.re};
    const Point<T> t2 = {k_sin2 * d1.im - k_sin1 * d2.im, k_sin1 * d2.re - k_sin2 * d1.re};
    x[0] = x[0] + s1 + s2;
    x[1] = c1 + t1;
    x[4] = c1 - t1;
    x[2] = c2 + t2;
    x[3] = c2 - t2;
  }
};

template <class T>
struct Butterfly<T, 8> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[8]) {
    constexpr T k_root = static_cast<T>(0.707106781186547524400844362104849039L);  // sqrt(1/2)
    Point<T> even[4] = {x[0], x[2], x[4], x[6]};
    Point<T> odd[4] = {x[1], x[3], x[5], x[7]};
    Butterfly<T, 4>::apply(even);
    Butterfly<T, 4>::apply(odd);
    odd[1] = {k_root * (odd[1].re + odd[1].im), k_root * (odd[1].im - odd[1].re)};
    odd[2] = turn(odd[2]);
    odd[3] = {k_root * (odd[3].im - odd[3].re), -k_root * (odd[3].re + odd[3].im)};
    for (int j = 0; j < 4; ++j) {
      x[j] = even[j] + odd[j];
      x[j + 4] = even[j] - odd[j];
    }
  }
};

/// Twice an odd radix: the prime-factor map n = Half a + 2 b needs no twiddles between the two
/// lengths.
template <class T, int Half>
struct TwiceOddButterfly {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[2 * Half]) {
    constexpr int k_radix = 2 * Half;
    Point<T> sums[Half];
    Point<T> differences[Half];
#pragma GCC unroll 5
    for (int b = 0; b < Half; ++b) {
      const Point<T> even = x[2 * b % k_radix];
      const Point<T> odd = x[(Half + 2 * b) % k_radix];
      sums[b] = even + odd;
      differences[b] = even - odd;
    }
    Butterfly<T, Half>::apply(sums);
    Butterfly<T, Half>::apply(differences);
#pragma GCC unroll 10
    for (int k = 0; k < k_radix; ++k) x[k] = k % 2 == 0 ? sums[k % Half] : differences[k % Half];
  }
};

template <class T>
struct Butterfly<T, 6> : TwiceOddButterfly<T, 3> {};
template <class T>
struct Butterfly<T, 10> : TwiceOddButterfly<T, 5> {};

template <class T>
struct Butterfly<T, 9> {
  [[gnu::always_inline]] static inline void apply(Point<T> (&x)[9]) {
    // cos and -sin of 2 pi j / 9
    constexpr T k_cos1 = static_cast<T>(0.766044443118978035202392650555416673L);
    constexpr T k_sin1 = static_cast<T>(-0.642787609686539326322643409907263431L);
    constexpr T k_cos2 = static_cast<T>(0.173648177666930348851716626769314796L);
    constexpr T k_sin2 = static_cast<T>(-0.984807753012208059366743024589523010L);
    constexpr T k_cos4 = static_cast<T>(-0.939692620785908384054109277324731470L);
    constexpr T k_sin4 = static_cast<T>(-0.342020143325668733044099614682259581L);
    Point<T> rows[3][3];
#pragma GCC unroll 3
    for (int b = 0; b < 3; ++b) {
      Point<T> column[3] = {x[b], x[b + 3], x[b + 6]};
      Butterfly<T, 3>::apply(column);
      rows[0][b] = column[0];
      rows[1][b] = column[1];
      rows[2][b] = column[2];
    }
    rows[1][1] = times(rows[1][1], k_cos1, k_sin1);
    rows[1][2] = times(rows[1][2], k_cos2, k_sin2);
    rows[2][1] = times(rows[2][1], k_cos2, k_sin2);
    rows[2][2] = times(rows[2][2], k_cos4, k_sin4);
#pragma GCC unroll 3
    for (int k = 0; k < 3; ++k) {
      Butterfly<T, 3>::apply(rows[k]);
      x[k] = rows[k][0];
      x[k + 3] = rows[k][1];
      x[k + 6] = rows[k][2];
    }
  }
};

/// The radix of the next pass over \p left points: large ones save passes over memory.
inline int next_radix(std::int64_t left) {
  for (const int radix : {10, 9, 8, 6, 5, 4, 3, 2}) {
    if (left % radix == 0) return radix;
  }
  int radix = 7;
  while (left % radix != 0) radix += 2;
  return radix;
}

/// One Stockham pass (see fft_lanes.hpp).
template <class T, int Radix>
void fft_pass(const T* x, T* y, const T* twiddles, std::int64_t blocks, std::int64_t stride) {
  constexpr std::int64_t k_step = 2 * k_lanes<T>;
  for (std::int64_t p = 0; p < blocks; ++p) {
    const T* w = twiddles + p * 2 * (Radix - 1);
    for (std::int64_t q = 0; q < stride; ++q) {
      const T* from = x + (q + stride * p) * k_step;
      T* to = y + (q + stride * Radix * p) * k_step;
      Point<T> v[Radix];
#pragma GCC unroll 10
      for (int j = 0; j < Radix; ++j) {
        const T* at = from + j * stride * blocks * k_step;
        v[j] = {load(at), load(at + k_lanes<T>)};
      }
      Butterfly<T, Radix>::apply(v);
#pragma GCC unroll 10
      for (int j = 0; j < Radix; ++j) {
        // Block 0 has twiddles of exactly 1; multiplying by them changes no bit, except the sign of
        // a zero.
        const Point<T> out = j == 0 ? v[0] : times(v[j], w[2 * (j - 1)], w[2 * (j - 1) + 1]);
        T* at = to + j * stride * k_step;
        store(at, out.re);
        store(at + k_lanes<T>, out.im);
      }
    }
  }
}

/// A pass of any odd radix by the definition, pairing x_j with x_{radix-j}; roots [radix][2] = cos,
/// sin(2 pi j / radix).
template <class T>
void fft_pass_any(const T* x, T* y, const T* twiddles, const T* roots, int radix,
                  std::int64_t blocks, std::int64_t stride) {
  constexpr std::int64_t k_step = 2 * k_lanes<T>;
  for (std::int64_t p = 0; p < blocks; ++p) {
    for (std::int64_t q = 0; q < stride; ++q) {
      const T* from = x + (q + stride * p) * k_step;
      T* to = y + (q + stride * radix * p) * k_step;
      const auto point = [&](int j) -> Point<T> {
        const T* at = from + j * stride * blocks * k_step;
        return {load(at), load(at + k_lanes<T>)};
      };
      const auto put = [&](int j, Point<T> value) {
        if (j > 0) {
          const T* w = twiddles + (p * (radix - 1) + j - 1) * 2;
          value = times(value, w[0], w[1]);
        }
        T* at = to + j * stride * k_step;
        store(at, value.re);
        store(at + k_lanes<T>, value.im);
      };
      const Point<T> first = point(0);
      Point<T> total = first;
      for (int j = 1; j < radix; ++j) total = total + point(j);
      put(0, total);
      for (int k = 1; 2 * k < radix; ++k) {
        Point<T> centre = first;
        Point<T> turned = {Vector<T>{}, Vector<T>{}};
        for (int j = 1; 2 * j < radix; ++j) {
          const T* root = roots + 2 * (static_cast<std::int64_t>(j) * k % radix);
          const Point<T> sum = point(j) + point(radix - j);
          const Point<T> difference = point(j) - point(radix - j);
          centre = {centre.re + root[0] * sum.re, centre.im + root[0] * sum.im};
          turned = {turned.re + root[1] * difference.im, turned.im - root[1] * difference.re};
        }
        put(k, centre + turned);
        put(radix - k, centre - turned);
      }
    }
  }
}

template <class T, int Distance, int... Lane>
[[gnu::always_inline]] inline void exchange(Vector<T>& a, Vector<T>& b,
                                            std::integer_sequence<int, Lane...>) {
  constexpr int n = k_lanes<T>;
  const Vector<T> low =
      __builtin_shufflevector(a, b, ((Lane & Distance) == 0 ? Lane : n + Lane - Distance)...);
  const Vector<T> high =
      __builtin_shufflevector(a, b, ((Lane & Distance) == 0 ? Lane + Distance : n + Lane)...);
  a = low;
  b = high;
}

template <class T, int Distance>
[[gnu::always_inline]] inline void exchange_all(Vector<T> (&v)[k_lanes<T>]) {
#pragma GCC unroll 16
  for (int i = 0; i < k_lanes<T>; ++i) {
    if ((i & Distance) == 0) {
      exchange<T, Distance>(v[i], v[i + Distance], std::make_integer_sequence<int, k_lanes<T>>{});
    }
  }
  if constexpr (Distance > 1) exchange_all<T, Distance / 2>(v);
}

/// Transpose a square block held in vectors: swap off-diagonal quarters, then the same inside each
/// quarter.
template <class T>
[[gnu::always_inline]] inline void transpose(Vector<T> (&v)[k_lanes<T>]) {
  exchange_all<T, k_lanes<T> / 2>(v);
}

template <class T, int... Lane>
[[gnu::always_inline]] inline void interleave_lanes(Vector<T>& low, Vector<T>& high, Vector<T> re,
                                                    Vector<T> im,
                                                    std::integer_sequence<int, Lane...>) {
  constexpr int n = k_lanes<T>;
  low = __builtin_shufflevector(re, im, (Lane / 2 + (Lane % 2) * n)...);
  high = __builtin_shufflevector(re, im, (n / 2 + Lane / 2 + (Lane % 2) * n)...);
}

/// (re, im) of consecutive lanes as pairs in memory order.
template <class T>
[[gnu::always_inline]] inline void interleave(Vector<T>& low, Vector<T>& high, Vector<T> re,
                                              Vector<T> im) {
  interleave_lanes<T>(low, high, re, im, std::make_integer_sequence<int, k_lanes<T>>{});
}

template <class T, int... Lane>
[[gnu::always_inline]] inline void separate_lanes(Vector<T>& re, Vector<T>& im, Vector<T> low,
                                                  Vector<T> high,
                                                  std::integer_sequence<int, Lane...>) {
  re = __builtin_shufflevector(low, high, (2 * Lane)...);
  im = __builtin_shufflevector(low, high, (2 * Lane + 1)...);
}

/// Inverse of interleave.
template <class T>
[[gnu::always_inline]] inline void separate(Vector<T>& re, Vector<T>& im, Vector<T> low,
                                            Vector<T> high) {
  separate_lanes<T>(re, im, low, high, std::make_integer_sequence<int, k_lanes<T>>{});
}

}  // namespace myriad::kernels::detail
