#include "training/trainer.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "src/base/log.hpp"
#include "src/base/random_streams.hpp"
#include "training/tree_sum.hpp"
#include "training/validation.hpp"

namespace myriad::train {

namespace {

/// A permutation of 0..n-1 that is a function of (seed, epoch): the order of n counter-based random numbers.
std::vector<std::int64_t> shuffled(Backend& backend, std::int64_t n, std::uint64_t seed, std::int64_t epoch) {
  Tensor keys(backend, DType::f64, {1, n});
  const std::uint32_t member[] = {0};
  backend.fill_normal(keys, {seed, stream_number(StreamId::data_shuffle), static_cast<std::uint32_t>(epoch)}, member);
  const std::vector<double> values = keys.to_doubles();
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return values[static_cast<std::size_t>(a)] < values[static_cast<std::size_t>(b)];
  });
  return order;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool is_power_of_two(std::int64_t n) { return n > 0 && std::has_single_bit(static_cast<std::uint64_t>(n)); }

}  // namespace

struct Trainer::Impl {
  /// The gradients of the workers at the step where the trainer stands.
  class WorkerGradients final : public Problem {
   public:
    explicit WorkerGradients(Impl& trainer) : trainer_(trainer) {}
    std::int64_t size() const override { return trainer_.model.parameters().arena_size(); }
    double gradient(int worker, std::int64_t step, ConstTensorView x, TensorView gradient) override;

   private:
    Impl& trainer_;
  };
  /// What the step under way knows of each leaf of its batch.
  struct Losses {
    std::vector<double> sums;   ///< [leaf]
    std::vector<double> counts;  ///< [leaf]: 1 where it was computed
  };

  SfnoModel& model;
  Backend& backend;
  const StateStore& data;
  const StateStore* validation;
  TrainerConfig config;
  Comm& comm;
  GradientExchange* exchange = nullptr;
  RolloutObjective objective;
  TreeSum tree;

  Tensor m, v, ema;
  TrainerPosition position;
  std::vector<LossRow> losses;
  std::vector<ValidationRow> validations;
  double loss_sum = 0.0;  ///< since the last row
  std::int64_t loss_steps = 0;
  double step_seconds = 0.0;      ///< since the last row, for the log only
  double exchange_seconds = 0.0;  ///< the part spent in the gradient exchange, waiting for other ranks included

  std::vector<std::int64_t> order;  ///< shuffled starts of `order_epoch` of `order_stage`
  std::int64_t order_epoch = -1, order_stage = -1;

  std::optional<Transport> transport;  ///< of a distributed method, as the next two
  std::unique_ptr<WorkerGradients> worker_gradients;
  std::unique_ptr<Method> method;
  Losses leaf_losses;

  Impl(SfnoModel& mod, const StateStore& d, const StateStore* val, TrainerConfig c, Comm& co)
      : model(mod),
        backend(mod.backend()),
        data(d),
        validation(val),
        config(std::move(c)),
        comm(co),
        objective(mod, config.loss, config.recompute),
        tree(mod.backend()) {
    if (config.ema_decay > 0.0) {
      ema = model.parameters().make_arena();
      backend.copy(ema, std::as_const(model.parameters()).values());
    }
  }

  void use(GradientExchange& dense) {
    exchange = &dense;
    m = model.parameters().make_arena();
    v = model.parameters().make_arena();
    for (const Stage& stage : config.stages) check(stage);
  }

  void use(const MethodConfig& method_config, int workers) {
    transport.emplace(comm, workers);
    for (const Stage& stage : config.stages) check(stage);
    const ParameterSet& parameters = model.parameters();
    MethodRun run{model.dtype(), config.seed, total_steps(), {}};
    const auto* const base = static_cast<const char*>(parameters.values().data);
    for (std::size_t i = 0; i < parameters.count(); ++i) {
      const ConstTensorView value = parameters.value(i);
      const std::int64_t begin = (static_cast<const char*>(value.data) - base) / kernels::size_of(model.dtype());
      run.segments.push_back({begin, value.size(), parameters.info(i).decay});
    }
    const std::int64_t period = method_config.schedule.name == "every" ? 1 : method_config.schedule.period;
    MYRIAD_VALIDATE(total_steps() % period == 0, ErrorKind::config_invalid, "E2416",
                    "{} optimiser steps with an exchange every {} (what the workers learn in the last {} would be lost) change steps or "
                    "schedule.period", total_steps(), period, total_steps() % period);
    MethodConfig mine = method_config;
    mine.inner.weight_decay = config.weight_decay;
    worker_gradients = std::make_unique<WorkerGradients>(*this);
    method = std::make_unique<Method>(mine, *worker_gradients, *transport, backend, run);
    method->set_parameters(parameters.values());
  }

