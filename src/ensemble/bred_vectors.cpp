#include "src/ensemble/bred_vectors.hpp"

#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "src/backend/slot.hpp"
#include "src/base/log.hpp"
#include "src/ensemble/hemispheric_norm.hpp"
#include "src/ensemble/history_view.hpp"
#include "src/ensemble/perturbed_channels.hpp"
#include "src/ensemble/shared_draws.hpp"

namespace myriad {

namespace {

using detail::batch_element;
using detail::state_of;

class BredVectors final : public InitialPerturbation {
 public:
  BredVectors(Model& model, const BredVectorConfig& config, const Instant& start,
              const std::vector<EnsembleStart>& analyses)
      : model_(model),
        backend_(model.backend()),
        config_(config),
        seeded_(model.description(), config.seed_amplitude),
        noise_(model.backend(), model.description().grid, config.noise, model.dtype()),
        rows_(hemispheric_rows(model.description().grid, config.timing == BreedingTiming::hens
                                                             ? HemisphericWeights::hens
                                                             : HemisphericWeights::area)) {
    const ModelDescription& d = model.description();
    const std::vector<Instant> times =
        breeding_times(start, d.time_step, config.cycles, config.timing);
    MYRIAD_EXPECT(config.cycles > 0 && analyses.size() == times.size());
    MYRIAD_EXPECT(config.amplitude.size() == d.channels.size() &&
                  config.seed_amplitude.size() == d.channels.size());
    for (std::size_t c = 0; c < d.channels.size(); ++c) {
      amplitude_.push_back(config.amplitude[c] / d.normalisation.stddev[c]);
    }
    for (std::size_t k = 0; k < analyses.size(); ++k) {
      MYRIAD_EXPECT(analyses[k].time == times[k]);
      MYRIAD_EXPECT(static_cast<std::int64_t>(analyses[k].history.size()) ==
                    d.input_times * d.channel_count() * d.grid.points());
      clock_.push_back(config.timing == BreedingTiming::hens ? start : times[k]);
      Tensor physical(backend_, DType::f32,
                      {d.input_times, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
      physical.assign(analyses[k].history);
      Tensor converted(backend_, model.dtype(),
                       {d.input_times, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
      backend_.copy(converted, physical);
      bases_.emplace_back(backend_, model.dtype(),
                          std::initializer_list<std::int64_t>{1, d.input_times, d.channel_count(),
                                                              d.grid.nlat(), d.grid.nlon()});
      const TensorView base = bases_.back().view();
      normalise(backend_,
                base.reshape({d.input_times, d.channel_count(), d.grid.nlat(), d.grid.nlon()}),
                converted, d.normalisation);
    }
    north_ = Tensor(backend_, DType::f64, {d.grid.nlat()});
    south_ = Tensor(backend_, DType::f64, {d.grid.nlat()});
    north_.assign(rows_.north);
    south_.assign(rows_.south);
  }

  const char* name() const override { return "bred_vectors"; }

  void apply(TensorView history, std::span<const Member> members) override {
    const SharedDraws shared(members);
    if (shared.draws.empty()) return;
    step_controls();
    scratch_.emplace();
    const TensorView differences = breed(shared.draws);
    for (std::size_t b = 0; b < members.size(); ++b) {
      if (members[b].control()) continue;
      const TensorView state = batch_element(history, static_cast<std::int64_t>(b));
      backend_.axpby(state, 1.0, state, members[b].sign,
                     batch_element(differences, shared.index(members[b])));
    }
    scratch_.reset();
  }

 private:
  void step(TensorView next, ConstTensorView history, std::size_t cycle,
            std::span<const std::uint32_t> draws) {
    const std::vector<Instant> now(draws.size(), clock_[cycle]);
    model_.step(next, history, {now, draws, config_.seed, static_cast<std::uint32_t>(cycle)},
                nullptr);
  }

  void step_controls() {
    if (!controls_.empty()) return;
    const ModelDescription& d = model_.description();
    const std::uint32_t nobody[] = {0};
    for (std::size_t k = 0; k < bases_.size(); ++k) {
      controls_.emplace_back(
          backend_, model_.dtype(),
          std::initializer_list<std::int64_t>{1, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
      step(controls_.back(), bases_[k], k, nobody);
    }
  }

  /// [draw, input_times, channel, lat, lon], normalised units.
  TensorView breed(const std::vector<std::uint32_t>& draws) {
    const ModelDescription& d = model_.description();
    const auto count = static_cast<std::int64_t>(draws.size());
    const std::int64_t channels = d.channel_count(), nlat = d.grid.nlat(), nlon = d.grid.nlon();
    const TensorView differences = scratch_->differences.get(
        backend_, model_.dtype(), {count, d.input_times, channels, nlat, nlon});
    const TensorView perturbed = scratch_->perturbed.get(
        backend_, model_.dtype(), {count, d.input_times, channels, nlat, nlon});
    const TensorView next =
        scratch_->next.get(backend_, model_.dtype(), {count, channels, nlat, nlon});
    seed(differences, draws);
    for (std::size_t cycle = 0; cycle < bases_.size(); ++cycle) {
      for (std::int64_t b = 0; b < count; ++b) {
        backend_.axpby(batch_element(perturbed, b), 1.0, batch_element(differences, b), 1.0,
                       bases_[cycle]);
      }
      step(next, perturbed, cycle, draws);
      for (std::int64_t b = 0; b < count; ++b) {
        for (std::int64_t t = 0; t + 1 < d.input_times; ++t) {
          backend_.copy(state_of(differences, b, t), state_of(differences, b, t + 1));
        }
        backend_.axpby(state_of(differences, b, d.input_times - 1), 1.0, batch_element(next, b),
                       -1.0, controls_[cycle]);
      }
      rescale(differences, draws, cycle);
    }
    return differences;
  }

  /// The same noise at every input time, on the seeded channels.
  void seed(TensorView differences, const std::vector<std::uint32_t>& draws) {
    backend_.fill(differences, 0.0);
    if (seeded_.index.empty()) return;
    const auto count = static_cast<std::int64_t>(draws.size());
    const TensorView noise = scratch_->noise.get(
        backend_, model_.dtype(), {count, seeded_.count(), differences.dim(3), differences.dim(4)});
    noise_.draw(noise, config_.seed, StreamId::breeding, draws, seeded_.index);
    for (std::int64_t b = 0; b < count; ++b) {
      for (std::int64_t t = 0; t < differences.dim(1); ++t) {
        seeded_.add(backend_, state_of(differences, b, t), 1.0, batch_element(noise, b));
      }
    }
  }

  /// Bring the newest difference of every draw to the amplitudes, and the older ones by the same
  /// factors.
  void rescale(TensorView differences, const std::vector<std::uint32_t>& draws, std::size_t cycle) {
    const std::int64_t times = differences.dim(1), channels = differences.dim(2);
    const std::int64_t nlat = differences.dim(3), nlon = differences.dim(4);
    const TensorView squares = scratch_->squares.get(backend_, DType::f64, {1, channels});
    const TensorView factor = scratch_->factor.get(backend_, model_.dtype(), {channels * nlat});
    // A state of zeros to take the difference from.
    TensorView zero = scratch_->zero.get(backend_, model_.dtype(), {1, channels, nlat, nlon});
    backend_.fill(zero, 0.0);
    for (std::size_t b = 0; b < draws.size(); ++b) {
      const auto at = static_cast<std::int64_t>(b);
      const ConstTensorView newest = state_of(differences, at, times - 1);
      backend_.weighted_squared_error(squares, newest, zero, north_);
      const std::vector<double> north = to_doubles(backend_, squares);
      backend_.weighted_squared_error(squares, newest, zero, south_);
      const std::vector<double> south = to_doubles(backend_, squares);
      std::vector<double> factors;
      for (std::size_t c = 0; c < north.size(); ++c) {
        if (!std::isfinite(north[c]) || !std::isfinite(south[c])) warn(draws[b], c, cycle);
        const std::vector<double> profile =
            rescaling_profile(rows_, std::sqrt(north[c]), std::sqrt(south[c]), amplitude_[c]);
        factors.insert(factors.end(), profile.begin(), profile.end());
      }
      copy_to(factor, factors);
      for (std::int64_t t = 0; t < times; ++t) {
        // One factor per channel and row: rows take the place of channels.
        const TensorView state = state_of(differences, at, t).reshape({1, channels * nlat, nlon});
        backend_.channel_affine(state, state, factor, ConstTensorView(),
                                kernels::Update::overwrite);
      }
    }
  }

  /// The values pass on, so that each member of this draw fails by itself and the others go on.
  void warn(std::uint32_t draw, std::size_t channel, std::size_t cycle) {
    if (!scratch_->failed.insert(draw).second) return;
    log_warning("ensemble", "E2331",
                "bred vector of draw {} is not finite in {} after cycle {} of {} (the model became "
                "unstable) its members fail; check the analyses and the checkpoint, or lower the "
                "amplitude",
                draw, model_.description().channels[channel], cycle + 1, bases_.size());
  }

  void copy_to(TensorView device, const std::vector<double>& host) {
    if (device.dtype == DType::f64) {
      backend_.copy_to_device(device.data, host.data(),
                              static_cast<std::int64_t>(host.size() * sizeof(double)));
      return;
    }
    const std::vector<float> narrow(host.begin(), host.end());
    backend_.copy_to_device(device.data, narrow.data(),
                            static_cast<std::int64_t>(narrow.size() * sizeof(float)));
  }

  Model& model_;
  Backend& backend_;
  BredVectorConfig config_;
  detail::PerturbedChannels seeded_;
  SphericalNoise noise_;
  HemisphericRows rows_;
  Tensor north_, south_;           ///< f64 [lat]
  std::vector<double> amplitude_;  ///< [channel], normalised units
  std::vector<Instant> clock_;     ///< [cycle]
  std::vector<Tensor>
      bases_;  ///< [cycle] histories [1, input_times, channel, lat, lon], normalised
  std::vector<Tensor> controls_;  ///< [cycle] one step from bases_; empty before the first use
  /// Memory of one call of apply(): objects of many dates live side by side, but only one breeds at
  /// a time.
  struct Scratch {
    Slot differences, perturbed, next, noise, squares, factor, zero;
    std::set<std::uint32_t> failed;  ///< draws whose bred vector is not finite
  };
  std::optional<Scratch> scratch_;
};

}  // namespace

std::vector<Instant> breeding_times(const Instant& start, Duration time_step, std::int64_t cycles,
                                    BreedingTiming timing) {
  const std::int64_t last = timing == BreedingTiming::hens ? 0 : 1;
  std::vector<Instant> times;
  for (std::int64_t k = cycles - 1; k >= 0; --k) times.push_back(start - (k + last) * time_step);
  return times;
}

std::unique_ptr<InitialPerturbation> make_bred_vectors(Model& model, const BredVectorConfig& config,
                                                       const Instant& start,
                                                       const std::vector<EnsembleStart>& analyses) {
  return std::make_unique<BredVectors>(model, config, start, analyses);
}

}  // namespace myriad
