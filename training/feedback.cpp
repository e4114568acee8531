#include "training/feedback.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace myriad::train {

namespace {

class NoFeedback final : public Feedback {
 public:
  explicit NoFeedback(StateArena& arena) : backend_(arena.backend()) {}
  void target(std::size_t, TensorView signal, TensorView message) override { backend_.copy(message, signal); }
  void absorb(std::size_t, TensorView, TensorView, const Encoded*) override {}

 private:
  Backend& backend_;
};

/// p = s + e; e <- p - C(p), in units of the signal, so that a falling step does not replay old residuals (Seide et al. 2014).
class Ef14 final : public Feedback {
 public:
  Ef14(StateArena& arena, std::int64_t size) : arena_(arena), error_(arena.add("error", Owner::worker, size)) {}
  void target(std::size_t slot, TensorView signal, TensorView message) override {
    arena_.backend().axpby(message, 1.0, signal, 1.0, arena_.view(error_, slot));
  }
  void absorb(std::size_t slot, TensorView target, TensorView sent, const Encoded*) override {
    arena_.backend().axpby(arena_.view(error_, slot), 1.0, target, -1.0, sent);
  }

 private:
  StateArena& arena_;
  std::size_t error_;
};

/// p_i = s_i / (n w_i) - g_i; g_i += C(p_i); g += sum w_i C(p_i) (Richtarik et al. 2021, algorithm 2; 2024, algorithm 2 for the weights).
class Ef21 final : public Feedback {
 public:
  Ef21(StateArena& arena, std::int64_t size, bool dense, std::vector<double> weights)
      : arena_(arena), own_(arena.add("gradient_estimate", Owner::worker, size)),
        mean_(arena.add("mean_gradient_estimate", Owner::replicated, size)), dense_(dense), weights_(std::move(weights)) {}
  void target(std::size_t slot, TensorView signal, TensorView message) override {
    double factor = 1.0;
    if (!weights_.empty()) {
      factor = 1.0 / (static_cast<double>(weights_.size()) * weights_[static_cast<std::size_t>(arena_.workers()[slot])]);
    }
    arena_.backend().axpby(message, factor, signal, -1.0, arena_.view(own_, slot));
  }
  void absorb(std::size_t slot, TensorView, TensorView sent, const Encoded*) override {
    const TensorView own = arena_.view(own_, slot);
    arena_.backend().axpby(own, 1.0, own, 1.0, sent);
  }
  void integrate(TensorView aggregate) override {
    const TensorView mean = arena_.view(mean_);
    arena_.backend().axpby(mean, 1.0, mean, 1.0, aggregate);
    arena_.backend().copy(aggregate, mean);
  }
  bool dense_start() const override { return dense_; }
  std::vector<double> weights() const override { return weights_; }

 private:
  StateArena& arena_;
  std::size_t own_, mean_;
  bool dense_;
  std::vector<double> weights_;
};

/// D_i = C(eta e_i + s_i - h_i); e_i += s_i - h_i - D_i; h_i += D_i; the step takes h + mean D (Gao et al. 2024, algorithm 1).
class EControl final : public Feedback {
 public:
  EControl(StateArena& arena, std::int64_t size, bool dense, double eta)
      : arena_(arena), error_(arena.add("error", Owner::worker, size)), own_(arena.add("gradient_estimate", Owner::worker, size)),
        difference_(arena.add("difference", Owner::worker, size, false)),
        mean_(arena.add("mean_gradient_estimate", Owner::replicated, size)), dense_(dense), eta_(eta) {}
  void target(std::size_t slot, TensorView signal, TensorView message) override {
    Backend& b = arena_.backend();
    const TensorView difference = arena_.view(difference_, slot);
    b.axpby(difference, 1.0, signal, -1.0, arena_.view(own_, slot));
    b.axpby(message, eta_, arena_.view(error_, slot), 1.0, difference);
  }
  void absorb(std::size_t slot, TensorView, TensorView sent, const Encoded*) override {
    Backend& b = arena_.backend();
    const TensorView error = arena_.view(error_, slot), own = arena_.view(own_, slot);
    b.axpby(error, 1.0, error, 1.0, arena_.view(difference_, slot));
    b.axpby(error, 1.0, error, -1.0, sent);
    b.axpby(own, 1.0, own, 1.0, sent);
  }
  void integrate(TensorView aggregate) override {
    const TensorView mean = arena_.view(mean_);
    arena_.backend().axpby(mean, 1.0, mean, 1.0, aggregate);
    arena_.backend().copy(aggregate, mean);
  }
  bool dense_start() const override { return dense_; }

 private:
  StateArena& arena_;
  std::size_t error_, own_, difference_, mean_;
  bool dense_;
  double eta_;
};

/// Momentum correction, accumulation and masking: u <- m u + g; v <- v + u; what of v was sent leaves v, and u at those places
/// (Lin et al. 2018, algorithm 4 and section 3.2).
class Dgc final : public Feedback {
 public:
  Dgc(StateArena& arena, std::int64_t size, const FeedbackConfig& config, int workers, const Compressor& compressor)
      : arena_(arena), momentum_(arena.add("momentum", Owner::worker, size)), velocity_(arena.add("velocity", Owner::worker, size)),
        config_(config), workers_(workers), compressor_(compressor) {}
  void target(std::size_t slot, TensorView signal, TensorView message) override {
    Backend& b = arena_.backend();
    const TensorView u = arena_.view(momentum_, slot), v = arena_.view(velocity_, slot);
    double scale = 1.0;
    if (config_.clip > 0.0) {  // so that the sum of the workers is clipped as one gradient would be (section 3.3)
      const double limit = config_.clip / std::sqrt(static_cast<double>(workers_)), norm = std::sqrt(b.sum_of_squares(signal));
      if (norm > limit) scale = limit / norm;
    }
    b.axpby(u, config_.momentum, u, config_.nesterov ? config_.momentum * scale : scale, signal);
    b.axpby(v, 1.0, v, 1.0, u);
    if (config_.nesterov) b.axpby(v, 1.0, v, scale, signal);
    b.copy(message, v);
  }
  void absorb(std::size_t slot, TensorView, TensorView sent, const Encoded* encoded) override {
    const TensorView velocity = arena_.view(velocity_, slot);
    arena_.backend().axpby(velocity, 1.0, velocity, -1.0, sent);
    if (config_.mask && encoded != nullptr) compressor_.clear(arena_.view(momentum_, slot), *encoded);
  }

 private:
  StateArena& arena_;
  std::size_t momentum_, velocity_;
  FeedbackConfig config_;
  int workers_;
  const Compressor& compressor_;
};

}  // namespace

std::unique_ptr<Feedback> make_feedback(const FeedbackConfig& c, StateArena& arena, std::int64_t size, int workers,
                                        const Compressor& compressor) {
  const double delta = compressor.alpha(size);
  const bool dense = c.init == "dense";
  MYRIAD_VALIDATE(dense || c.init == "compressed", ErrorKind::config_invalid, "E2428",
                  "feedback.init is '{}' (dense and compressed are known) change it", c.init);
  const auto check_range = [&](const char* key, double value, double low, double high) {
    MYRIAD_VALIDATE(value >= low && value <= high, ErrorKind::config_invalid, "E2428",
                    "feedback.{} of {} is {} ({} to {} is possible) change it", key, c.name, value, low, high);
  };
  std::vector<double> weights;
  if (!c.smoothness.empty()) {
    MYRIAD_VALIDATE(c.name == "ef21" && static_cast<int>(c.smoothness.size()) == workers &&
                        *std::min_element(c.smoothness.begin(), c.smoothness.end()) > 0.0,
                    ErrorKind::config_invalid, "E2428",
                    "feedback.smoothness has {} constants with {} and {} workers (EF21-W needs a positive one for each worker) correct the list",
                    c.smoothness.size(), c.name, workers);
    const double sum = std::accumulate(c.smoothness.begin(), c.smoothness.end(), 0.0);
    for (double l : c.smoothness) weights.push_back(l / sum);
  }
  if (c.name == "none") return std::make_unique<NoFeedback>(arena);
  if (c.name == "ef14") return std::make_unique<Ef14>(arena, size);
  if (c.name == "ef21") return std::make_unique<Ef21>(arena, size, dense, weights);
  if (c.name == "econtrol") {
    MYRIAD_VALIDATE(delta > 0.0, ErrorKind::config_invalid, "E2428",
                    "feedback econtrol with compressor {} (no contraction is known of it, and eta is counted in its alpha) take another one",
                    compressor.name());
    const double eta = c.eta < 0.0 ? delta : c.eta;
    check_range("eta", eta, 0.0, 2.0 * delta);
    return std::make_unique<EControl>(arena, size, dense, eta);
  }
  MYRIAD_VALIDATE(c.name == "dgc", ErrorKind::config_invalid, "E2428",
                  "feedback.name is '{}' (none, ef14, ef21, econtrol and dgc are known) change it", c.name);
  check_range("momentum", c.momentum, 0.0, 0.99);
  check_range("clip", c.clip, 0.0, HUGE_VAL);
  return std::make_unique<Dgc>(arena, size, c, workers, compressor);
}

}  // namespace myriad::train
