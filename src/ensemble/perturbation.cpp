#include "src/ensemble/perturbation.hpp"

#include <cctype>
#include <utility>

#include "src/backend/slot.hpp"

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
    lower.push_back(is_non_negative(d.channels[c]) ? -d.normalisation.mean[c] / d.normalisation.stddev[c] : -1e30);
  }
  Tensor bounds(model.backend(), model.dtype(), {d.channel_count()});
  bounds.assign(lower);
  return bounds;
}

namespace {

class NoPerturbation final : public InitialPerturbation {
 public:
  const char* name() const override { return "none"; }
  void apply(TensorView, std::span<const Member>) override {}
};

class GaussianPerturbation final : public InitialPerturbation {
 public:
  GaussianPerturbation(Model& model, const GaussianPerturbationConfig& config)
      : model_(model),
        backend_(model.backend()),
        seed_(config.seed),
        noise_(model.backend(), model.description().grid, config.noise, model.dtype()) {
    const ModelDescription& d = model.description();
    MYRIAD_EXPECT(config.amplitude.size() == d.channels.size());
    std::vector<double> scale;
    for (std::size_t c = 0; c < d.channels.size(); ++c) {
      scale.push_back(config.amplitude[c] / d.normalisation.stddev[c]);
    }
    scale_ = Tensor(backend_, model.dtype(), {d.channel_count()});
    scale_.assign(scale);
    for (double& value : scale) value = -value;
    minus_scale_ = Tensor(backend_, model.dtype(), {d.channel_count()});
    minus_scale_.assign(scale);
    lower_ = lower_bounds(model);
  }

  const char* name() const override { return "spherical_gaussian"; }

  void apply(TensorView history, std::span<const Member> members) override {
    const std::int64_t batch = history.dim(0), times = history.dim(1), channels = history.dim(2);
    const std::int64_t nlat = history.dim(3), nlon = history.dim(4);
    TensorView field = field_.get(backend_, model_.dtype(), {batch, channels, nlat, nlon});
    std::vector<std::uint32_t> draws;
    for (const Member& member : members) draws.push_back(member.draw);
    noise_.draw(field, seed_, StreamId::initial_noise, draws);
    for (std::int64_t b = 0; b < batch; ++b) {
      const Member& member = members[static_cast<std::size_t>(b)];
      if (member.control()) continue;
      const Tensor& scale = member.sign < 0 ? minus_scale_ : scale_;
      for (std::int64_t t = 0; t < times; ++t) {
        const TensorView slot = history.slice(0, b, 1).slice(1, t, 1);
        const TensorView state(slot.data, slot.dtype, {1, channels, nlat, nlon});
        backend_.channel_affine(state, field.slice(0, b, 1), scale, ConstTensorView(), kernels::Update::accumulate);
        backend_.clamp_below(state, state, lower_);
      }
    }
  }

 private:
  Model& model_;
  Backend& backend_;
  std::uint64_t seed_;
  SphericalNoise noise_;
  Tensor scale_, minus_scale_, lower_;
  Slot field_;
};

}  // namespace

std::unique_ptr<InitialPerturbation> make_gaussian_perturbation(Model& model, const GaussianPerturbationConfig& config) {
  return std::make_unique<GaussianPerturbation>(model, config);
}

std::unique_ptr<InitialPerturbation> make_no_perturbation() { return std::make_unique<NoPerturbation>(); }

}  // namespace myriad
