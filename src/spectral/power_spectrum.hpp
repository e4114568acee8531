#pragma once
/// \file
/// Power per degree of a field (sfno.md section 9.8).

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/spectral_layout.hpp"

namespace myriad {

/// What is summed into a degree.
enum class SpectrumConvention : std::uint8_t {
  power,  ///< sum over m >= 0 of (2 - [m = 0]) |c_lm|^2: integral of the degree's part of the
          ///< field, squared
  hens,   ///< 2 / (2 l + 1) times the sum over m >= 0 of |c_lm|^2: per mode, with m = 0 counted
          ///< twice
};

/// Spectrum of each channel.
///
/// Shapes: \p coefficients [layout.size(), channels, 2] on the host; result [channels,
/// layout.lmax]. Precondition: the sizes agree (aborts otherwise). Sums run in increasing order m.
std::vector<double> power_spectrum(const kernels::SpectralLayout& layout,
                                   std::span<const double> coefficients, std::int64_t channels,
                                   SpectrumConvention convention);

/// Power per degree, each order weighted with its number: sum over m >= 0 of m (2 - [m = 0]) |c_lm|^2.
///
/// Over the power it is the mean |m| of the degree, l(l+1)/(2l+1) for isotropic fields.
/// Shapes: those of power_spectrum().
std::vector<double> order_moment_spectrum(const kernels::SpectralLayout& layout,
                                          std::span<const double> coefficients,
                                          std::int64_t channels);

}  // namespace myriad
