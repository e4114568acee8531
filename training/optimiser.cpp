#include "training/optimiser.hpp"

#include <optional>

namespace myriad::train {

namespace {

TensorView part(TensorView v, const Segment& s) { return v.slice(0, s.begin, s.size); }

class Sgd final : public Optimiser {
 public:
  Sgd(const InnerConfig& config, StateArena& arena, Owner owner, std::int64_t size, std::vector<Segment> segments)
      : config_(config), arena_(arena), segments_(std::move(segments)) {
    if (config.momentum > 0.0) momentum_ = arena.add("inner_momentum", owner, size);
  }
  void step(std::size_t slot, TensorView x, TensorView gradient, double rate, std::int64_t) override {
    Backend& b = arena_.backend();
    TensorView direction = gradient;
    if (momentum_) {
      direction = arena_.view(*momentum_, slot);
      b.axpby(direction, config_.momentum, direction, 1.0, gradient);
    }
    for (const Segment& s : segments_) {
      b.axpby(part(x, s), s.decay ? 1.0 - rate * config_.weight_decay : 1.0, part(x, s), -rate, part(direction, s));
    }
  }

 private:
  InnerConfig config_;
  StateArena& arena_;
  std::vector<Segment> segments_;
  std::optional<std::size_t> momentum_;
};

/// AdamW, and its second stage in 1-bit Adam (Tang et al. 2021, algorithm 1): v fixed, m the workers' average.
class Adam final : public Optimiser {
 public:
  Adam(const InnerConfig& config, StateArena& arena, Owner owner, std::int64_t size, std::vector<Segment> segments)
      : config_(config), arena_(arena), segments_(std::move(segments)), m_(arena.add("inner_m", owner, size)), v_(arena.add("inner_v", owner, size)) {
    if (config.name == "frozen_adam") unused_ = arena.add("inner_scratch", owner, size, false);
  }
  void step(std::size_t slot, TensorView x, TensorView gradient, double rate, std::int64_t step) override {
    kernels::AdamwStep s;
    s.learning_rate = rate;
    s.beta1 = config_.beta1;
    s.beta2 = config_.beta2;
    s.epsilon = config_.epsilon;
    s.step = step;
    s.bias_correction = config_.bias_correction;
    const TensorView m = arena_.view(m_, slot), v = arena_.view(v_, slot);
    if (!frozen_) return for_segments(x, m, v, gradient, s);
    if (!masked_) mask(v);
    arena_.backend().copy(m, gradient);
    leave_alone(m);
    // The ops' moments do the rest: a first moment without memory is the gradient, here m, and a second one with all of it is v.
    s.beta1 = 0.0;
    s.beta2 = 1.0;
    s.bias_correction = false;
    for_segments(x, arena_.view(*unused_, slot), v, m, s);
  }
  void freeze() override { frozen_ = true; }
  void momentum_of(TensorView gradient, TensorView message) override {
    arena_.backend().axpby(message, config_.beta1, arena_.view(m_), 1.0 - config_.beta1, gradient);
  }

 private:
  void for_segments(TensorView x, TensorView m, TensorView v, TensorView gradient, kernels::AdamwStep step) {
    for (const Segment& s : segments_) {
      step.weight_decay = s.decay ? config_.weight_decay : 0.0;
      arena_.backend().adamw(part(x, s), part(m, s), part(v, s), part(gradient, s), step);
    }
  }
  /// A sign is never zero: a coordinate that never had a gradient would be divided by nothing in every step.
  void mask(TensorView v) {
    Backend& b = arena_.backend();
    const double floor = config_.v_floor * b.nth_magnitude(v, (v.size() + 1) / 2);
    masked_ = std::vector<std::uint32_t>();
    const std::vector<double> host = to_doubles(b, v);
    for (std::size_t k = 0; k < host.size(); ++k) {
      if (host[k] < floor || host[k] == 0.0) masked_->push_back(static_cast<std::uint32_t>(k));
    }
  }
  void leave_alone(TensorView m) {
    if (masked_->empty()) return;
    Backend& b = arena_.backend();
    const auto count = static_cast<std::int64_t>(masked_->size());
    Tensor places(b, DType::f32, {count}), zeros(b, m.dtype, {count});
    b.copy_to_device(places.view().data, masked_->data(), 4 * count);
    b.fill(zeros, 0.0);
    b.scatter(m, zeros, static_cast<const std::uint32_t*>(places.view().data), kernels::Update::overwrite);
  }

  InnerConfig config_;
  StateArena& arena_;
  std::vector<Segment> segments_;
  std::size_t m_, v_;
  std::optional<std::size_t> unused_;
  bool frozen_ = false;
  std::optional<std::vector<std::uint32_t>> masked_;  ///< a function of v
};

}  // namespace

std::unique_ptr<Optimiser> make_optimiser(const InnerConfig& c, StateArena& arena, Owner owner, std::int64_t size,
                                          const std::vector<Segment>& segments) {
  MYRIAD_VALIDATE(c.name == "sgd" || c.name == "adamw" || c.name == "frozen_adam", ErrorKind::config_invalid, "E2429",
                  "inner.name is '{}' (sgd, adamw and frozen_adam are known) change it", c.name);
  const std::vector<Segment> all = segments.empty() ? std::vector<Segment>{{0, size, true}} : segments;
  if (c.name == "sgd") return std::make_unique<Sgd>(c, arena, owner, size, all);
  return std::make_unique<Adam>(c, arena, owner, size, all);
}

}  // namespace myriad::train
