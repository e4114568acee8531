#pragma once
/// \file
/// Noise on the sphere that is correlated in time (generative.md 3.7.4).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/base/time.hpp"
#include "src/ensemble/perturbation.hpp"
#include "src/ensemble/spherical_noise.hpp"

namespace myriad {

/// First-order autoregressive process per spectral coefficient,
/// c(k + 1) = phi c(k) + sqrt(1 - phi^2) xi(k + 1), started from its stationary distribution: every
/// time has the spectrum and the variance of SphericalNoise, fields n steps apart correlate by
/// phi^n.
///
/// The state after k steps is a function of (seed, stream, members, fields, k): a restart draws it
/// again from the start and needs no saved state.
class Ar1Noise {
 public:
  /// \param phi correlation from one step to the next, in [0, 1)
  Ar1Noise(Backend& backend, const Grid& grid, const SphericalNoiseConfig& config, double phi,
           DType dtype);

  /// Draw time 0. \p fields as in SphericalNoise::draw.
  void start(std::uint64_t seed, StreamId stream, std::span<const std::uint32_t> members,
             std::span<const std::uint32_t> fields);
  /// On to the next time.
  void advance();
  /// out [batch, field, lat, lon] at the present time.
  void synthesise(TensorView out);
  /// [batch, lm, field, 2] at the present time.
  const std::vector<double>& coefficients() const { return state_; }

 private:
  SphericalNoise noise_;
  double phi_;
  std::uint64_t seed_ = 0;
  StreamId stream_ = StreamId::ar1_noise;
  std::vector<std::uint32_t> members_, fields_;
  std::uint32_t time_ = 0;
  std::vector<double> state_, innovation_;
};

/// Initial noise whose values at the input times of a model are an AR(1) process: the model sees a
/// tendency that fits noise of this time scale. With one input time it is spherical noise of
/// another random stream.
struct Ar1PerturbationConfig {
  std::uint64_t seed = 0;
  SphericalNoiseConfig noise;
  Duration time_scale = Duration::hours(6);  ///< tau of the correlation exp(-t / tau)
  std::vector<double> amplitude;             ///< [channel], standard deviation in physical units
};

std::unique_ptr<InitialPerturbation> make_ar1_perturbation(Model& model,
                                                           const Ar1PerturbationConfig& config);

}  // namespace myriad
