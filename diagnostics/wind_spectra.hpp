#pragma once
/// \file
/// Kinetic energy and enstrophy of the wind per total degree.

#include <cstdint>
#include <span>
#include <vector>

#include "diagnostics/verification.hpp"
#include "src/backend/tensor.hpp"
#include "src/grid/grid.hpp"
#include "src/spectral/vector_sht.hpp"

namespace myriad::diag {

/// Channels that belong together: standard names eastward_wind and northward_wind, names that
/// differ in the leading u and v alone (u850 and v850, u10m and v10m), both in m s-1. In the order
/// of the eastward ones.
std::vector<WindPair> wind_pairs(std::span<const VerifiedChannel> channels);

/// Kinetic energy per unit of mass and degree [lmax], m2 s-2.
struct WindSpectra {
  std::vector<double> rotational;
  std::vector<double> divergent;
};

/// Splits the wind on one grid into its rotational and divergent parts.
///
/// With s_lm and t_lm the coefficients of VectorSht for orthonormal harmonics, which are those of
/// the stream function and the velocity potential over the radius, but for the sign:
///
///     E_l = l (l + 1) / (8 pi) sum over m >= 0 of (2 - [m = 0]) |s_lm|^2    rotational, t: divergent
///
/// The same in vorticity zeta: a^2 / (8 pi l (l + 1)) sum (2 - [m = 0]) |zeta_lm|^2. The sum of both
/// parts over the degrees is the area mean of (u^2 + v^2) / 2 of a wind without degrees from lmax
/// on. Source: Boer and Shepherd 1983, JAS 40, 164; Koshyk and Hamilton 2001, JAS 58, 329.
class WindAnalyser {
 public:
  WindAnalyser(Backend& backend, const Grid& grid);

  std::int64_t lmax() const { return sht_.layout().lmax; }
  /// Shapes: eastward, northward [lat, lon], m s-1. Determinism: bitwise.
  WindSpectra analyse(std::span<const float> eastward, std::span<const float> northward);

 private:
  Backend& backend_;
  VectorSht sht_;
  Tensor eastward_, northward_, rotational_, divergent_;
};

/// Enstrophy per degree, s-2: half the mean squared vorticity, l (l + 1) / a^2 times the rotational
/// kinetic energy \p rotational [lmax] in m2 s-2, a = 6371229 m.
std::vector<double> enstrophy(std::span<const double> rotational);

/// Kinetic energy \p of over that of the truth per degree [lmax], NaN where the truth has none (degree
/// 0); empty when a spectrum is absent.
std::vector<double> kinetic_energy_ratio(const ScoreResults& results, std::size_t pair,
                                         std::size_t lead, WindPart part, WindOf of);

}  // namespace myriad::diag
