#pragma once
/// \file
/// Gaussian random fields on the sphere with a chosen spectrum (sfno.md 7.2, generative.md 3.7).

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/base/random_streams.hpp"
#include "src/grid/grid.hpp"

namespace myriad {

/// Which published defects to keep.
enum class NoiseCompatibility : std::uint8_t {
  none,  ///< unit variance everywhere: real m = 0, half variance per component of m > 0, no
         ///< global-mean part
  /// As HENS and makani (FCN3), gaussian spectrum only: complex draws for all m of which m = 0
  /// keeps the real part, degree 0 drawn but not in the norm; area-mean standard deviation 0.989 at
  /// 500 km.
  hens,
};

/// Variance C_l of a coefficient of degree l, up to the factor that makes the point variance one.
enum class NoiseSpectrum : std::uint8_t {
  gaussian,   ///< exp(-k l(l+1)), k = (L/R)^2 / 2: correlation exp(-d^2 / 2 L^2)
  flat,       ///< 1 / (2l+1): every degree has the same power (GenCast)
  white,      ///< 1: every coefficient has the same variance
  power_law,  ///< (2l+1)^-exponent; exponent 1 is flat, 0 is white
  matern,     ///< (l(l+1) + inverse_length^2)^-exponent
};

/// Errors: ErrorKind::config_invalid (E2311).
NoiseSpectrum noise_spectrum_from_string(std::string_view name);

struct SphericalNoiseConfig {
  double length_scale_km =
      500.0;  ///< L of the correlation exp(-d^2 / 2 L^2); gaussian spectrum only
  double radius_km = 6371.0;
  NoiseCompatibility compatibility = NoiseCompatibility::none;
  NoiseSpectrum spectrum = NoiseSpectrum::gaussian;
  double exponent = 2.0;        ///< of power_law and matern
  double inverse_length = 3.0;  ///< tau of matern, in units of 1/R
  /// Degrees of the sum that makes the variance one. The gaussian spectrum sums at least so many
  /// whatever the truncation of the grid, so that a coarser grid gets the low-pass of the same
  /// field; 720 is HENS's own bound. The others have no end of their own and are normalised over
  /// the degrees that the grid holds.
  std::int64_t gaussian_degrees = 720;
};

/// Standard deviation of the coefficients of degree l = 0..lmax-1 per real component, for
/// orthonormal synthesis.
///
/// none: Re (m = 0) ~ N(0, C_l), Re and Im (m > 0) ~ N(0, C_l / 2), sum_{l>=1} (2l+1) C_l = 4 pi,
/// C_0 = 0; returned is sqrt(C_l). hens: sqrt(4 pi) (1 - phi^2)^(-1/2) F0 exp(-k l(l+1) / 2) of
/// sfno.md 7.2 (the factor of phi cancels).
std::vector<double> noise_amplitudes(const SphericalNoiseConfig& config, std::int64_t lmax);

/// Draws independent fields of unit variance.
///
/// The coefficient (l, m) of a field depends on (seed, stream, member, field, l, m) only, so that
/// another grid or a lower truncation gives the same large scales, and a member drawn alone equals
/// the one drawn in a batch. Source: Palmer et al. 2009 (ECMWF Tech. Memo 598) pattern generator,
/// as used by Mahesh et al. 2024.
class SphericalNoise {
 public:
  SphericalNoise(Backend& backend, const Grid& grid, const SphericalNoiseConfig& config,
                 DType dtype);
  ~SphericalNoise();

  /// out [batch, field, lat, lon]: field f of batch element b belongs to members[b].
  void draw(TensorView out, std::uint64_t seed, StreamId stream,
            std::span<const std::uint32_t> members);
  /// The same for a selection: place i of dimension 1 is field fields[i] of the full draw.
  void draw(TensorView out, std::uint64_t seed, StreamId stream,
            std::span<const std::uint32_t> members, std::span<const std::uint32_t> fields);

  /// Coefficients [batch, lm, field, 2] of the fields numbered \p fields at \p time, independent
  /// between times. Fields are numbered below 65536; time 0 is what draw() synthesises.
  void draw_coefficients(std::vector<double>& out, std::uint64_t seed, StreamId stream,
                         std::span<const std::uint32_t> members,
                         std::span<const std::uint32_t> fields, std::uint32_t time);
  /// out [batch, field, lat, lon] from coefficients [batch, lm, field, 2].
  void synthesise(TensorView out, const std::vector<double>& coefficients);

  std::int64_t lmax() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad
