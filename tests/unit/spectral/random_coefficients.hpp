#pragma once
/// \file
/// Seeded coefficients and fields for the tests of the transforms.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/spectral_layout.hpp"

namespace myriad {

/// Standard normal numbers (Box-Muller, so that they are the same with every standard library).
inline std::vector<double> normal_numbers(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return (static_cast<double>(generator() >> 11) + 0.5) * 0x1p-53; };
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    out.push_back(radius * std::cos(6.283185307179586 * uniform()));
  }
  return out;
}

/// Coefficients [batch, lm, channel, 2] of a real field: re and im standard normal, im = 0 for m =
/// 0.
inline std::vector<double> random_coefficients(const kernels::SpectralLayout& layout,
                                               std::int64_t batch, std::int64_t channels,
                                               std::uint64_t seed) {
  std::vector<double> c = normal_numbers(batch * layout.size() * channels * 2, seed);
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t i = 0; i < layout.lmax * channels; ++i) {
      c[static_cast<std::size_t>((b * layout.size() * channels + i) * 2 + 1)] = 0.0;
    }
  }
  return c;
}

inline double max_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = std::abs(a.at(i) - b[i]);
    if (!(d <= worst)) worst = d;  // keeps a NaN
  }
  return worst;
}

inline double relative_rms(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a.at(i) - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) sum += a.at(i) * b[i];
  return sum;
}

}  // namespace myriad
