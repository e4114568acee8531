#pragma once
/// \file
/// Packed triangular layout of spherical-harmonic coefficients.

#include <algorithm>
#include <cstdint>

namespace myriad::kernels {

/// Degrees l = 0..lmax-1 and orders m = 0..min(l, mmax-1), stored m-major: for each order the degrees l = m..lmax-1.
///
/// Example lmax = mmax = 3: (0,0) (1,0) (2,0) (1,1) (2,1) (2,2).
/// A coefficient tensor is [batch, size(), channel, 2].
struct SpectralLayout {
  std::int64_t lmax = 0;  ///< number of degrees
  std::int64_t mmax = 0;  ///< number of orders kept in Fourier space; orders >= lmax hold no coefficient

  /// Orders that hold at least one coefficient.
  constexpr std::int64_t orders() const { return std::min(lmax, mmax); }
  /// Position of (m, m), the first coefficient of order m.
  constexpr std::int64_t offset(std::int64_t m) const { return m * lmax - m * (m - 1) / 2; }
  constexpr std::int64_t index(std::int64_t l, std::int64_t m) const { return offset(m) + l - m; }
  constexpr std::int64_t size() const { return offset(orders()); }
  /// Number of orders of degree l.
  constexpr std::int64_t orders_of_degree(std::int64_t l) const { return std::min(l + 1, orders()); }
  constexpr bool operator==(const SpectralLayout&) const = default;
};

}  // namespace myriad::kernels
