#include "training/objective.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/spectral/sht.hpp"
#include "training/adjusted_mse.hpp"

namespace myriad::train {

using kernels::Update;

std::vector<double> temporal_difference_weights(const Normalisation& n, const std::vector<double>& raw, double power) {
  MYRIAD_EXPECT(raw.size() == n.stddev.size());
  double sum = 0.0;
  for (double r : raw) sum += r;
  MYRIAD_VALIDATE(sum > 0.0, ErrorKind::config_invalid, "E2401",
                  "the channel weights sum to {} (must be positive) correct loss.channel_weights", sum);
  std::vector<double> weights(raw.size());
  for (std::size_t c = 0; c < raw.size(); ++c) {
    weights[c] = raw[c] / sum * std::pow(n.stddev[c] / n.tendency_stddev[c], power);
  }
  return weights;
}

struct RolloutObjective::Impl {
  Model& model;
  LossConfig config;
  bool recompute;
  Backend& backend;
  Grid grid;
  DType dtype;
  std::int64_t channels, input_times;
  Tensor row_weights;  ///< f64 [lat]
  Tensor noise_scale;  ///< [channel]: amplitude in normalised units
  std::unique_ptr<SphericalNoise> noise;
  std::unique_ptr<Sht> sht;  ///< amse: all degrees the grid resolves
  std::vector<std::unique_ptr<ModelTape>> tapes;
  Slot states, gradients, grad_history, error, coefficient, noise_field, zero, spectrum, field_gradient;

  Impl(Model& m, LossConfig c, bool again)
      : model(m),
        config(std::move(c)),
        recompute(again),
        backend(m.backend()),
        grid(m.description().grid),
        dtype(m.dtype()),
        channels(m.description().channel_count()),
        input_times(m.description().input_times),
        row_weights(backend, DType::f64, {grid.nlat()}) {
    MYRIAD_EXPECT(static_cast<std::int64_t>(config.channel_weights.size()) == channels);
    row_weights.assign(grid.row_weights());
    MYRIAD_VALIDATE(config.kind == LossKind::squared || !config.relative, ErrorKind::config_invalid, "E2403",
                    "loss.relative applies to loss.kind: squared only (it divides squared errors) remove it");
    if (config.kind == LossKind::amse) {
      const std::int64_t lmax = std::min(Sht::exact_lmax(grid), grid.nlon() / 2 + 1);
      sht = std::make_unique<Sht>(backend, grid, lmax, lmax, dtype);
    }
    if (config.kind == LossKind::crps) {
      MYRIAD_VALIDATE(config.members >= 2, ErrorKind::config_invalid, "E2402",
                      "loss.members is {} (a CRPS over members needs at least 2) raise it or use loss.kind: squared",
                      config.members);
      noise = std::make_unique<SphericalNoise>(backend, grid, config.noise, dtype);
      const Normalisation& n = model.description().normalisation;
      std::vector<double> scale(n.stddev.size());
      for (std::size_t i = 0; i < scale.size(); ++i) {
        scale[i] = config.noise_amplitude * n.tendency_stddev[i] / n.stddev[i];
      }
      noise_scale = Tensor(backend, dtype, {channels});
      noise_scale.assign(scale);
    }
  }

  std::int64_t members() const { return config.kind == LossKind::crps ? config.members : 1; }

  /// States of the roll-out [input_times + steps, batch, channel, lat, lon]; the first input_times are the history.
  TensorView state(TensorView all, std::int64_t i) const {
    TensorView v = all.slice(0, i, 1);
    return TensorView(v.data, v.dtype, {all.dim(1), all.dim(2), all.dim(3), all.dim(4)});
  }

  /// History of step k as [batch, input_times, channel, lat, lon] gathered into the model's layout.
  void gather_history(TensorView history, TensorView all, std::int64_t step) {
    for (std::int64_t t = 0; t < input_times; ++t) {
      backend.copy(without_time(history.slice(1, t, 1)), state(all, step + t));
    }
  }

  /// [batch, 1, channel, lat, lon] -> [batch, channel, lat, lon], keeping the batch stride.
  static TensorView without_time(TensorView v) {
    TensorView w = v;
    w.rank = 4;
    for (int d = 1; d < 4; ++d) {
      w.extent[static_cast<std::size_t>(d)] = v.extent[static_cast<std::size_t>(d + 1)];
      w.stride[static_cast<std::size_t>(d)] = v.stride[static_cast<std::size_t>(d + 1)];
    }
    return w;
  }

