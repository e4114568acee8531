#pragma once
/// \file
/// Elementary functions of Wide vectors: branch-free approximations in fp32, the C library in fp64.
/// Private to kernels/.
///
/// The fp32 coefficients are weighted minimax fits (Lawson iteration on Chebyshev points) made for
/// this file; they are rounded to fp32 and the stated errors were measured with fp32 fused
/// multiply-adds over the whole range.

#include <cmath>

#include "kernels/wide.hpp"

namespace myriad::kernels::detail {

/// exp(x) for x in [-87, 88], clamped outside; relative error 1.2e-7.
///
/// x = (n + f) ln 2 with integer n and |f| <= 1/2; 2^f by a polynomial of degree 6 (error 1.9e-9
/// before rounding), 2^n by its exponent bits.
MYRIAD_INLINE Wide<float> wide_exp(Wide<float> x) {
  using V = Wide<float>;
  using M = WideTypes<float>::Mask;
  const V clamped = wide_min(wide_fill(88.0f), wide_max(wide_fill(-87.0f), x));
  const V t = clamped * 1.44269504f;
  // Adding 1.5 * 2^23 leaves round(t) in the low mantissa bits.
  const V shifted = t + 12582912.0f;
  const V n = shifted - 12582912.0f;
  // ln 2 split in two, so that the remainder keeps its bits when n is large.
  const V r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  const V f = r * 1.44269504f;
  V p = wide_fill(0x1.41d2ccp-13f);
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
  const V outside = x > 0.0f ? wide_fill(1.0f) : V{};
  return w > k_edge ? outside : inside;
}

MYRIAD_INLINE Wide<double> wide_exp(Wide<double> x) {
  for (int j = 0; j < k_wide<double>; ++j) x[j] = std::exp(x[j]);
  return x;
}

MYRIAD_INLINE Wide<double> wide_normal_cdf(Wide<double> x) {
  for (int j = 0; j < k_wide<double>; ++j) x[j] = 0.5 * std::erfc(x[j] * -0.70710678118654752440);
  return x;
}

/// x Phi(x); fp32: error 1.3e-7 max(1, |x|).
template <class V>
MYRIAD_INLINE V wide_gelu(V x) {
  return x * wide_normal_cdf(x);
}

/// Phi(x) + x phi(x); fp32: absolute error 2e-7.
template <class T>
MYRIAD_INLINE Wide<T> wide_gelu_slope(Wide<T> x) {
  return wide_normal_cdf(x) + x * T(0.39894228040143267794) * wide_exp(x * x * T(-0.5));
}

}  // namespace myriad::kernels::detail