  void check(const Stage& s) const {
    MYRIAD_VALIDATE(s.batch > 0 && s.leaf > 0 && s.batch % s.leaf == 0, ErrorKind::config_invalid, "E2410",
                    "stage '{}': batch {} with leaves of {} samples (a batch must be whole leaves) change batch or leaf",
                    s.name, s.batch, s.leaf);
    const std::int64_t leaves = s.batch / s.leaf;
    MYRIAD_VALIDATE(!transport || leaves >= transport->workers(), ErrorKind::config_invalid, "E2411",
                    "stage '{}': {} leaves (batch {} / leaf {}) for {} workers (every worker needs one) change batch, leaf or workers", s.name,
                    leaves, s.batch, s.leaf, transport->workers());
    MYRIAD_VALIDATE(transport || (is_power_of_two(leaves) && is_power_of_two(comm.size()) && leaves >= comm.size()),
                    ErrorKind::config_invalid, "E2411",
                    "stage '{}': {} leaves (batch {} / leaf {}) on {} ranks (leaves and ranks must be powers of two with "
                    "at least one leaf per rank, so that every rank count adds in the same order) change batch, leaf or ranks",
                    s.name, leaves, s.batch, s.leaf, comm.size());
    MYRIAD_VALIDATE(s.epochs > 0 || s.steps > 0, ErrorKind::config_invalid, "E2412",
                    "stage '{}' has neither epochs nor steps (nothing to do) give one of them", s.name);
    MYRIAD_VALIDATE(static_cast<std::int64_t>(stage_starts(s).size()) >= s.batch, ErrorKind::config_invalid, "E2413",
                    "stage '{}': {} samples for a batch of {} (less than one step) use more data or a smaller batch",
                    s.name, stage_starts(s).size(), s.batch);
  }

  std::vector<std::int64_t> stage_starts(const Stage& s) const {
    const ModelDescription& d = model.description();
    return data.starts(d.input_times, s.rollout, d.time_step);
  }
  std::int64_t steps_per_epoch(const Stage& s) const {
    return static_cast<std::int64_t>(stage_starts(s).size()) / s.batch;
  }
  std::int64_t steps_of(const Stage& s) const { return s.steps > 0 ? s.steps : s.epochs * steps_per_epoch(s); }
  std::int64_t total_steps() const {
    std::int64_t n = 0;
    for (const Stage& s : config.stages) n += steps_of(s);
    return n;
  }

  double optimiser_step(const Stage& stage, double learning_rate, double& gradient_norm);
  double dense_step(const Stage& stage, double learning_rate, double& gradient_norm);
  double method_step(const Stage& stage, double learning_rate, double& gradient_norm);
  /// The order of the samples of this epoch.
  void shuffle(const Stage& stage);
  /// Sum of the gradients of leaves [first, last) of this step's batch, and their losses. \p weight of a sample.
  Tensor sum_of_leaves(const Stage& stage, std::int64_t first, std::int64_t last, double weight);
  /// Mean loss of the samples of all ranks. \p bounds of the ranks' leaves; mine are [first, last).
  double mean_loss(const Stage& stage, std::int64_t first, std::int64_t last, std::span<const std::int64_t> bounds);
  Leaf load_leaf(const Stage& stage, std::int64_t first_sample, std::vector<Tensor>& keep);
  void validate();
  void add_loss_row(const Stage& stage, double learning_rate, double gradient_norm);
};

