#include "training/method.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "kernels/philox.hpp"
#include "src/base/random_streams.hpp"
#include "training/optimiser.hpp"

namespace myriad::train {

namespace {

template <class... Args>
void require(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  MYRIAD_VALIDATE(condition, ErrorKind::config_invalid, "E2429", "{}", fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace

/// What all schedules share.
struct Method::Impl {
  Impl(const MethodConfig& c, Problem& p, Transport& t, Backend& b, const MethodRun& r)
      : config(c), problem(p), transport(t), backend(b), run(r), seed(r.seed), size(p.size()), workers(t.workers()),
        arena(b, r.dtype, t.local()), compressor(make_compressor(b, c.compressor)), dense(make_compressor(b, {})),
        common(arena.add("parameters", Owner::replicated, size)), gradient(arena.add("gradient", Owner::worker, size, false)),
        target(arena.add("target", Owner::worker, size, false)), sent(arena.add("sent", Owner::worker, size, false)),
        aggregate(arena.add("aggregate", Owner::replicated, size)) {}
  virtual ~Impl() = default;
  virtual double step(double rate) = 0;
  /// Numbers beside the vectors of the arena, and what follows from them when they are read back.
  virtual void add_numbers(Json& json) const { json.set("steps", done); }
  virtual void restore_numbers(const Json& json) { done = json.at("steps").as_int(); }
  /// Steps between two exchanges of one element, on average.
  virtual double steps_per_exchange() const { return 1.0; }
  virtual TensorView parameters(std::size_t slot) { return static_cast<void>(slot), arena.view(common); }
  virtual void set_parameters(ConstTensorView x) { backend.copy(arena.view(common), x); }

  std::size_t slots() const { return transport.local().size(); }
  int worker(std::size_t slot) const { return transport.local()[slot]; }
  std::vector<TensorView> views(std::size_t number) {
    std::vector<TensorView> all;
    for (std::size_t slot = 0; slot < slots(); ++slot) all.push_back(arena.view(number, slot));
    return all;
  }
  /// Uniform number of (purpose of the run, round, index): the same on every rank.
  double uniform(std::uint32_t round, std::uint32_t index) const {
    std::uint32_t words[4] = {index, round, 0, stream_number(StreamId::gossip)};
    kernels::philox(words, seed);
    return (words[0] + 0.5) * 0x1p-32;
  }

  MethodConfig config;
  Problem& problem;
  Transport& transport;
  Backend& backend;
  MethodRun run;
  std::uint64_t seed;
  std::int64_t size;
  int workers;
  StateArena arena;
  std::unique_ptr<Compressor> compressor, dense;
  std::size_t common, gradient, target, sent, aggregate;
  std::int64_t done = 0;
  double gradient_norm = 0.0;
  std::map<std::string, std::vector<double>> collected;  ///< of workers of all ranks, on rank 0
};

/// Every step: signal -> feedback -> exchange -> step of the common parameters.
class Method::Synchronous final : public Method::Impl {
 public:
  Synchronous(const MethodConfig& c, Problem& p, Transport& t, Backend& b, const MethodRun& r)
      : Impl(c, p, t, b, r), feedback_(make_feedback(c.feedback, arena, size, workers, *compressor)),
        exchange_(make_vector_exchange(c.exchange, t, *compressor, arena, size)),
        dense_exchange_(make_vector_exchange(dense_exchange(c.exchange), t, *dense, arena, size)),
        optimiser_(make_optimiser(c.inner, arena, Owner::replicated, size, r.segments)) {
    const ScheduleConfig& schedule = c.schedule;
    require(c.signal == "gradient" || c.signal == "momentum",
            "signal is '{}' with schedule every (gradient and momentum are known there) change it", c.signal);
    require(c.signal_eta > 0.0 && c.signal_eta <= 1.0, "signal_eta is {} (above 0 to 1 is possible) change it", c.signal_eta);
    require(schedule.dense_until >= 0.0 && schedule.dense_until <= 1.0, "schedule.dense_until is {} (0 to 1 is possible) change it",
            schedule.dense_until);
    require(schedule.participation > 0.0 && schedule.participation <= 1.0,
            "schedule.participation is {} (above 0 to 1 is possible) change it", schedule.participation);
    require(schedule.participation == 1.0 || c.feedback.name == "ef21",
            "schedule.participation {} with feedback {} (the step of others would be that of some workers only) use ef21",
            schedule.participation, c.feedback.name);
    require(schedule.sparsity_warmup == 0 || c.compressor.name.starts_with("topk"),
            "schedule.sparsity_warmup with compressor {} (only topk and topk_sampled have a ratio to lower) leave it out", c.compressor.name);
    if (c.inner.name == "frozen_adam") {
      const double steps = 2.0 / (1.0 - c.inner.beta2), warm = schedule.dense_until * static_cast<double>(r.total_steps);
      require(c.feedback.name == "ef14" && c.signal == "gradient",
              "inner frozen_adam with feedback {} and signal {} (1-bit Adam forms its own signal, the momentum, and needs ef14) change them",
              c.feedback.name, c.signal);
      require(schedule.dense_until <= 0.5 && warm >= steps,
              "schedule.dense_until is {}, {} of {} steps, with inner frozen_adam (the second moment must settle first, in 2 / (1 - beta2) = {:.0f} "
              "steps, and 0.5 is the most) change it, or beta2", schedule.dense_until, warm, r.total_steps, steps);
    }
    require(c.feedback.name != "dgc" || c.inner.momentum == 0.0,
            "inner.momentum is {} with feedback dgc (which has the momentum already) set it to 0", c.inner.momentum);
    require(c.feedback.name != "dgc" || !c.feedback.mask || c.exchange.pattern == "allgather" || c.exchange.pattern == "server",
            "feedback dgc with mask and exchange.pattern {} (what one message of the whole vector holds is forgotten) use allgather or server, or "
            "mask: false", c.exchange.pattern);
    require(c.feedback.smoothness.empty() || (c.exchange.rule.name == "mean" && schedule.participation == 1.0),
            "feedback.smoothness with exchange.rule {} and participation {} (the weights are those of a mean over all workers) use mean and 1",
            c.exchange.rule.name, schedule.participation);
    if (c.signal == "momentum") momentum_ = arena.add("signal_momentum", Owner::worker, size);
  }

  void add_numbers(Json& json) const override {
    Impl::add_numbers(json);
    json.set("started", started_);
  }
  void restore_numbers(const Json& json) override {
    Impl::restore_numbers(json);
    started_ = json.at("started").as_bool();
  }

  double step(double rate) override {
    const bool dense_stage = static_cast<double>(done) < config.schedule.dense_until * static_cast<double>(run.total_steps);
    const bool frozen = config.inner.name == "frozen_adam" && !dense_stage;
    if (frozen) optimiser_->freeze();
    const bool start = !started_ && feedback_->dense_start();
    Round round{seed, static_cast<std::uint32_t>(done), participants(start), {}, nullptr};
    std::unique_ptr<Compressor> warming;
    if (start) round.compressor = dense.get();
    if (!start && done < config.schedule.sparsity_warmup) {
      CompressorConfig c = config.compressor;
      c.ratio = std::max(c.ratio, std::min(0.5, std::pow(c.ratio, static_cast<double>(done + 1) /
                                                                       static_cast<double>(config.schedule.sparsity_warmup + 1))));
      warming = make_compressor(backend, c);
      round.compressor = warming.get();
    }
    double loss = 0.0;
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      const TensorView g = arena.view(gradient, slot);
      loss += problem.gradient(worker(slot), done, arena.view(common), g);
      if (frozen) optimiser_->momentum_of(g, g);
      if (momentum_) {
        const TensorView v = arena.view(*momentum_, slot);
        // The first momentum is the first gradient: one from zero would shrink the first estimates.
        backend.axpby(v, started_ ? 1.0 - config.signal_eta : 0.0, v, started_ ? config.signal_eta : 1.0, g);
        backend.copy(g, v);
      }
      if (!dense_stage) feedback_->target(slot, g, arena.view(target, slot));
    }
    const TensorView result = arena.view(aggregate);
    const std::vector<TensorView> sent_views = views(sent);
    if (dense_stage) {
      dense_exchange_->run(views(gradient), sent_views, result, round);
    } else {
      round.weights = feedback_->weights();
      exchange_->run(views(target), sent_views, result, round);
      for (std::size_t slot = 0; slot < slots(); ++slot) {
        if (!round.participants.empty() && !std::binary_search(round.participants.begin(), round.participants.end(), worker(slot))) continue;
        feedback_->absorb(slot, arena.view(target, slot), sent_views[slot], exchange_->message(slot));
      }
      if (!round.participants.empty()) {  // the mean over all workers, of whom the others have sent nothing
        backend.axpby(result, static_cast<double>(round.participants.size()) / workers, result, 0.0, {});
      }
      feedback_->integrate(result);
      started_ = true;
    }
    ++done;
    gradient_norm = std::sqrt(backend.sum_of_squares(result));
    optimiser_->step(0, arena.view(common), result, rate, done);
    return loss / static_cast<double>(slots());
  }

 private:
  /// Of the dense start: an attack would not wait for its end.
  static ExchangeConfig dense_exchange(const ExchangeConfig& config) {
    ExchangeConfig dense;
    dense.rule = config.rule;
    return dense;
  }
  std::vector<int> participants(bool start) const {
    if (config.schedule.participation == 1.0 || start) return {};
    std::vector<int> some;
    for (int w = 0; w < workers; ++w) {
      if (uniform(static_cast<std::uint32_t>(done), static_cast<std::uint32_t>(w)) < config.schedule.participation) some.push_back(w);
    }
    if (some.empty()) some.push_back(static_cast<int>(uniform(static_cast<std::uint32_t>(done), static_cast<std::uint32_t>(workers)) * workers));
    return some;
  }

  std::unique_ptr<Feedback> feedback_;
  std::unique_ptr<VectorExchange> exchange_, dense_exchange_;
  std::unique_ptr<Optimiser> optimiser_;
  std::optional<std::size_t> momentum_;
  bool started_ = false;
};

/// Local steps, and an exchange of the progress now and then: local SGD, DiLoCo, Streaming DiLoCo, CO2, SCALLION and SCAFCOM.
class Method::Local final : public Method::Impl {
 public:
  Local(const MethodConfig& c, Problem& p, Transport& t, Backend& b, const MethodRun& r)
      : Impl(c, p, t, b, r), own_(arena.add("own_parameters", Owner::worker, size)),
        optimiser_(make_optimiser(c.inner, arena, Owner::worker, size, r.segments)), period_(c.schedule.period),
        fragments_(c.schedule.name == "streaming" ? c.schedule.fragments : 1), delay_(c.schedule.name == "streaming" ? c.schedule.delay : 0),
        controlled_(c.signal == "mean_local_gradient"), delayed_(c.schedule.name == "delayed_local") {
    const OuterConfig& outer = c.outer;
    require(c.signal == "pseudo_gradient" || controlled_,
            "signal is '{}' with schedule {} (pseudo_gradient and mean_local_gradient are known there) change it", c.signal, c.schedule.name);
    require(period_ >= 1 && period_ <= 1000, "schedule.period is {} (1 to 1000 is possible) change it", period_);
    require(fragments_ >= 1 && period_ % fragments_ == 0,
            "schedule.period {} with {} fragments (every fragment has its turn once per period) make the period a multiple", period_, fragments_);
    require(delay_ >= 0 && delay_ < period_ / fragments_,
            "schedule.delay is {} with a fragment every {} steps (one fragment is under way at a time) lower it", delay_, period_ / fragments_);
    require(outer.mix >= 0.0 && outer.mix < 1.0, "outer.mix is {} (0 to below 1: 1 would never use what was exchanged) change it", outer.mix);
    require(outer.learning_rate > 0.0 && outer.learning_rate <= 2.0, "outer.learning_rate is {} (above 0 to 2 is possible) change it",
            outer.learning_rate);
    require(outer.momentum >= 0.0 && outer.momentum <= 0.95, "outer.momentum is {} (0 to 0.95 is possible) change it", outer.momentum);
    require(outer.mix == 0.0 || outer.name == "sgd" || outer.name == "nesterov", "outer.mix is {} with outer {} (whose rounds start from the common "
            "parameters) set it to 0", outer.mix, outer.name);
    require((outer.name == "scaffold") == controlled_, "outer {} with signal {} (scaffold and mean_local_gradient belong together) change one",
            outer.name, c.signal);
    require((outer.name == "co2") == delayed_, "outer {} with schedule {} (co2 and delayed_local belong together) change one", outer.name,
            c.schedule.name);
    require(outer.name == "sgd" || outer.name == "nesterov" || outer.name == "co2" || outer.name == "scaffold",
            "outer.name is '{}' (sgd, nesterov, co2 and scaffold are known) change it", outer.name);
    require(c.inner.name != "frozen_adam", "inner frozen_adam with schedule {} (its second moment is common) use schedule every", c.schedule.name);
    require(c.schedule.sampled >= 0 && c.schedule.sampled <= workers && (c.schedule.sampled == 0 || controlled_),
            "schedule.sampled is {} of {} workers with signal {} (only mean_local_gradient can do without some) change it", c.schedule.sampled,
            workers, c.signal);
    require(!controlled_ || (c.inner.name == "sgd" && c.inner.momentum == 0.0 && c.feedback.name == "none"),
            "signal mean_local_gradient with inner {} and feedback {} (control variates are its feedback, of plain gradient steps) use sgd and none",
            c.inner.name, c.feedback.name);
    require(c.schedule.dense_until == 0.0 && c.schedule.sparsity_warmup == 0 && c.schedule.participation == 1.0,
            "schedule {} with dense_until, sparsity_warmup or participation (they belong to schedule every) leave them out", c.schedule.name);
    if (c.outer.momentum > 0.0 && (c.outer.name == "nesterov" || c.outer.name == "co2")) outer_momentum_ = arena.add("outer_momentum", Owner::replicated, size);
    for (std::int64_t f = 0; f < fragments_; ++f) {
      const std::int64_t begin = size * f / fragments_, end = size * (f + 1) / fragments_;
      exchanges_.push_back(make_vector_exchange(c.exchange, t, *compressor, arena, end - begin));
      feedback_.push_back(make_feedback(c.feedback, arena, end - begin, workers, *compressor));
      require(!feedback_.back()->dense_start() && feedback_.back()->weights().empty(),
              "feedback {} with schedule {} (it estimates gradients of one point) use none or ef14", c.feedback.name, c.schedule.name);
    }
    if (controlled_) {
      own_control_ = arena.add("control", Owner::worker, size);
      control_ = arena.add("mean_control", Owner::replicated, size);
      if (c.control_beta > 0.0) control_momentum_ = arena.add("control_momentum", Owner::worker, size);
      const double omega = compressor->omega(size);
      require(c.control_beta >= 0.0 && c.control_beta <= 1.0, "control_beta is {} (0 to 1 is possible) change it", c.control_beta);
      require(c.control_beta > 0.0 || std::isfinite(omega),
              "compressor {} with control_beta 0 (SCALLION needs an unbiased one) use SCAFCOM: control_beta above 0", compressor->name());
      require(c.control_beta > 0.0 || (c.control_alpha > 0.0 && c.control_alpha <= 1.0 && c.control_alpha * omega <= 1.0),
              "control_alpha is {} with omega {} of compressor {} (alpha omega up to 1 is stable) lower it", c.control_alpha, omega,
              compressor->name());
    }
    if (delayed_) previous_ = arena.add("previous_start", Owner::replicated, size);
  }

  TensorView parameters(std::size_t slot) override { return arena.view(own_, slot); }
  void set_parameters(ConstTensorView x) override {
    Impl::set_parameters(x);
    for (std::size_t slot = 0; slot < slots(); ++slot) backend.copy(arena.view(own_, slot), x);
    if (delayed_) backend.copy(arena.view(*previous_), x);
  }

  void add_numbers(Json& json) const override {
    Impl::add_numbers(json);
    json.set("rates", rates_);
  }
  void restore_numbers(const Json& json) override {
    Impl::restore_numbers(json);
    rates_ = json.at("rates").as_double();
    if (config.schedule.sampled > 0 && done % period_ != 0) draw_participants();
  }
  double steps_per_exchange() const override { return static_cast<double>(period_); }

  double step(double rate) override {
    if (done % period_ == 0) {
      rates_ = 0.0;
      if (config.schedule.sampled > 0) start_round();
    }
    rates_ += rate;
    double loss = 0.0;
    std::int64_t active = 0;
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      if (!takes_part(worker(slot))) continue;
      const TensorView x = arena.view(own_, slot), g = arena.view(gradient, slot);
      loss += problem.gradient(worker(slot), done, x, g);
      ++active;
      if (controlled_) {
        backend.axpby(g, 1.0, g, -1.0, arena.view(*own_control_, slot));
        backend.axpby(g, 1.0, g, 1.0, arena.view(*control_));
      }
      if (slot == 0) gradient_norm = std::sqrt(backend.sum_of_squares(g));
      optimiser_->step(slot, x, g, rate, done + 1);
    }
    ++done;
    const std::int64_t turn = period_ / fragments_;
    if (delay_ > 0 && done > turn && (done - delay_) % turn == 0) apply((done - delay_) / turn % fragments_);
    if (done % turn == 0) {
      const std::int64_t f = done / turn % fragments_;
      if (delayed_) {
        delayed_round();
      } else {
        send(f);
        if (delay_ == 0) apply(f);
      }
    }
    return active > 0 ? loss / static_cast<double>(active) : 0.0;
  }

 private:
  TensorView fragment(TensorView v, std::int64_t f) const {
    const std::int64_t begin = size * f / fragments_, end = size * (f + 1) / fragments_;
    return v.slice(0, begin, end - begin);
  }
  bool takes_part(int w) const { return participants_.empty() || std::binary_search(participants_.begin(), participants_.end(), w); }
  void draw_participants() {
    const auto round = static_cast<std::uint32_t>(done / period_);
    participants_.clear();
    for (std::uint32_t w : random_subset(workers, config.schedule.sampled, {seed, round, static_cast<std::uint32_t>(workers)})) {
      participants_.push_back(static_cast<int>(w));
    }
  }
  void start_round() {
    draw_participants();
    for (std::size_t slot = 0; slot < slots(); ++slot) backend.copy(arena.view(own_, slot), arena.view(common));
  }

  /// aggregate = combination of what the workers have to say about fragment \p f.
  void send(std::int64_t f) {
    const auto at = static_cast<std::size_t>(f);
    std::vector<TensorView> targets, sents;
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      const TensorView p = fragment(arena.view(target, slot), f), own = fragment(arena.view(own_, slot), f);
      targets.push_back(p);
      sents.push_back(fragment(arena.view(sent, slot), f));
      if (!takes_part(worker(slot))) continue;
      backend.axpby(p, 1.0, fragment(arena.view(common), f), -1.0, own);
      if (controlled_) {
        control_message(slot, p);
      } else {
        feedback_[at]->target(slot, p, p);
      }
    }
    const TensorView result = fragment(arena.view(aggregate), f);
    exchanges_[at]->run(targets, sents, result, {seed, static_cast<std::uint32_t>(done), participants_, {}, nullptr});
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      if (!takes_part(worker(slot))) continue;
      if (controlled_) {
        const TensorView own = arena.view(*own_control_, slot);
        backend.axpby(own, 1.0, own, 1.0, sents[slot]);
      } else {
        feedback_[at]->absorb(slot, targets[slot], sents[slot], exchanges_[at]->message(slot));
      }
    }
  }

