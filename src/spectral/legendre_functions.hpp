#pragma once
/// \file
/// Tables of orthonormal associated Legendre functions (sfno.md sections 2.1, 2.2 and 2.8).

#include <span>
#include <vector>

#include "kernels/spectral_layout.hpp"

namespace myriad {

/// Table P_lm(cos theta) with Condon-Shortley phase, normalised so that Y_lm = P_lm exp(i m lambda)
/// has unit norm.
///
/// Shapes: result [layout.size(), theta.size()].
///
/// Units: \p theta is the colatitude in radians, in [0, pi].
///
/// Accuracy: 1e-14 of the largest value to degree 1500 and more, also at the poles. In fp64 the
/// recurrence would lose degree^2 rounding errors there, so it runs in long double; it carries an
/// extended exponent, so that a function which underflows at low degree still comes back at high
/// degree.
///
/// Source: recurrence over the degree (Holmes and Featherstone 2002, J. Geodesy 76, 279), exponents
/// after Fukushima 2012 (J. Geodesy 86, 271).
std::vector<double> legendre_table(const kernels::SpectralLayout& layout,
                                   std::span<const double> theta);

/// Tables of the vector transform, shaped like legendre_table.
struct VectorLegendreTables {
  std::vector<double> d_theta;     ///< dP_lm / dtheta
  std::vector<double> m_over_sin;  ///< m P_lm / sin(theta), finite at the poles
};

/// Tables for the gradient of a spherical harmonic, from neighbouring orders and without dividing
/// by sin(theta).
VectorLegendreTables vector_legendre_tables(const kernels::SpectralLayout& layout,
                                            std::span<const double> theta);

}  // namespace myriad
