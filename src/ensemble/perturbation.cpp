#include "src/ensemble/perturbation.hpp"

#include <cctype>
#include <utility>

#include "src/backend/slot.hpp"
#include "src/ensemble/history_view.hpp"
#include "src/ensemble/perturbed_channels.hpp"
#include "src/ensemble/shared_draws.hpp"

namespace myriad {

bool is_non_negative(const std::string& channel) {
  if (channel == "tcwv" || channel.rfind("tp", 0) == 0) return true;
  return channel.size() > 1 && (channel[0] == 'q' || channel[0] == 'r') &&
         std::isdigit(static_cast<unsigned char>(channel[1])) != 0;
}

Tensor lower_bounds(Model& model) {
  const ModelDescription& d = model.description();
  std::vector<double> lower;
  for (std::size_t c = 0; c < d.channels.size(); ++c) {
    lower.push_back(is_non_negative(d.channels[c])
                        ? -d.normalisation.mean[c] / d.normalisation.stddev[c]
                        : -1e30);
  }
  Tensor bounds(model.backend(), model.dtype(), {d.channel_count()});
  bounds.assign(lower);
  return bounds;
}

namespace {

class GaussianPerturbation final : public InitialPerturbation {
 public:
  GaussianPerturbation(Model& model, const GaussianPerturbationConfig& config)
      : backend_(model.backend()),
        seed_(config.seed),
        channels_(model.description(), config.amplitude),
        noise_(model.backend(), model.description().grid, config.noise, model.dtype()) {}

  const char* name() const override { return "spherical_gaussian"; }

  void apply(TensorView history, std::span<const Member> members) override {
    const SharedDraws shared(members);
    if (shared.draws.empty() || channels_.index.empty()) return;
    const TensorView field =
        field_.get(backend_, history.dtype,
                   {shared.count(), channels_.count(), history.dim(3), history.dim(4)});
    noise_.draw(field, seed_, StreamId::initial_noise, shared.draws, channels_.index);
    for (std::size_t b = 0; b < members.size(); ++b) {
      if (members[b].control()) continue;
      const ConstTensorView drawn = detail::batch_element(field, shared.index(members[b]));
      for (std::int64_t t = 0; t < history.dim(1); ++t) {
        channels_.add(backend_, detail::state_of(history, static_cast<std::int64_t>(b), t),
                      members[b].sign, drawn);
      }
    }
  }

 private:
  Backend& backend_;
  std::uint64_t seed_;
  detail::PerturbedChannels channels_;
  SphericalNoise noise_;
  Slot field_;
};

class PerturbationChain final : public InitialPerturbation {
 public:
  PerturbationChain(Model& model, std::vector<std::unique_ptr<InitialPerturbation>> links)
      : backend_(model.backend()), links_(std::move(links)), lower_(lower_bounds(model)) {
    for (const auto& link : links_)
      name_ += (name_.empty() ? "" : " + ") + std::string(link->name());
    if (name_.empty()) name_ = "none";
  }

  const char* name() const override { return name_.c_str(); }

  void apply(TensorView history, std::span<const Member> members) override {
    if (links_.empty()) return;
    for (const auto& link : links_) link->apply(history, members);
    for (std::size_t b = 0; b < members.size(); ++b) {
      if (members[b].control()) continue;
      for (std::int64_t t = 0; t < history.dim(1); ++t) {
        const TensorView state = detail::state_of(history, static_cast<std::int64_t>(b), t);
        backend_.clamp_below(state, state, lower_);
      }
    }
  }

 private:
  Backend& backend_;
  std::vector<std::unique_ptr<InitialPerturbation>> links_;
  Tensor lower_;
  std::string name_;
};

}  // namespace

std::unique_ptr<InitialPerturbation> make_gaussian_perturbation(
    Model& model, const GaussianPerturbationConfig& config) {
  return std::make_unique<GaussianPerturbation>(model, config);
}

std::unique_ptr<InitialPerturbation> make_perturbation_chain(
    Model& model, std::vector<std::unique_ptr<InitialPerturbation>> links) {
  return std::make_unique<PerturbationChain>(model, std::move(links));
}

}  // namespace myriad