Leaf Trainer::Impl::load_leaf(const Stage& stage, std::int64_t first_sample, std::vector<Tensor>& keep) {
  const ModelDescription& d = model.description();
  const std::int64_t channels = d.channel_count(), nlat = d.grid.nlat(), nlon = d.grid.nlon();
  Leaf leaf;
  std::vector<float> host;
  std::vector<std::int64_t> newest;
  for (std::int64_t i = 0; i < stage.leaf; ++i) {
    const std::int64_t position_in_order = (first_sample + i) % static_cast<std::int64_t>(order.size());
    newest.push_back(order[static_cast<std::size_t>(position_in_order)]);
    leaf.times.push_back(data.time(newest.back()));
    leaf.samples.push_back(static_cast<std::uint32_t>(first_sample + i));
  }
  const auto upload = [&](std::initializer_list<std::int64_t> extents) {
    keep.emplace_back(backend, model.dtype(), extents);
    keep.back().assign(host);
    return ConstTensorView(std::as_const(keep.back()).view());
  };
  for (std::int64_t i : newest) {
    for (std::int64_t t = d.input_times - 1; t >= 0; --t) {
      const auto state = data.state(i - t);
      host.insert(host.end(), state.begin(), state.end());
    }
  }
  leaf.history = upload({stage.leaf, d.input_times, channels, nlat, nlon});
  for (std::int64_t k = 1; k <= stage.rollout; ++k) {
    host.clear();
    for (std::int64_t i : newest) {
      const auto state = data.state(i + k);
      host.insert(host.end(), state.begin(), state.end());
    }
    leaf.targets.push_back(upload({stage.leaf, channels, nlat, nlon}));
  }
  return leaf;
}

void Trainer::Impl::shuffle(const Stage& stage) {
  const std::int64_t epoch = position.step_in_stage / steps_per_epoch(stage);
  if (order_epoch == epoch && order_stage == position.stage) return;
  const std::vector<std::int64_t> starts = stage_starts(stage);
  const std::vector<std::int64_t> permutation =
      shuffled(backend, static_cast<std::int64_t>(starts.size()), config.seed, position.stage * 100000 + epoch);
  order.resize(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) order[i] = starts[static_cast<std::size_t>(permutation[i])];
  order_epoch = epoch;
  order_stage = position.stage;
}

Tensor Trainer::Impl::sum_of_leaves(const Stage& stage, std::int64_t first, std::int64_t last, double weight) {
  ParameterSet& parameters = model.parameters();
  const std::int64_t batch_begin = (position.step_in_stage % steps_per_epoch(stage)) * stage.batch;
  // Position of a sample in the global batch keys its noise: the same for every rank count.
  for (std::int64_t l = first; l < last; ++l) {
    std::vector<Tensor> keep;
    keep.reserve(static_cast<std::size_t>(stage.rollout) + 1);
    const Leaf leaf = load_leaf(stage, batch_begin + l * stage.leaf, keep);
    backend.fill(parameters.gradients(), 0.0);
    leaf_losses.sums[static_cast<std::size_t>(l)] =
        objective.accumulate(leaf, weight, config.seed, static_cast<std::uint32_t>(position.global_step));
    leaf_losses.counts[static_cast<std::size_t>(l)] = 1.0;
    Tensor gradient = tree.take_buffer(model.dtype(), parameters.arena_size());
    backend.copy(gradient, parameters.gradients());
    tree.push(std::move(gradient));
  }
  return tree.finish();
}

double Trainer::Impl::mean_loss(const Stage& stage, std::int64_t first, std::int64_t last, std::span<const std::int64_t> bounds) {
  std::vector<std::size_t> counts;
  for (std::size_t r = 0; r + 1 < bounds.size(); ++r) counts.push_back(static_cast<std::size_t>(bounds[r + 1] - bounds[r]) * sizeof(double));
  for (std::vector<double>* values : {&leaf_losses.sums, &leaf_losses.counts}) {
    const std::vector<double> mine(values->begin() + first, values->begin() + last);
    comm.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(*values)), counts);
  }
  const double loss = std::accumulate(leaf_losses.sums.begin(), leaf_losses.sums.end(), 0.0) /
                      (std::accumulate(leaf_losses.counts.begin(), leaf_losses.counts.end(), 0.0) * static_cast<double>(stage.leaf));
  MYRIAD_VALIDATE(std::isfinite(loss), ErrorKind::quality, "E2414",
                  "the loss is {} at step {} (training diverged) lower the learning rate or clip gradients", loss,
                  position.global_step);
  return loss;
}

double Trainer::Impl::WorkerGradients::gradient(int worker, std::int64_t, ConstTensorView x, TensorView gradient) {
  Impl& t = trainer_;
  const Stage& stage = t.config.stages[static_cast<std::size_t>(t.position.stage)];
  const std::int64_t leaves = stage.batch / stage.leaf, workers = t.transport->workers();
  const std::int64_t first = leaves * worker / workers, last = leaves * (worker + 1) / workers;
  t.backend.copy(t.model.parameters().values(), x);
  Tensor sum = t.sum_of_leaves(stage, first, last, 1.0 / static_cast<double>((last - first) * stage.leaf));
  const double norm = std::sqrt(t.backend.sum_of_squares(std::as_const(sum).view()));
  const double scale = t.config.clip_norm > 0.0 && norm > t.config.clip_norm ? t.config.clip_norm / norm : 1.0;
  t.backend.axpby(gradient, scale, sum, 0.0, {});
  t.tree.recycle(std::move(sum));
  const auto losses = t.leaf_losses.sums.begin();
  return std::accumulate(losses + first, losses + last, 0.0) / static_cast<double>((last - first) * stage.leaf);
}

