#include "src/ensemble/ar1_noise.hpp"

#include <cmath>

#include "src/backend/slot.hpp"
#include "src/ensemble/history_view.hpp"
#include "src/ensemble/perturbed_channels.hpp"
#include "src/ensemble/shared_draws.hpp"

namespace myriad {

Ar1Noise::Ar1Noise(Backend& backend, const Grid& grid, const SphericalNoiseConfig& config,
                   double phi, DType dtype)
    : noise_(backend, grid, config, dtype), phi_(phi) {
  MYRIAD_EXPECT(phi >= 0.0 && phi < 1.0);
}

void Ar1Noise::start(std::uint64_t seed, StreamId stream, std::span<const std::uint32_t> members,
                     std::span<const std::uint32_t> fields) {
  seed_ = seed;
  stream_ = stream;
  members_.assign(members.begin(), members.end());
  fields_.assign(fields.begin(), fields.end());
  time_ = 0;
  noise_.draw_coefficients(state_, seed_, stream_, members_, fields_, time_);
}

void Ar1Noise::advance() {
  ++time_;
  noise_.draw_coefficients(innovation_, seed_, stream_, members_, fields_, time_);
  const double fresh = std::sqrt(1.0 - phi_ * phi_);
  for (std::size_t i = 0; i < state_.size(); ++i) {
    state_[i] = phi_ * state_[i] + fresh * innovation_[i];
  }
}

void Ar1Noise::synthesise(TensorView out) {
  noise_.synthesise(out, state_);
}

namespace {

class Ar1Perturbation final : public InitialPerturbation {
 public:
  Ar1Perturbation(Model& model, const Ar1PerturbationConfig& config)
      : backend_(model.backend()),
        seed_(config.seed),
        channels_(model.description(), config.amplitude),
        noise_(model.backend(), model.description().grid, config.noise,
               std::exp(-model.description().time_step.in_hours() / config.time_scale.in_hours()),
               model.dtype()) {}

  const char* name() const override { return "ar1_noise"; }

  void apply(TensorView history, std::span<const Member> members) override {
    const SharedDraws shared(members);
    if (shared.draws.empty() || channels_.index.empty()) return;
    const TensorView field =
        field_.get(backend_, history.dtype,
                   {shared.count(), channels_.count(), history.dim(3), history.dim(4)});
    noise_.start(seed_, StreamId::ar1_noise, shared.draws, channels_.index);
    for (std::int64_t t = 0; t < history.dim(1); ++t) {
      if (t > 0) noise_.advance();
      noise_.synthesise(field);
      for (std::size_t b = 0; b < members.size(); ++b) {
        if (members[b].control()) continue;
        channels_.add(backend_, detail::state_of(history, static_cast<std::int64_t>(b), t),
                      members[b].sign, detail::batch_element(field, shared.index(members[b])));
      }
    }
  }

 private:
  Backend& backend_;
  std::uint64_t seed_;
  detail::PerturbedChannels channels_;
  Ar1Noise noise_;
  Slot field_;
};

}  // namespace

std::unique_ptr<InitialPerturbation> make_ar1_perturbation(Model& model,
                                                           const Ar1PerturbationConfig& config) {
  return std::make_unique<Ar1Perturbation>(model, config);
}

}  // namespace myriad