  /// p = alpha u of SCALLION, or v - c_i of SCAFCOM, from p = x - y (Huang et al. 2024, algorithms 1 and 2).
  void control_message(std::size_t slot, TensorView p) {
    const TensorView own = arena.view(*own_control_, slot);
    backend.axpby(p, 1.0 / rates_, p, -1.0, arena.view(*control_));  // u
    if (!control_momentum_) {
      backend.axpby(p, config.control_alpha, p, 0.0, {});
      return;
    }
    const TensorView v = arena.view(*control_momentum_, slot);
    backend.axpby(p, 1.0, p, 1.0, own);
    backend.axpby(v, 1.0 - config.control_beta, v, config.control_beta, p);
    backend.axpby(p, 1.0, v, -1.0, own);
  }

  /// What was exchanged of fragment \p f moves the common parameters, and the workers' towards them.
  void apply(std::int64_t f) {
    const TensorView d = fragment(arena.view(aggregate), f), theta = fragment(arena.view(common), f);
    const OuterConfig& outer = config.outer;
    if (controlled_) {
      const TensorView c = arena.view(*control_);
      const double sampled = participants_.empty() ? 1.0 : static_cast<double>(participants_.size()) / workers;
      const double rate = outer.learning_rate * rates_;
      backend.axpby(theta, 1.0, theta, -rate, d);
      backend.axpby(theta, 1.0, theta, -rate, c);
      backend.axpby(c, 1.0, c, sampled, d);
    } else if (outer_momentum_) {
      const TensorView v = fragment(arena.view(*outer_momentum_), f);
      backend.axpby(v, outer.momentum, v, 1.0, d);
      backend.axpby(theta, 1.0, theta, -outer.learning_rate, d);
      backend.axpby(theta, 1.0, theta, -outer.learning_rate * outer.momentum, v);
    } else {
      backend.axpby(theta, 1.0, theta, -outer.learning_rate, d);
    }
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      const TensorView x = fragment(arena.view(own_, slot), f);
      if (outer.mix == 0.0) {
        backend.copy(x, theta);
      } else {
        backend.axpby(x, outer.mix, x, 1.0 - outer.mix, theta);
      }
    }
  }

  /// CO2 (Sun et al. 2024, algorithm 1): the progress of the round before moves the start of the next one. The first round is applied at
  /// once, so that the second has none and only the momentum goes on.
  void delayed_round() {
    const std::int64_t round = done / period_ - 1;  // that has just ended
    const TensorView d = arena.view(aggregate), theta = arena.view(common), previous = arena.view(*previous_);
    if (round == 0) {
      send(0);
      co2_momentum(d, 0.0);
    } else {
      const double moved = distance(theta, previous);
      if (round == 1) {
        backend.fill(d, 0.0);
      }
      co2_momentum(d, moved);
    }
    Tensor start(backend, theta.dtype, {size});
    backend.copy(start, theta);
    const TensorView m = outer_momentum_ ? arena.view(*outer_momentum_) : d;
    Tensor step(backend, theta.dtype, {size});
    backend.copy(step, m);
    if (round > 0) send(0);  // relative to this round's start; used at the end of the next
    backend.copy(previous, start);
    backend.axpby(theta, 1.0, start, -config.outer.learning_rate, step);
    for (std::size_t slot = 0; slot < slots(); ++slot) backend.copy(arena.view(own_, slot), theta);
  }

  double distance(TensorView a, TensorView b) const {
    Tensor difference(backend, a.dtype, {a.size()});
    backend.axpby(difference, 1.0, a, -1.0, b);
    return std::sqrt(backend.sum_of_squares(difference));
  }

  /// M <- clamp(beta M + D / Lambda); without momentum D itself. \p moved: |x_t - x_(t-1)|.
  void co2_momentum(TensorView d, double moved) {
    const OuterConfig& outer = config.outer;
    const bool gap = outer.penalty == "gap" || (outer.penalty == "auto" && outer.momentum >= 0.5 && period_ >= 24);
    const double lambda = gap ? 1.0 + moved / (std::sqrt(backend.sum_of_squares(d)) + 1e-30) : 1.0;
    backend.axpby(d, 1.0 / lambda, d, 0.0, {});
    TensorView m = d;
    if (outer_momentum_) {
      m = arena.view(*outer_momentum_);
      backend.axpby(m, outer.momentum, m, 1.0, d);
    }
    if (outer.clip > 0.0) {
      Tensor bound(backend, m.dtype, {1});
      backend.fill(bound, -outer.clip);
      const TensorView field = m.reshape({1, 1, size});
      for (int side = 0; side < 2; ++side) {  // from below, turned over, and from below again
        backend.clamp_below(field, field, bound);
        backend.axpby(m, -1.0, m, 0.0, {});
      }
    }
  }

  std::size_t own_;
  std::unique_ptr<Optimiser> optimiser_;
  std::int64_t period_, fragments_, delay_;
  bool controlled_, delayed_;
  std::vector<std::unique_ptr<VectorExchange>> exchanges_;  ///< by fragment
  std::vector<std::unique_ptr<Feedback>> feedback_;
  std::optional<std::size_t> outer_momentum_, own_control_, control_, control_momentum_, previous_;
  std::vector<int> participants_;  ///< of this round; empty: all
  double rates_ = 0.0;             ///< sum over the steps of this round: eta_l K where the rate is constant
};