  double run(const Leaf& leaf, double scale, std::uint64_t seed, std::uint32_t optimiser_step, bool with_gradient);
  double spectral_loss(ConstTensorView prediction, ConstTensorView target, double weight, TensorView gradient);
  double step_loss(TensorView prediction, ConstTensorView target, double weight, TensorView gradient);
  void perturb(TensorView all, const Leaf& leaf, std::uint64_t seed, std::uint32_t optimiser_step);
};

void RolloutObjective::Impl::perturb(TensorView all, const Leaf& leaf, std::uint64_t seed,
                                     std::uint32_t optimiser_step) {
  const std::int64_t group = static_cast<std::int64_t>(leaf.times.size());
  const std::int64_t batch = group * members();
  std::vector<std::uint32_t> ids;
  for (std::int64_t m = 0; m < members(); ++m) {
    for (std::uint32_t sample : leaf.samples) {
      ids.push_back(sample * static_cast<std::uint32_t>(members()) + static_cast<std::uint32_t>(m));
    }
  }
  TensorView field = noise_field.get(backend, dtype, {batch, channels, grid.nlat(), grid.nlon()});
  // The optimiser step enters the key: streams address (member, field), and every step needs fresh noise.
  const std::uint64_t step_seed = seed ^ (0x9E3779B97F4A7C15ULL * (std::uint64_t{optimiser_step} + 1));
  noise->draw(field, step_seed, StreamId::loss_members, ids);
  // Every input time gets the same perturbation, so that the perturbed history keeps its tendency.
  for (std::int64_t t = 0; t < input_times; ++t) {
    backend.channel_affine(state(all, t), field, noise_scale, ConstTensorView(), Update::accumulate);
  }
}

double RolloutObjective::Impl::spectral_loss(ConstTensorView prediction, ConstTensorView target, double weight,
                                             TensorView gradient) {
  const std::int64_t group = target.dim(0);
  const std::int64_t coefficients = sht->layout().size() * channels * 2;
  TensorView spectral = spectrum.get(backend, dtype, {group, sht->layout().size(), channels, 2});
  sht->analysis(spectral, prediction);
  const std::vector<double> x = to_doubles(backend, spectral);
  sht->analysis(spectral, target);
  const std::vector<double> y = to_doubles(backend, spectral);
  std::vector<double> slope(gradient.empty() ? 0 : x.size());
  std::vector<double> factor = config.channel_weights;
  for (double& f : factor) f *= weight;
  std::vector<double> values(static_cast<std::size_t>(channels));
  double loss = 0.0;
  for (std::int64_t g = 0; g < group; ++g) {
    const auto begin = static_cast<std::size_t>(g * coefficients), n = static_cast<std::size_t>(coefficients);
    adjusted_mse(sht->layout(), channels, config.phase_weight, std::span(x).subspan(begin, n),
                 std::span(y).subspan(begin, n), factor, values,
                 gradient.empty() ? std::span<double>() : std::span(slope).subspan(begin, n));
    for (std::size_t c = 0; c < values.size(); ++c) loss += config.channel_weights[c] * values[c];
  }
  if (!gradient.empty()) {
    Tensor device(backend, dtype, {group, sht->layout().size(), channels, 2});
    device.assign(slope);
    TensorView on_grid = field_gradient.get(backend, dtype, {group, channels, grid.nlat(), grid.nlon()});
    sht->analysis_adjoint(on_grid, device);
    backend.axpby(gradient, 1.0, gradient, 1.0, on_grid);
  }
  return loss;
}

double RolloutObjective::Impl::step_loss(TensorView prediction, ConstTensorView target, double weight,
                                         TensorView gradient) {
  if (config.kind == LossKind::amse) return spectral_loss(prediction, target, weight, gradient);
  const std::int64_t group = target.dim(0);
  TensorView errors = error.get(backend, DType::f64, {group, channels});
  std::vector<double> factor(static_cast<std::size_t>(group * channels));
  for (std::size_t i = 0; i < factor.size(); ++i) {
    factor[i] = config.channel_weights[i % static_cast<std::size_t>(channels)];
  }
  ConstTensorView ensemble = prediction;
  if (config.kind == LossKind::crps) {
    ensemble = ConstTensorView(prediction.data, dtype, {members(), group, channels, grid.nlat(), grid.nlon()});
    backend.crps(errors, ensemble, target, row_weights, config.crps_alpha);
  } else {
    backend.weighted_squared_error(errors, prediction, target, row_weights);
  }
  const std::vector<double> values = to_doubles(backend, errors);
  if (config.relative) {
    TensorView zeros = zero.get(backend, dtype, {group, channels, grid.nlat(), grid.nlon()});
    backend.fill(zeros, 0.0);
    backend.weighted_squared_error(errors, target, zeros, row_weights);
    const std::vector<double> square = to_doubles(backend, errors);
    for (std::size_t i = 0; i < factor.size(); ++i) factor[i] /= square[i];
  }
  double loss = 0.0;
  for (std::size_t i = 0; i < factor.size(); ++i) loss += factor[i] * values[i];

  if (!gradient.empty()) {
    for (double& f : factor) f *= weight;
    TensorView device = coefficient.get(backend, DType::f64, {group, channels});
    backend.copy_to_device(device.data, factor.data(), static_cast<std::int64_t>(factor.size() * sizeof(double)));
    if (config.kind == LossKind::crps) {
      TensorView grad(gradient.data, dtype, {members(), group, channels, grid.nlat(), grid.nlon()});
      backend.crps_adjoint(grad, ensemble, target, row_weights, config.crps_alpha, device, Update::accumulate);
    } else {
      backend.weighted_squared_error_adjoint(gradient, prediction, target, row_weights, device, Update::accumulate);
    }
  }
  return loss;
}

double RolloutObjective::Impl::run(const Leaf& leaf, double scale, std::uint64_t seed, std::uint32_t optimiser_step,
                                   bool with_gradient) {
  const std::int64_t group = leaf.history.dim(0);
  const std::int64_t batch = group * members();
  const auto steps = static_cast<std::int64_t>(leaf.targets.size());
  MYRIAD_EXPECT(steps >= 1 && static_cast<std::int64_t>(leaf.times.size()) == group);
  const Duration dt = model.description().time_step;

  TensorView all = states.get(backend, dtype, {input_times + steps, batch, channels, grid.nlat(), grid.nlon()});
  for (std::int64_t t = 0; t < input_times; ++t) {
    for (std::int64_t m = 0; m < members(); ++m) {
      ConstTensorView source = leaf.history.slice(1, t, 1);
      ConstTensorView flat = source;
      flat.rank = 4;
      for (std::size_t d = 1; d < 4; ++d) {
        flat.extent[d] = source.extent[d + 1];
        flat.stride[d] = source.stride[d + 1];
      }
      backend.copy(state(all, t).slice(0, m * group, group), flat);
    }
  }
  if (config.kind == LossKind::crps) perturb(all, leaf, seed, optimiser_step);

  std::vector<Instant> start;
  std::vector<std::uint32_t> ids(static_cast<std::size_t>(batch));
  for (std::int64_t m = 0; m < members(); ++m) start.insert(start.end(), leaf.times.begin(), leaf.times.end());
  for (std::size_t b = 0; b < ids.size(); ++b) {
    ids[b] = leaf.samples.empty() ? 0 : leaf.samples[b % leaf.samples.size()] * static_cast<std::uint32_t>(members()) +
                                            static_cast<std::uint32_t>(b / leaf.samples.size());
  }
  const auto context_at = [&](std::int64_t k, std::vector<Instant>& times) {
    times.clear();
    for (const Instant& t : start) times.push_back(t + k * dt);
    return StepContext{times, ids, seed, static_cast<std::uint32_t>(k)};
  };

  const bool keep_all = with_gradient && !recompute;
  const auto tapes_needed = static_cast<std::size_t>(keep_all ? steps : 1);
  while (tapes.size() < tapes_needed) tapes.push_back(model.make_tape());

  Tensor history(backend, dtype, {batch, input_times, channels, grid.nlat(), grid.nlon()});
  std::vector<Instant> times;
  for (std::int64_t k = 0; k < steps; ++k) {
    gather_history(history, all, k);
    ModelTape* tape = keep_all ? tapes[static_cast<std::size_t>(k)].get() : nullptr;
    model.step(state(all, input_times + k), history, context_at(k, times), tape);
  }

  TensorView grads;
  if (with_gradient) {
    grads = gradients.get(backend, dtype, {input_times + steps, batch, channels, grid.nlat(), grid.nlon()});
    backend.fill(grads, 0.0);
  }
  double loss = 0.0;
  const double step_weight = 1.0 / static_cast<double>(steps);
  for (std::int64_t k = 0; k < steps; ++k) {
    TensorView gradient = with_gradient ? state(grads, input_times + k) : TensorView();
    loss += step_weight * step_loss(state(all, input_times + k), leaf.targets[static_cast<std::size_t>(k)],
                                    scale * step_weight, gradient);
  }
  if (!with_gradient) return loss;

  TensorView grad_in = grad_history.get(backend, dtype, {batch, input_times, channels, grid.nlat(), grid.nlon()});
  for (std::int64_t k = steps - 1; k >= 0; --k) {
    ModelTape& tape = *tapes[keep_all ? static_cast<std::size_t>(k) : 0];
    if (recompute) {
      gather_history(history, all, k);
      model.step(state(all, input_times + k), history, context_at(k, times), &tape);
    }
    const bool first = k == 0;
    model.backward(first ? TensorView() : grad_in, state(grads, input_times + k), tape);
    if (first) break;
    for (std::int64_t t = 0; t < input_times; ++t) {
      const std::int64_t source = k + t;  // state that was input t of step k
      if (source < input_times) continue;  // part of the given history
      backend.axpby(state(grads, source), 1.0, state(grads, source), 1.0, without_time(grad_in.slice(1, t, 1)));
    }
  }
  return loss;
}

RolloutObjective::RolloutObjective(Model& model, LossConfig config, bool recompute)
    : impl_(std::make_unique<Impl>(model, std::move(config), recompute)) {}
RolloutObjective::~RolloutObjective() = default;

double RolloutObjective::accumulate(const Leaf& leaf, double scale, std::uint64_t seed, std::uint32_t optimiser_step) {
  return impl_->run(leaf, scale, seed, optimiser_step, true);
}

double RolloutObjective::evaluate(const Leaf& leaf, std::uint64_t seed, std::uint32_t optimiser_step) {
  return impl_->run(leaf, 0.0, seed, optimiser_step, false);
}

const LossConfig& RolloutObjective::config() const { return impl_->config; }

}  // namespace myriad::train