double Trainer::Impl::method_step(const Stage& stage, double learning_rate, double& gradient_norm) {
  const std::int64_t leaves = stage.batch / stage.leaf, workers = transport->workers();
  method->step(learning_rate);
  gradient_norm = method->gradient_norm();
  backend.copy(model.parameters().values(), method->common_parameters());
  std::vector<std::int64_t> bounds;
  for (std::int64_t r = 0; r <= comm.size(); ++r) bounds.push_back(leaves * (workers * r / comm.size()) / workers);
  const auto rank = static_cast<std::size_t>(comm.rank());
  return mean_loss(stage, bounds[rank], bounds[rank + 1], bounds);
}

double Trainer::Impl::dense_step(const Stage& stage, double learning_rate, double& gradient_norm) {
  ParameterSet& parameters = model.parameters();
  const std::int64_t leaves = stage.batch / stage.leaf;
  std::vector<std::int64_t> bounds;
  for (std::int64_t r = 0; r <= comm.size(); ++r) bounds.push_back(leaves * r / comm.size());
  const std::int64_t first = bounds[static_cast<std::size_t>(comm.rank())], last = bounds[static_cast<std::size_t>(comm.rank()) + 1];
  Tensor root = sum_of_leaves(stage, first, last, 1.0 / static_cast<double>(stage.batch));
  const auto exchange_start = std::chrono::steady_clock::now();
  exchange->combine(root.view());
  exchange_seconds += seconds_since(exchange_start);
  const double loss = mean_loss(stage, first, last, bounds);

  gradient_norm = std::sqrt(backend.sum_of_squares(std::as_const(root).view()));
  kernels::AdamwStep step;
  step.learning_rate = learning_rate;
  step.beta1 = config.beta1;
  step.beta2 = config.beta2;
  step.epsilon = config.epsilon;
  step.step = position.global_step + 1;
  if (config.clip_norm > 0.0 && gradient_norm > config.clip_norm) {
    step.gradient_scale = config.clip_norm / gradient_norm;
  }
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    step.weight_decay = parameters.info(i).decay ? config.weight_decay : 0.0;
    backend.adamw(parameters.value(i), parameters.view_in(m, i), parameters.view_in(v, i),
                  parameters.view_in(root, i), step);
  }
  tree.recycle(std::move(root));
  return loss;
}

double Trainer::Impl::optimiser_step(const Stage& stage, double learning_rate, double& gradient_norm) {
  shuffle(stage);
  const auto leaves = static_cast<std::size_t>(stage.batch / stage.leaf);
  leaf_losses = {std::vector<double>(leaves, 0.0), std::vector<double>(leaves, 0.0)};
  const double loss = method != nullptr ? method_step(stage, learning_rate, gradient_norm) : dense_step(stage, learning_rate, gradient_norm);
  if (!ema.empty()) {
    // Short runs: let the average forget the start quickly (decay grows from 0.1 to its final value).
    const double t = static_cast<double>(position.global_step);
    const double decay = std::min(config.ema_decay, (1.0 + t) / (10.0 + t));
    backend.axpby(ema, decay, ema, 1.0 - decay, std::as_const(model.parameters()).values());
  }
  return loss;
}

void Trainer::Impl::add_loss_row(const Stage& stage, double learning_rate, double gradient_norm) {
  const double mean = loss_sum / static_cast<double>(loss_steps);
  losses.push_back({position.global_step, stage.name, learning_rate, mean, gradient_norm});
  loss_sum = 0.0;
  loss_steps = 0;
  if (comm.rank() == 0) {
    std::string share;
    if (comm.size() > 1 && step_seconds > 0.0) share = fmt::format(" exchange {:.1f} %", 100.0 * exchange_seconds / step_seconds);
    log_info("train", "stage {} step {} loss {:.5g} gradient norm {:.3g} rate {:.3g}{}", stage.name,
             position.global_step, mean, gradient_norm, learning_rate, share);
  }
  step_seconds = exchange_seconds = 0.0;
}