Method::Method(const MethodConfig& config, Problem& problem, Transport& transport, Backend& backend, const MethodRun& run) {
  require(config.inner.learning_rate > 0.0, "inner.learning_rate is {} (above 0 is possible) change it", config.inner.learning_rate);
  const std::string& schedule = config.schedule.name;
  if (schedule == "every") {
    impl_ = std::make_unique<Synchronous>(config, problem, transport, backend, run);
    return;
  }
  require(schedule == "local" || schedule == "streaming" || schedule == "delayed_local",
          "schedule.name is '{}' (every, local, streaming and delayed_local are known) change it", schedule);
  impl_ = std::make_unique<Local>(config, problem, transport, backend, run);
}

Method::~Method() = default;
void Method::set_parameters(ConstTensorView x) { impl_->set_parameters(x); }
double Method::step(double learning_rate) {
  impl_->collected.clear();  // of a checkpoint that has been written
  return impl_->step(learning_rate);
}
double Method::step() { return step(impl_->config.inner.learning_rate); }
double Method::gradient_norm() const { return impl_->gradient_norm; }
ConstTensorView Method::parameters(std::size_t slot) const { return impl_->parameters(slot); }
ConstTensorView Method::common_parameters() const { return impl_->arena.view(impl_->common); }
std::int64_t Method::steps_done() const { return impl_->done; }
StateArena& Method::state() { return impl_->arena; }
const StateArena& Method::state() const { return impl_->arena; }

