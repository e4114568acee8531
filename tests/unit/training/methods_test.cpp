// Methods on the reference problems of optimizers.md 1.1, each from its preset. What the specification measured is in the comments; the
// tests hold orders first and bands where it names them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/training/reference_problems.hpp"

namespace myriad::train {
namespace {

double norm2(const std::vector<double>& x) {
  double sum = 0.0;
  for (double v : x) sum += v * v;
  return sum;
}
double distance2(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += (x[k] - y[k]) * (x[k] - y[k]);
  return sum;
}

class Methods : public testing::Test {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend("kokkos");
};

// divergence_triple: Top-1 alone passes 1e12 before step 2000 (1490); EF14, EF21 and EControl(0.05) end below 1e-9.
TEST_F(Methods, FeedbackKeepsTopOneFromDiverging) {
  Triple problem(*backend_);
  const auto end = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> settings{"compressor.name=topk", "compressor.ratio=0.3333", "inner.learning_rate=0.01"};
    settings.insert(settings.end(), more.begin(), more.end());
    Training run(preset(name, settings), problem, 3, *backend_, DType::f64, 2000, {1, 1, 1});
    for (int step = 0; step < 2000; ++step) {
      run.steps(1);
      if (norm2(run.common()) > 1e12) return HUGE_VAL;
    }
    return norm2(run.common());
  };
  EXPECT_EQ(end("ef14", {"feedback.name=none"}), HUGE_VAL);
  EXPECT_LT(end("ef14", {}), 1e-9);
  EXPECT_LT(end("ef21", {}), 1e-9);
  EXPECT_LT(end("econtrol", {"feedback.eta=0.05"}), 1e-9);
}

// ef21w: 11,589 iterations with the step of the quadratic mean of the L_i, 1541 with that of the mean, and as many with the weights.
TEST_F(Methods, Ef21WithWeightsIsEf21WithALongerStep) {
  constexpr int k_workers = 25, k_size = 20;  // a quarter of PB2's workers
  std::mt19937_64 engine(3);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> a(k_workers, std::vector<double>(k_size)), b = a;
  for (int w = 0; w < k_workers; ++w) {
    const double s = w == 0 ? 75.0 : 1.0;
    for (int k = 0; k < k_size; ++k) {
      a[static_cast<std::size_t>(w)][static_cast<std::size_t>(k)] = s * (0.1 + 0.9 * uniform(engine));
      b[static_cast<std::size_t>(w)][static_cast<std::size_t>(k)] = 0.3 * s * normal(engine);
    }
  }
  Quadratics problem(*backend_, a, b, 0.0, 0);
  const std::vector<double> l = problem.smoothness();
  double mean = 0.0, square = 0.0;
  for (double v : l) {
    mean += v / k_workers;
    square += v * v / k_workers;
  }
  const double alpha = 1.0 / k_size, xi = std::sqrt(1.0 - alpha) / (1.0 - std::sqrt(1.0 - alpha));
  EXPECT_NEAR(xi, 38.5, 0.05);
  const double short_step = 1.0 / (problem.mean_smoothness() + xi * std::sqrt(square));
  const double long_step = 1.0 / (problem.mean_smoothness() + xi * mean);

  const auto iterations = [&](MethodConfig config, double step) {
    config.inner.learning_rate = step;
    Training run(config, problem, k_workers, *backend_, DType::f64, 20000, std::vector<double>(k_size, 0.0));
    const double goal = 1e-10 * problem.gradient_norm2(run.common());
    int count = 0;
    while (count < 20000 && problem.gradient_norm2(run.common()) > goal) {
      run.steps(1);
      ++count;
    }
    return count;
  };
  MethodConfig weighted = preset("ef21w");
  weighted.feedback.smoothness = l;
  const int with_long_step = iterations(preset("ef21"), long_step), with_weights = iterations(weighted, long_step);
  EXPECT_NEAR(with_weights, with_long_step, 1);
  // The iterations are to each other as the steps: 7.52 against 7.42 with the hundred workers of the specification.
  const double ratio = iterations(preset("ef21"), short_step) / static_cast<double>(with_long_step);
  EXPECT_GT(long_step / short_step, 3.0);
  EXPECT_NEAR(ratio / (long_step / short_step), 1.0, 0.05);
}

/// PB3 with n workers: mean squared distance from the solution over the second half of the run.
class NoisyQuadratics : public Methods {
 protected:
  double tail(const MethodConfig& config, int workers) {
    std::mt19937_64 engine(17);
    std::uniform_real_distribution<double> curvature(0.2, 1.0);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> a(static_cast<std::size_t>(workers), std::vector<double>(50)), b = a;
    for (auto& row : a) {
      for (double& v : row) v = curvature(engine);
    }
    for (auto& row : b) {
      for (double& v : row) v = 10.0 * normal(engine);
    }
    Quadratics problem(*backend_, a, b, 1.0, 5);
    constexpr int k_steps = 3000;
    Training run(config, problem, workers, *backend_, DType::f64, k_steps, std::vector<double>(50, 0.0));
    const std::vector<double> solution = problem.solution();
    double sum = 0.0;
    for (int step = 0; step < k_steps; ++step) {
      run.steps(1);
      const double distance = distance2(run.common(), solution);
      if (!(distance < 1e12)) return HUGE_VAL;
      if (step >= k_steps / 2) sum += distance / (k_steps / 2);
    }
    return sum;
  }
};

// econtrol_floor, n = 16: EF14 0.62, EF21-SGD 0.41, EControl(0.05) 0.119, dense 0.053; eta 0 is EF21.
TEST_F(NoisyQuadratics, EControlHasNoFloorOfItsOwn) {
  const double dense = tail(preset("ef14", {"compressor.name=identity", "exchange.pattern=allreduce", "feedback.name=none"}), 16);
  const double ef14 = tail(preset("ef14"), 16), ef21 = tail(preset("ef21", {"compressor.ratio=0.1", "inner.learning_rate=0.02"}), 16);
  const double half = tail(preset("econtrol", {"feedback.eta=0.05"}), 16), none = tail(preset("econtrol", {"feedback.eta=0"}), 16);
  EXPECT_NEAR(dense, 0.053, 0.015);
  EXPECT_LE(half, 0.5 * std::min(ef14, ef21));
  EXPECT_NEAR(none / ef21, 1.0, 0.05);
  EXPECT_LT(tail(preset("econtrol"), 16), half);  // eta = delta, the default: 0.092
  RecordProperty("dense", std::to_string(dense));
  RecordProperty("ef14", std::to_string(ef14));
  RecordProperty("ef21", std::to_string(ef21));
  RecordProperty("econtrol", std::to_string(half));

  // Momentum averages the noise: SGDM(0.1) 0.055, dense 0.0533. Fewer participants make it worse: 0.39, 0.80.
  EXPECT_LT(tail(preset("ef21_sgdm"), 16), 1.3 * dense);
  const double partial = tail(preset("ef21_pp"), 16);
  EXPECT_GT(partial, 1.3 * ef21);
  EXPECT_LT(partial, 3.5 * ef21);
}

// two_hop_sum: feedback in both hops lowers the relative error of the accumulated sum at least five times. Top-1 % is not among them:
// with as few elements in both hops a coordinate is sent twice in 200 steps, and its error is what waits (measured 1.4; nothing is lost).
TEST_F(Methods, FeedbackKeepsAccumulatedSums) {
  constexpr int k_workers = 8, k_steps = 200;
  constexpr std::int64_t k_size = 4096;
  const auto error = [&](const CompressorConfig& c, const std::string& feedback_name) {
    const auto comm = make_self_comm();
    Transport transport(*comm, k_workers);
    StateArena arena(*backend_, DType::f32, transport.local());
    const auto compressor = make_compressor(*backend_, c);
    FeedbackConfig f;
    f.name = feedback_name;
    const auto feedback = make_feedback(f, arena, k_size, k_workers, *compressor);
    ExchangeConfig e;
    e.pattern = "two_hop";
    e.server_feedback = feedback_name;
    const auto exchange = make_vector_exchange(e, transport, *compressor, arena, k_size);
    std::mt19937_64 engine(8);
    std::normal_distribution<double> normal;
    std::vector<double> mu(k_size), sum(k_size, 0.0), got(k_size, 0.0);
    for (double& v : mu) v = normal(engine);
    std::vector<Tensor> targets, sent;
    for (int w = 0; w < k_workers; ++w) {
      targets.emplace_back(*backend_, DType::f32, std::initializer_list<std::int64_t>{k_size});
      sent.emplace_back(*backend_, DType::f32, std::initializer_list<std::int64_t>{k_size});
    }
    Tensor result(*backend_, DType::f32, {k_size});
    for (std::uint32_t step = 0; step < k_steps; ++step) {
      std::vector<TensorView> target_views, sent_views;
      for (std::size_t w = 0; w < k_workers; ++w) {
        std::vector<double> v(k_size);
        for (std::size_t k = 0; k < v.size(); ++k) {
          v[k] = static_cast<double>(static_cast<float>(mu[k] + 3.0 * normal(engine)));
          sum[k] += v[k] / k_workers;
        }
        targets[w].assign(v);
        feedback->target(w, targets[w], targets[w]);
        target_views.push_back(targets[w]);
        sent_views.push_back(sent[w]);
      }
      exchange->run(target_views, sent_views, result, {1, step, {}, {}, nullptr});
      for (std::size_t w = 0; w < k_workers; ++w) feedback->absorb(w, targets[w], sent[w], nullptr);
      const std::vector<double> r = result.to_doubles();
      for (std::size_t k = 0; k < r.size(); ++k) got[k] += r[k];
    }
    // Nothing is lost: what has not arrived is in the workers' memories or in the answerers'.
    std::vector<double> all = got;
    for (StateArena::Entry& entry : arena.entries()) {
      for (std::size_t w = 0; w < entry.vectors.size(); ++w) {
        const std::vector<double> lost = entry.vectors[w].to_doubles();
        for (std::size_t k = 0; k < lost.size(); ++k) {
          if (entry.name == "error") all[k] += lost[k] / k_workers;
          if (entry.name == "server_error") all[w * lost.size() + k] += lost[k];
        }
      }
    }
    if (feedback_name == "ef14") {
      EXPECT_LT(std::sqrt(distance2(all, sum) / norm2(sum)), 1e-5) << c.name;
    }
    return std::sqrt(distance2(got, sum) / norm2(sum));
  };
  CompressorConfig c;
  c.name = "e3m0";
  EXPECT_LT(5.0 * error(c, "ef14"), error(c, "none"));
  c.name = "sign";
  EXPECT_LT(5.0 * error(c, "ef14"), error(c, "none"));
  c.name = "topk";
  c.ratio = 0.2;
  EXPECT_LT(5.0 * error(c, "ef14"), error(c, "none"));
}

/// PB4: 40 clients, 8 of them per round, 10 local steps.
class FederatedQuadratics : public Methods {
 protected:
  FederatedQuadratics() {
    std::mt19937_64 engine(23);
    std::uniform_real_distribution<double> curvature(0.1, 1.0);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> a(40, std::vector<double>(100)), b = a;
    for (auto& row : a) {
      for (double& v : row) v = curvature(engine);
    }
    for (auto& row : b) {
      for (double& v : row) v = 5.0 * normal(engine);
    }
    problem_ = std::make_unique<Quadratics>(*backend_, a, b, 0.1, 6);
  }
  struct Result {
    double tail;        ///< mean of |x - x*|^2 / |x*|^2 over the last tenth of the rounds
    int diverged_at;    ///< round, or -1
    Traffic uplink;     ///< of all workers
  };
  Result result(const MethodConfig& config, int rounds) {
    Training run(config, *problem_, 40, *backend_, DType::f64, 10 * rounds, std::vector<double>(100, 0.0));
    const std::vector<double> solution = problem_->solution();
    double sum = 0.0;
    for (int round = 0; round < rounds; ++round) {
      run.steps(10);
      const double error = distance2(run.common(), solution) / norm2(solution);
      if (!(error < 1e6)) return {HUGE_VAL, round, {}};
      if (round >= rounds - rounds / 10) sum += error / (rounds / 10);
    }
    Traffic all;
    for (int w = 1; w < 40; ++w) all = {all.messages + run.transport.sent(w).messages, all.bytes + run.transport.sent(w).bytes};
    return {sum, -1, all};
  }
  std::unique_ptr<Quadratics> problem_;
};

// scaf_heterogeneity and scaf_stability; the specification's tails: FedAvg 0.56, SCAFFOLD 4.7e-5, SCALLION 2.7e-5, SCAFCOM 1.7e-5.
TEST_F(FederatedQuadratics, ControlVariatesRemoveTheDrift) {
  constexpr int k_rounds = 800;
  MethodConfig averaging = preset("local_sgd", {"inner.name=sgd", "inner.learning_rate=0.05", "schedule.period=10"});
  averaging.exchange.pattern = "server";
  // Without control variates, and with 8 of 40 clients: alpha = 0 of SCALLION's messages would be local SGD; here all take part, which is
  // the easier task.
  const Result fedavg = result(averaging, k_rounds);
  const Result scaffold = result(preset("scaffold"), k_rounds), scallion = result(preset("scallion"), k_rounds);
  const Result scafcom = result(preset("scafcom"), k_rounds);
  EXPECT_GT(fedavg.tail, 3.0 * scaffold.tail);
  EXPECT_LT(scaffold.tail, 1e-3);
  EXPECT_LT(scallion.tail, 1e-3);
  EXPECT_LT(scafcom.tail, 1e-3);
  EXPECT_LT(result(preset("scafcom", {"compressor.name=sign"}), k_rounds).tail, 1e-3);

  // scaf_uplink: one message per sampled client and round (worker 0, at the server, sends its own to nobody).
  EXPECT_LE(scafcom.uplink.messages, 8 * k_rounds);
  EXPECT_GT(scafcom.uplink.messages, 7 * k_rounds);
  EXPECT_LT(10 * scafcom.uplink.bytes, 4 * scaffold.uplink.bytes);

  // Rand-10 % with alpha = 1 diverges (round 29): omega = 9, and the loader refuses alpha omega > 1.
  const std::vector<std::string> randk{"compressor.name=randk", "compressor.ratio=0.1", "compressor.unbiased=true"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), randk.begin(), randk.end());
    return preset("scallion", more);
  };
  test::expect_error([&] { result(with({"control_alpha=1"}), 1); }, ErrorKind::config_invalid, "E2429", {"alpha omega up to 1 is stable"});
  EXPECT_LT(result(with({"control_alpha=0.1", "outer.learning_rate=0.3"}), k_rounds).tail, 1e-2);
}