void Trainer::Impl::validate() {
  if (validation == nullptr || config.validation_leads.empty()) return;
  const ModelDescription& d = model.description();
  const std::vector<std::int64_t> starts = spread_evenly(
      validation->starts(d.input_times, config.validation_leads.back(), d.time_step), config.validation_starts);
  MYRIAD_VALIDATE(!starts.empty(), ErrorKind::config_invalid, "E2415",
                  "no validation start reaches lead step {} (the archive is too short) shorten validation.leads",
                  config.validation_leads.back());
  ParameterSet& parameters = model.parameters();
  Tensor saved;
  if (!ema.empty()) {
    saved = parameters.make_arena();
    backend.copy(saved, std::as_const(parameters).values());
    backend.copy(parameters.values(), ema);
  }
  ValidationRow row{position.global_step, config.stages[static_cast<std::size_t>(position.stage)].name,
                    rmse_by_lead(model, *validation, starts, config.validation_leads, comm)};
  if (!saved.empty()) backend.copy(parameters.values(), saved);
  if (comm.rank() == 0) {
    for (std::size_t l = 0; l < row.rmse.size(); ++l) {
      std::string text;
      for (std::size_t c = 0; c < d.channels.size(); ++c) {
        text += fmt::format(" {} {:.4g}", d.channels[c], row.rmse[l][c]);
      }
      log_info("train", "validation step {} lead {}{}", position.global_step,
               to_string(config.validation_leads[l] * d.time_step), text);
    }
  }
  validations.push_back(std::move(row));
}

Trainer::Trainer(SfnoModel& model, const StateStore& training, const StateStore* validation, TrainerConfig config,
                 Comm& comm, GradientExchange& exchange)
    : impl_(std::make_unique<Impl>(model, training, validation, std::move(config), comm)) {
  impl_->use(exchange);
}
Trainer::Trainer(SfnoModel& model, const StateStore& training, const StateStore* validation, TrainerConfig config, Comm& comm,
                 const MethodConfig& method, int workers)
    : impl_(std::make_unique<Impl>(model, training, validation, std::move(config), comm)) {
  impl_->use(method, workers);
}
Trainer::~Trainer() = default;

TrainOutcome Trainer::train(const StopRequest& stop, const Saver& save, const Reporter& report) {
  Impl& s = *impl_;
  const std::int64_t total = s.total_steps();
  while (s.position.stage < static_cast<std::int64_t>(s.config.stages.size())) {
    const Stage& stage = s.config.stages[static_cast<std::size_t>(s.position.stage)];
    const std::int64_t stage_steps = s.steps_of(stage);
    const LearningRateSchedule schedule{stage.learning_rate, stage.warmup_steps, stage_steps, stage.final_fraction};
    while (s.position.step_in_stage < stage_steps) {
      const double rate = schedule.at(s.position.step_in_stage);
      double norm = 0.0;
      const auto step_start = std::chrono::steady_clock::now();
      const double loss = s.optimiser_step(stage, rate, norm);
      s.step_seconds += seconds_since(step_start);
      s.loss_sum += loss;
      ++s.loss_steps;
      ++s.position.step_in_stage;
      ++s.position.global_step;
      const bool stage_done = s.position.step_in_stage == stage_steps;
      if (s.position.global_step % s.config.log_every == 0 || stage_done) s.add_loss_row(stage, rate, norm);
      if ((s.config.validate_every > 0 && s.position.global_step % s.config.validate_every == 0) || stage_done) {
        s.validate();
      }
      report(s.position.global_step, total, fmt::format("{} loss {:.4g}", stage.name, loss));
      if (stage_done) break;
      if (s.position.global_step % s.config.checkpoint_every == 0) save(s.position);
      if (stop(s.position)) {
        save(s.position);
        return TrainOutcome::stopped;
      }
    }
    ++s.position.stage;
    s.position.step_in_stage = 0;
    save(s.position);
  }
  return TrainOutcome::finished;
}

const TrainerPosition& Trainer::position() const { return impl_->position; }
std::int64_t Trainer::total_steps() const { return impl_->total_steps(); }
const std::vector<LossRow>& Trainer::losses() const { return impl_->losses; }
const std::vector<ValidationRow>& Trainer::validations() const { return impl_->validations; }

ConstTensorView Trainer::published_weights() const {
  if (!impl_->ema.empty()) return std::as_const(impl_->ema).view();
  return std::as_const(impl_->model.parameters()).values();
}

