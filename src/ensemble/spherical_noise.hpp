#pragma once
/// \file
/// Gaussian random fields on the sphere with a Gaussian-like spatial correlation (sfno.md 7.2).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/base/random_streams.hpp"
#include "src/grid/grid.hpp"

namespace myriad {

/// Which published defects to keep.
enum class NoiseCompatibility : std::uint8_t {
  none,  ///< unit variance everywhere: real m = 0, half variance per component of m > 0, no global-mean part
  hens,  ///< as HENS: complex draws for all m, degree 0 kept; area-mean standard deviation 0.989
};

struct SphericalNoiseConfig {
  double length_scale_km = 500.0;  ///< L of the correlation exp(-d^2 / 2 L^2)
  double radius_km = 6371.0;
  NoiseCompatibility compatibility = NoiseCompatibility::none;
};

/// Standard deviation of the coefficients of degree l = 0..lmax-1 per real component, for orthonormal synthesis.
///
/// none: Re (m = 0) ~ N(0, C_l), Re and Im (m > 0) ~ N(0, C_l / 2) with
///   C_l = 4 pi exp(-k l(l+1)) / sum_{l>=1} (2l+1) exp(-k l(l+1)), k = (L/R)^2 / 2, C_0 = 0; returned is sqrt(C_l).
/// hens: sqrt(4 pi) (1 - phi^2)^(-1/2) F0 exp(-k l(l+1) / 2) of sfno.md 7.2 (the factor of phi cancels).
std::vector<double> noise_amplitudes(const SphericalNoiseConfig& config, std::int64_t lmax);

/// Draws independent fields of unit variance.
///
/// The coefficient (l, m) of a field depends on (seed, stream, member, field, l, m) only, so that another grid or a
/// lower truncation gives the same large scales, and a member drawn alone equals the one drawn in a batch.
/// Source: Palmer et al. 2009 (ECMWF Tech. Memo 598) pattern generator, as used by Mahesh et al. 2024.
class SphericalNoise {
 public:
  SphericalNoise(Backend& backend, const Grid& grid, const SphericalNoiseConfig& config, DType dtype);
  ~SphericalNoise();

  /// out [batch, field, lat, lon]: field f of batch element b belongs to members[b].
  void draw(TensorView out, std::uint64_t seed, StreamId stream, std::span<const std::uint32_t> members);

  std::int64_t lmax() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad
