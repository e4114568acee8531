#pragma once
/// \file
/// Perturbations of initial states: one interface, selected by name.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/ensemble/member.hpp"
#include "src/ensemble/spherical_noise.hpp"
#include "src/model/model.hpp"

namespace myriad {

/// Adds a perturbation to the initial states of ensemble members.
///
/// The perturbation of a member depends on the seed, its draw and its sign only: a member started
/// alone, in another block or in a larger ensemble has the same bits. The control is never
/// perturbed.
class InitialPerturbation {
 public:
  virtual ~InitialPerturbation() = default;
  virtual const char* name() const = 0;
  /// history [batch, input_times, channel, lat, lon], normalised; element b belongs to members[b].
  virtual void apply(TensorView history, std::span<const Member> members) = 0;
};

/// Correlated Gaussian noise, independent between channels, the same at every input time (so that
/// the tendency the model sees stays the analysed one). Channels whose amplitude is 0 stay
/// untouched.
struct GaussianPerturbationConfig {
  std::uint64_t seed = 0;
  SphericalNoiseConfig noise;
  std::vector<double> amplitude;  ///< [channel], standard deviation in physical units
};

std::unique_ptr<InitialPerturbation> make_gaussian_perturbation(
    Model& model, const GaussianPerturbationConfig& config);

/// Apply \p links in their order and cut humidities and precipitation of the perturbed members at
/// zero in the end. Without links the members stay as they are. The chain is what a forecast uses;
/// a link alone never cuts, so that (x + dx) + (x - dx) = 2x holds for it.
std::unique_ptr<InitialPerturbation> make_perturbation_chain(
    Model& model, std::vector<std::unique_ptr<InitialPerturbation>> links);

/// Channels that cannot be negative: specific and relative humidity, column water vapour,
/// precipitation.
bool is_non_negative(const std::string& channel);

/// [channel]: zero of the non-negative channels in normalised units, very low for the others. A
/// network trained on squared errors overshoots slightly where humidity is near zero; states are
/// cut there after every step.
Tensor lower_bounds(Model& model);

}  // namespace myriad