const Method* Trainer::method() const { return impl_->method.get(); }

Traffic Trainer::traffic() const {
  Traffic sum;
  if (!impl_->transport) return sum;
  for (int worker : impl_->transport->local()) {
    const Traffic t = impl_->transport->sent(worker);
    sum = {sum.messages + t.messages, sum.bytes + t.bytes};
  }
  return sum;
}

void Trainer::collect_state() {
  if (impl_->method != nullptr) impl_->method->collect_state(impl_->comm);
}

namespace {

Json to_json(const LossRow& row) {
  Json j;
  j.set("step", row.global_step);
  j.set("stage", row.stage);
  j.set("rate", row.learning_rate);
  j.set("loss", row.loss);
  j.set("norm", row.gradient_norm);
  return j;
}

Json to_json(const ValidationRow& row) {
  Json j;
  j.set("step", row.global_step);
  j.set("stage", row.stage);
  Json leads = Json(Json::Array{});
  for (const auto& lead : row.rmse) {
    Json values = Json(Json::Array{});
    for (double x : lead) values.push_back(x);
    leads.push_back(values);
  }
  j.set("rmse", leads);
  return j;
}

}  // namespace

void Trainer::add_state(CheckpointWriter& writer) const {
  const Impl& s = *impl_;
  const auto add_arena = [&](const std::string& name, ConstTensorView view) {
    const std::vector<double> values = to_doubles(s.backend, view);
    const Shape shape{static_cast<std::int64_t>(values.size())};
    if (view.dtype == DType::f64) {
      writer.add(name, shape, std::span<const double>(values));
    } else {
      const std::vector<float> floats(values.begin(), values.end());
      writer.add(name, shape, std::span<const float>(floats));
    }
  };
  add_arena("trainer.values", std::as_const(s.model.parameters()).values());
  if (s.method != nullptr) {
    s.method->add_state(writer);
  } else {
    add_arena("trainer.m", s.m.view());
    add_arena("trainer.v", s.v.view());
  }
  if (!s.ema.empty()) add_arena("trainer.ema", s.ema.view());
  Json state;
  state.set("stage", s.position.stage);
  state.set("step_in_stage", s.position.step_in_stage);
  state.set("global_step", s.position.global_step);
  state.set("loss_sum", s.loss_sum);
  state.set("loss_steps", s.loss_steps);
  Json losses = Json(Json::Array{});
  for (const LossRow& row : s.losses) losses.push_back(to_json(row));
  state.set("losses", losses);
  Json validations = Json(Json::Array{});
  for (const ValidationRow& row : s.validations) validations.push_back(to_json(row));
  state.set("validations", validations);
  writer.set_section(section::k_state, state);
}

void Trainer::restore_state(const Checkpoint& checkpoint) {
  Impl& s = *impl_;
  const auto read_arena = [&](const std::string& name, TensorView target) {
    Tensor staged(s.backend, target.dtype, {target.size()});
    staged.assign(checkpoint.doubles(name, {target.size()}));
    s.backend.copy(target, staged);
  };
  read_arena("trainer.values", s.model.parameters().values());
  if (s.method != nullptr) {
    s.method->restore_state(checkpoint);
  } else {
    read_arena("trainer.m", s.m);
    read_arena("trainer.v", s.v);
  }
  if (!s.ema.empty()) read_arena("trainer.ema", s.ema);
  const Json state = checkpoint.section(section::k_state);
  s.position = {state.at("stage").as_int(), state.at("step_in_stage").as_int(), state.at("global_step").as_int()};
  s.loss_sum = state.at("loss_sum").as_double();
  s.loss_steps = state.at("loss_steps").as_int();
  s.losses.clear();
  for (const Json& row : state.at("losses").as_array()) {
    s.losses.push_back({row.at("step").as_int(), row.at("stage").as_string(), row.at("rate").as_double(),
                        row.at("loss").as_double(), row.at("norm").as_double()});
  }
  s.validations.clear();
  for (const Json& row : state.at("validations").as_array()) {
    ValidationRow r{row.at("step").as_int(), row.at("stage").as_string(), {}};
    for (const Json& lead : row.at("rmse").as_array()) {
      std::vector<double> values;
      for (const Json& x : lead.as_array()) values.push_back(x.as_double());
      r.rmse.push_back(std::move(values));
    }
    s.validations.push_back(std::move(r));
  }
}

}  // namespace myriad::train