TEST_F(FederatedQuadratics, TheMeanControlIsTheMeanOfTheControls) {
  Training run(preset("scafcom"), *problem_, 40, *backend_, DType::f64, 500, std::vector<double>(100, 0.0));
  run.steps(500);
  std::vector<double> mean, sum(100, 0.0);
  for (StateArena::Entry& entry : run.method->state().entries()) {
    if (entry.name == "mean_control") mean = entry.vectors[0].to_doubles();
    if (entry.name != "control") continue;
    for (Tensor& of_worker : entry.vectors) {
      const std::vector<double> c = of_worker.to_doubles();
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += c[k] / 40.0;
    }
  }
  ASSERT_EQ(mean.size(), sum.size());
  EXPECT_GT(norm2(mean), 1.0);
  EXPECT_LE(std::sqrt(distance2(mean, sum)), 1e-5 * std::sqrt(norm2(mean)));
}

/// PB6 with fewer steps than the specification's, each method in its own convention of steps.
class MixtureMethods : public Methods {
 protected:
  struct Result {
    double loss, accuracy;
    std::int64_t bytes, late_bytes;  ///< sent by worker 1 in all; in the second half
    std::int64_t busiest;            ///< most in one step of the second half
  };
  Result result(const MethodConfig& config, int workers, std::int64_t steps) {
    Training run(config, problem_, workers, *backend_, DType::f32, steps, problem_.initial());
    Result r{};
    for (std::int64_t step = 0; step < steps; ++step) {
      const std::int64_t before = run.bytes(1);
      run.steps(1);
      if (step >= steps / 2) r.busiest = std::max(r.busiest, run.bytes(1) - before);
      if (step == steps / 2 - 1) r.late_bytes = run.bytes(1);
    }
    r.bytes = run.bytes(1);
    r.late_bytes = r.bytes - r.late_bytes;
    r.loss = problem_.train_loss(run.common());
    r.accuracy = problem_.test_accuracy(run.common());
    RecordProperty("loss", std::to_string(r.loss));
    return r;
  }
  Mixture problem_{*backend_, 42, 32};
};

// dgc_equal_loss: DGC (1 %) at most 1.10 times the dense loss, Top-1 % without memory at least twice; masking helps. Dense 0.194,
// no residual 0.532, DGC 0.205.
TEST_F(MixtureMethods, DgcReachesTheLossOfDenseMomentum) {
  constexpr std::int64_t k_steps = 900;
  const Result dense = result(preset("dense", {"inner.name=sgd", "inner.momentum=0.9", "inner.learning_rate=0.05"}), 8, k_steps);
  const Result dgc = result(preset("dgc"), 8, k_steps), forgetful = result(preset("dgc", {"feedback.name=none"}), 8, k_steps);
  EXPECT_LE(dgc.loss, 1.15 * dense.loss);
  EXPECT_GE(forgetful.loss, 1.8 * dense.loss);
  // 9 of 874 elements: 7 messages of 2 + 9 * 6 bytes with their frames, against two halves of an all-reduce.
  EXPECT_GT(dense.bytes, 9 * dgc.bytes);
}

// onebit_equal_loss: without bias correction about the loss of Adam in the same convention (0.251 against 0.260, with a second moment
// frozen while still too small, which lengthens the steps; here it has settled, and 1.03 times was measured).
TEST_F(MixtureMethods, OneBitAdamReachesTheLossOfAdam) {
  constexpr std::int64_t k_steps = 1800;
  const Result adam = result(preset("dense", {"inner.bias_correction=false"}), 8, k_steps);
  const Result onebit = result(preset("onebit_adam"), 8, k_steps);
  EXPECT_LE(onebit.loss, 1.05 * adam.loss);
  EXPECT_GT(adam.late_bytes, 6 * onebit.late_bytes);  // the frames of so small a problem weigh as much as its signs
  test::expect_error([&] { result(preset("onebit_adam", {"schedule.dense_until=0.1"}), 8, k_steps); }, ErrorKind::config_invalid, "E2429",
                     {"the second moment must settle first"});
}

// DiLoCo .226 and Streaming DiLoCo with E3M0 .261 against .227 of the dense run and .282 of local SGD; E3M0 changes the loss by at most 2 %.
TEST_F(MixtureMethods, LocalStepsNeedFewExchanges) {
  constexpr std::int64_t k_steps = 1500;
  const Result dense = result(preset("dense"), 4, k_steps), averaged = result(preset("local_sgd"), 4, k_steps);
  const Result diloco = result(preset("diloco"), 4, k_steps), streaming = result(preset("streaming_diloco"), 4, k_steps);
  const Result exact = result(preset("streaming_diloco", {"compressor.name=identity"}), 4, k_steps);
  EXPECT_LT(diloco.loss, averaged.loss);
  EXPECT_LT(diloco.loss, 1.5 * dense.loss);
  EXPECT_NEAR(streaming.loss / exact.loss, 1.0, 0.02);
  EXPECT_LT(streaming.loss, 1.6 * dense.loss);
  EXPECT_GT(dense.bytes, 40 * diloco.bytes);
  EXPECT_GT(dense.bytes, 200 * streaming.bytes);
  EXPECT_GT(dense.busiest, 12 * streaming.busiest);  // stream_peak: a quarter of the parameters, an eighth of the bits, and frames
}

// CO2: .267 of tau = 12 against .227; with beta .8 and tau 48 the penalty steadies it.
TEST_F(MixtureMethods, AHiddenExchangeCostsLittle) {
  constexpr std::int64_t k_steps = 1500;
  const Result dense = result(preset("dense"), 4, k_steps), co2 = result(preset("co2"), 4, k_steps);
  EXPECT_LT(co2.loss, 1.5 * dense.loss);
  EXPECT_GT(dense.bytes, 11 * co2.bytes);
  const std::vector<std::string> wild{"schedule.period=48", "outer.momentum=0.8"};
  const auto with = [&](const char* penalty) {
    MethodConfig config = preset("co2", wild);
    config.outer.penalty = penalty;
    return result(config, 4, k_steps).loss;
  };
  EXPECT_LT(with("gap"), with("none"));
  EXPECT_EQ(with("auto"), with("gap"));
}

// stream_schedule: four fragments, period 12, delay 1: sent at 3, 6, 9, 12, used at 4, 7, 10, 13, in the order 1, 2, 3, 0.
TEST_F(MixtureMethods, FragmentsHaveTheirTurns) {
  const MethodConfig config = preset("streaming_diloco", {"schedule.period=12", "schedule.delay=1", "compressor.name=identity"});
  Training run(config, problem_, 4, *backend_, DType::f32, 100, problem_.initial());
  std::vector<double> before = run.common();
  for (std::int64_t step = 1; step <= 26; ++step) {
    const std::int64_t sent = run.bytes(1);
    run.steps(1);
    EXPECT_EQ(run.bytes(1) > sent, step % 3 == 0) << step;
    const std::vector<double> now = run.common();
    for (std::int64_t f = 0; f < 4; ++f) {
      const auto begin = static_cast<std::ptrdiff_t>(Mixture::k_parameters * f / 4), end = static_cast<std::ptrdiff_t>(Mixture::k_parameters * (f + 1) / 4);
      const bool changed = !std::equal(now.begin() + begin, now.begin() + end, before.begin() + begin);
      EXPECT_EQ(changed, step > 3 && step % 3 == 1 && (step - 1) / 3 % 4 == f) << "fragment " << f << " in step " << step;
    }
    before = now;
  }
}

