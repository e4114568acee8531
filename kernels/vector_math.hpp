#pragma once
/// \file
/// Elementary functions of Wide vectors: branch-free approximations in fp32, the C library in fp64.
/// Private to kernels/.
///
/// The fp32 coefficients are weighted minimax fits (Lawson iteration on Chebyshev points) made for
/// this file; they are rounded to fp32 and the stated errors were measured with fp32 fused
/// multiply-adds over the whole range.

#include <cmath>
#include <cstring>

#include "kernels/wide.hpp"

namespace myriad::kernels::detail {

/// exp(x) for x in [-87, 88], clamped outside; relative error 1.2e-7.
///
/// x = (n + f) ln 2 with integer n and |f| <= 1/2; 2^f by a polynomial of degree 6 (error 1.9e-9
/// before rounding), 2^n by its exponent bits.
MYRIAD_INLINE Vector<float> vector_exp(Vector<float> x) {
  using V = Vector<float>;
  using M = Simd<float>::Index;
  const V clamped = wide_min(broadcast(88.0f), wide_max(broadcast(-87.0f), x));
  const V t = clamped * 1.44269504f;
  // Adding 1.5 * 2^23 leaves round(t) in the low mantissa bits.
  const V shifted = t + 12582912.0f;
  const V n = shifted - 12582912.0f;
  // ln 2 split in two, so that the remainder keeps its bits when n is large.
  const V r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  const V f = r * 1.44269504f;
  V p = broadcast(0x1.41d2ccp-13f);
  p = p * f + 0x1.5f4546p-10f;
  p = p * f + 0x1.3b2dbcp-7f;
  p = p * f + 0x1.c6aed6p-5f;
  p = p * f + 0x1.ebfbdap-3f;
  p = p * f + 0x1.62e430p-1f;
  p = p * f + 1.0f;
  M bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const M exponent = (bits << 23) + (127 << 23);
  V scale;
  std::memcpy(&scale, &exponent, sizeof scale);
  return p * scale;
}
MYRIAD_INLINE Wide<float> wide_exp(Wide<float> x) {
  return wide_apply([](auto v) { return vector_exp(v); }, x);
}

/// Distribution function of the unit normal; absolute error 1.0e-7, exactly 0 or 1 beyond |x|
/// = 5.5.
///
/// Phi(x) - 1/2 = x q(x^2), q of degree 15 in u = 2 x^2 / 5.5^2 - 1: centred there, its terms do
/// not cancel.
MYRIAD_INLINE Wide<float> wide_normal_cdf(Wide<float> x) {
  using V = Wide<float>;
  constexpr float k_edge = 30.25f;
  constexpr float k_coefficients[16] = {
      0x1.07463cp-3f,  -0x1.06d992p-4f,  0x1.871110p-5f,  -0x1.3dca5ep-5f,
      0x1.06b834p-5f,  -0x1.aac64ep-6f,  0x1.4da744p-6f,  -0x1.eb7da0p-7f,
      0x1.4f24a8p-7f,  -0x1.bef19ep-8f,  0x1.2ee692p-8f,  -0x1.3d0932p-9f,
      0x1.797e10p-11f, -0x1.155b94p-11f, 0x1.4b229ep-11f, -0x1.efe110p-13f};
  const V w = x * x;
  const V u = wide_min(wide_fill(k_edge), w) * (2.0f / k_edge) - 1.0f;
  V q = wide_fill(k_coefficients[15]);
#pragma GCC unroll 16
  for (int k = 14; k >= 0; --k) q = q * u + k_coefficients[k];
  const V inside = x * q + 0.5f;
  const V outside = wide_if_less(V{}, x, wide_fill(1.0f), V{});
  return wide_if_less(wide_fill(k_edge), w, outside, inside);
}

MYRIAD_INLINE Wide<double> wide_exp(Wide<double> x) {
  return wide_each<double>([](double v) { return std::exp(v); }, x);
}

MYRIAD_INLINE Wide<double> wide_normal_cdf(Wide<double> x) {
  return wide_each<double>([](double v) { return 0.5 * std::erfc(v * -0.70710678118654752440); }, x);
}

/// Natural logarithm of positive normal numbers; relative error 2e-16, the same bits on every
/// processor (the C library chooses its code by processor).
///
/// x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(f), f = (m - 1) / (m + 1), as 2 f +
/// f^3 p(f^2), p of degree 6.
MYRIAD_INLINE Vector<double> vector_log(Vector<double> x) {
  using V = Vector<double>;
  using M = Simd<double>::Index;
  M bits;
  std::memcpy(&bits, &x, sizeof bits);
  // Taking sqrt(1/2) off the bits rounds the exponent so that m lies around 1.
  const M shifted = bits - 0x3FE6A09E667F3BCD;
  const M exponent = shifted >> 52;
  const M fraction = bits - (exponent << 52);
  V m;
  std::memcpy(&m, &fraction, sizeof m);
  const V f = (m - 1.0) / (m + 1.0);
  const V z = f * f;
  V p = broadcast(0x1.2b584aae78a57p-3);
  p = p * z + 0x1.39fe606542ddep-3;
  p = p * z + 0x1.7462b4ab2ef6bp-3;
  p = p * z + 0x1.c71c62e5800a1p-3;
  p = p * z + 0x1.2492492df148dp-2;
  p = p * z + 0x1.99999999952e2p-2;
  p = p * z + 0x1.5555555555558p-1;
  const V e = __builtin_convertvector(exponent, V);
  return e * 0x1.62e42fefa39efp-1 + (2.0 * f + f * z * p);
}
MYRIAD_INLINE Wide<double> wide_log(Wide<double> x) {
  return wide_apply([](auto v) { return vector_log(v); }, x);
}

/// sine and cosine of 2 pi u for u in [0, 1); absolute error 2e-16, the same bits on every
/// processor.
///
/// u = (q + r) / 4 with integer q and |r| <= 1/2 (exact); polynomials of degree 13 and 14 in r pi
/// / 2.
MYRIAD_INLINE void sincos_turns(Vector<double> u, Vector<double>& sine, Vector<double>& cosine) {
  using V = Vector<double>;
  using M = Simd<double>::Index;
  // Adding 1.5 * 2^52 leaves round(4 u) in the low mantissa bits.
  const V shifted = u * 4.0 + 6755399441055744.0;
  const V r = (u * 4.0 - (shifted - 6755399441055744.0)) * 0x1.921fb54442d18p+0;
  const V z = r * r;
  V s = broadcast(0x1.5e0b19f8b1451p-33);
  s = s * z - 0x1.ae600b02b6262p-26;
  s = s * z + 0x1.71de37968a100p-19;
  s = s * z - 0x1.a01a019e83aaep-13;
  s = s * z + 0x1.1111111110bb2p-7;
  s = s * z - 0x1.5555555555555p-3;
  s = r + r * z * s;
  V c = broadcast(-0x1.907da367a3773p-37);
  c = c * z + 0x1.1eeb68e93b64bp-29;
  c = c * z - 0x1.27e4fa17da09ep-22;
  c = c * z + 0x1.a01a019f4eb01p-16;
  c = c * z - 0x1.6c16c16c16967p-10;
  c = c * z + 0x1.5555555555555p-5;
  c = 1.0 - 0.5 * z + z * z * c;
  M q;
  std::memcpy(&q, &shifted, sizeof q);
  const M odd = (q & 1) != 0;
  sine = odd ? c : s;
  cosine = odd ? s : c;
  sine = (q & 2) != 0 ? -sine : sine;
  cosine = ((q + 1) & 2) != 0 ? -cosine : cosine;
}
template <class V>
MYRIAD_INLINE void wide_sincos_turns(V u, V& sine, V& cosine) {
  if constexpr (k_is_pair<V>) {
    wide_sincos_turns(u.low, sine.low, cosine.low);
    wide_sincos_turns(u.high, sine.high, cosine.high);
  } else {
    sincos_turns(u, sine, cosine);
  }
}

/// x Phi(x); fp32: error 1.3e-7 max(1, |x|), 1.7e-7 where the compiler does not fuse products and sums.
template <class V>
MYRIAD_INLINE V wide_gelu(V x) {
  return x * wide_normal_cdf(x);
}

/// Phi(x) + x phi(x); fp32: absolute error 2e-7.
MYRIAD_INLINE Wide<float> wide_gelu_slope(Wide<float> x) {
  return wide_normal_cdf(x) + x * 0.39894228f * wide_exp(x * x * -0.5f);
}

/// The sum is fused explicitly: left to the compiler, whether it is depends on the vector length of
/// the target.
MYRIAD_INLINE Wide<double> wide_gelu_slope(Wide<double> x) {
  const Wide<double> cdf = wide_normal_cdf(x);
  const Wide<double> density = wide_exp(x * x * -0.5) * 0.39894228040143267794;
  return wide_each<double>([](double a, double b, double c) { return std::fma(a, b, c); }, x,
                           density, cdf);
}

}  // namespace myriad::kernels::detail