double Method::bytes_per_step() const {
  const Impl& s = *impl_;
  const double n = s.workers, others = n - 1.0;
  const auto message = static_cast<double>(s.compressor->bound(s.size) + Transport::k_frame_bytes);
  const auto chunk = static_cast<double>(s.compressor->bound((s.size + s.workers - 1) / s.workers) + Transport::k_frame_bytes);
  const std::string& pattern = s.config.exchange.pattern;
  const double once = pattern == "allgather" ? others * message : pattern == "server" ? message : 2.0 * others * chunk;
  return once / s.steps_per_exchange();
}

double Method::dense_bytes_per_step() const {
  return 2.0 * (impl_->workers - 1.0) / impl_->workers * 4.0 * static_cast<double>(impl_->size);
}

namespace {

std::string key(std::size_t number, const StateArena::Entry& entry) { return fmt::format("method.{}.{}", number, entry.name); }
std::string key(std::size_t number, const StateArena::Entry& entry, int worker) {
  return fmt::format("{}.{}", key(number, entry), worker);
}

}  // namespace

void Method::collect_state(Comm& comm) {
  Impl& s = *impl_;
  s.collected.clear();
  constexpr int k_tag = 77;
  const auto count_of = [&](int rank) { return static_cast<std::int64_t>(s.workers) * (rank + 1) / comm.size() - static_cast<std::int64_t>(s.workers) * rank / comm.size(); };
  for (std::size_t number = 0; number < s.arena.entries().size(); ++number) {
    const StateArena::Entry& entry = s.arena.entries()[number];
    if (entry.owner != Owner::worker || !entry.kept) continue;
    std::vector<double> buffer;
    for (std::size_t slot = 0; slot < s.slots(); ++slot) {
      std::vector<double> mine = entry.vectors[slot].to_doubles();
      if (comm.rank() == 0) {
        s.collected[key(number, entry, s.worker(slot))] = std::move(mine);
      } else {
        comm.send(std::as_bytes(std::span(mine)), 0, k_tag);
      }
    }
    if (comm.rank() != 0) continue;
    int worker = static_cast<int>(count_of(0));
    for (int rank = 1; rank < comm.size(); ++rank) {
      for (std::int64_t k = 0; k < count_of(rank); ++k, ++worker) {
        buffer.assign(static_cast<std::size_t>(entry.vectors[0].size()), 0.0);
        comm.receive(std::as_writable_bytes(std::span(buffer)), rank, k_tag);
        s.collected[key(number, entry, worker)] = buffer;
      }
    }
  }
}