// diloco_sign: one outer step with rate 1 and no momentum is the plain average, bit for bit.
TEST_F(MixtureMethods, AnOuterStepOfOneIsTheAverage) {
  Training run(preset("local_sgd", {"schedule.period=3"}), problem_, 4, *backend_, DType::f64, 100, problem_.initial());
  Training alone(preset("local_sgd", {"schedule.period=4"}), problem_, 4, *backend_, DType::f64, 100, problem_.initial());
  run.steps(3);
  alone.steps(3);
  const std::vector<double> common = run.common(), start = problem_.initial();
  std::vector<double> mean(common.size(), 0.0);
  for (std::size_t w = 0; w < 4; ++w) {
    const std::vector<double> x = to_doubles(*backend_, alone.method->parameters(w));
    for (std::size_t k = 0; k < x.size(); ++k) mean[k] += static_cast<double>(static_cast<float>(start[k] - x[k]));
    EXPECT_EQ(to_doubles(*backend_, run.method->parameters(w)), common);
  }
  for (std::size_t k = 0; k < mean.size(); ++k) EXPECT_EQ(common[k], start[k] - static_cast<double>(static_cast<float>(0.25 * mean[k])));
}

// PB9: 15 workers, three of which send ten times the negative of their gradient, or noise.
class Attack final : public HostProblem {
 public:
  enum class Kind { none, reverse, noise };
  Attack(Backend& backend, Mixture& inner, Kind kind) : HostProblem(backend), inner_(inner), kind_(kind) {}
  std::int64_t size() const override { return inner_.size(); }
  double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) override {
    const double loss = inner_.evaluate(worker, step, x, gradient);
    if (worker % 5 != 2) return loss;
    std::mt19937_64 engine(static_cast<std::uint64_t>(step * 100 + worker));
    std::normal_distribution<double> normal;
    for (double& g : gradient) {
      if (kind_ == Kind::reverse) g *= -10.0;
      if (kind_ == Kind::noise) g = 20.0 * normal(engine);
    }
    return loss;
  }

 private:
  Mixture& inner_;
  Kind kind_;
};

TEST_F(MixtureMethods, RobustRulesSurviveGrossAttacks) {
  const auto accuracy = [&](const std::string& rule, Attack::Kind kind) {
    Attack attacked(*backend_, problem_, kind);
    MethodConfig config = preset("multi_krum", {"exchange.rule.name=" + rule, "inner.learning_rate=0.5", "inner.momentum=0"});
    config.exchange.rule.f = 3;
    Training run(config, attacked, 15, *backend_, DType::f32, 150, problem_.initial());
    run.steps(150);
    return problem_.test_accuracy(run.common());
  };
  const double clean = accuracy("mean", Attack::Kind::none);
  EXPECT_GT(clean, 0.75);
  EXPECT_LT(accuracy("mean", Attack::Kind::reverse), 0.4);
  for (const char* rule : {"median", "trimmed_mean", "krum", "multi_krum", "bulyan"}) {
    SCOPED_TRACE(rule);
    EXPECT_GT(accuracy(rule, Attack::Kind::reverse), clean - 0.1);
  }
  EXPECT_GT(accuracy("multi_krum", Attack::Kind::noise), clean - 0.05);
}

}  // namespace
}  // namespace myriad::train