void Method::add_state(CheckpointWriter& writer) const {
  const Impl& s = *impl_;
  const auto add = [&](const std::string& name, const std::vector<double>& values) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    if (s.run.dtype == DType::f64) return writer.add(name, shape, std::span<const double>(values));
    const std::vector<float> floats(values.begin(), values.end());
    writer.add(name, shape, std::span<const float>(floats));
  };
  for (std::size_t number = 0; number < s.arena.entries().size(); ++number) {
    const StateArena::Entry& entry = s.arena.entries()[number];
    if (entry.kept && entry.owner == Owner::replicated) add(key(number, entry), entry.vectors[0].to_doubles());
  }
  for (const auto& [name, values] : s.collected) add(name, values);
  Json numbers;
  s.add_numbers(numbers);
  writer.set_section("myriad.method", numbers);
}

void Method::restore_state(const Checkpoint& checkpoint) {
  Impl& s = *impl_;
  for (std::size_t number = 0; number < s.arena.entries().size(); ++number) {
    StateArena::Entry& entry = s.arena.entries()[number];
    if (!entry.kept) continue;
    for (std::size_t slot = 0; slot < entry.vectors.size(); ++slot) {
      Tensor& vector = entry.vectors[slot];
      vector.assign(checkpoint.doubles(entry.owner == Owner::worker ? key(number, entry, s.worker(slot)) : key(number, entry), {vector.size()}));
    }
  }
  s.restore_numbers(checkpoint.section("myriad.method"));
}

}  // namespace myriad::train
