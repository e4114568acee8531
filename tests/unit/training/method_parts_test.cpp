// What methods refuse, how rules treat vectors that are none, and methods on the device.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/training/reference_problems.hpp"

namespace myriad::train {
namespace {

/// Builds the method of a preset for four workers.
void build(const std::string& name, const std::vector<std::string>& settings, int workers = 4) {
  const auto backend = make_backend("kokkos");
  Mixture problem(*backend, 1, 4, 100, 10);
  Training(preset(name, settings), problem, workers, *backend, DType::f32, 1000, problem.initial());
}

TEST(MethodParts, WhatDoesNotGoTogetherIsRefused) {
  const auto refused = [](const std::string& id, const std::string& text, const std::string& name, const std::vector<std::string>& settings) {
    SCOPED_TRACE(name + ": " + text);
    test::expect_error([&] { build(name, settings); }, ErrorKind::config_invalid, id, {text});
  };
  refused("E2422", "compressor.block of sign is 12", "onebit_adam", {"compressor.block=12"});
  refused("E2424", "compressor topk with exchange.pattern allreduce", "ef14", {"exchange.pattern=allreduce"});
  refused("E2424", "exchange.rule median with pattern allgather", "ef14", {"exchange.rule.name=median"});
  refused("E2424", "server_feedback with pattern allgather", "ef14", {"exchange.server_feedback=ef14"});
  refused("E2424", "exchange.downlink with pattern two_hop", "qsgd", {"exchange.downlink=compressed"});
  refused("E2424", "server_feedback with a dense answer", "ef21_pp", {"exchange.server_feedback=ef14"});
  refused("E2425", "krum with f = 1 and 4 workers (it needs 2 f + 3)", "multi_krum", {});
  refused("E2425", "bulyan with f = 1 and 4 workers (it needs 4 f + 3)", "multi_krum", {"exchange.rule.name=bulyan"});
  refused("E2428", "feedback.eta of econtrol is 0.5", "econtrol", {"feedback.eta=0.5"});
  refused("E2428", "no contraction is known", "econtrol", {"compressor.name=topk_sampled"});
  refused("E2428", "2 constants with ef21 and 4 workers", "ef21w", {"feedback.smoothness=[1, 2]"});
  refused("E2429", "feedback dgc with mask and exchange.pattern two_hop", "dgc", {"exchange.pattern=two_hop"});
  refused("E2429", "feedback.smoothness with exchange.rule mean and participation 0.5", "ef21_pp", {"feedback.smoothness=[1, 2, 3, 4]"});
  refused("E2429", "schedule.participation 0.5 with feedback ef14", "ef14", {"schedule.participation=0.5"});
  refused("E2429", "inner.momentum is 0.5 with feedback dgc", "dgc", {"inner.momentum=0.5"});
  refused("E2429", "schedule.sparsity_warmup with compressor qsgd", "qsgd", {"schedule.sparsity_warmup=5"});
  refused("E2429", "schedule.period 100 with 3 fragments", "streaming_diloco", {"schedule.fragments=3"});
  refused("E2429", "schedule.delay is 25", "streaming_diloco", {"schedule.delay=25"});
  refused("E2429", "signal is 'gradient' with schedule local", "diloco", {"signal=gradient"});
  refused("E2429", "signal is 'pseudo_gradient' with schedule every", "dense", {"signal=pseudo_gradient"});
  refused("E2429", "outer co2 with schedule local", "diloco", {"outer.name=co2"});
  refused("E2429", "outer sgd with signal mean_local_gradient", "scaffold", {"outer.name=sgd"});
  refused("E2429", "with control_beta 0 (SCALLION needs an unbiased one)", "scallion", {"compressor.name=sign", "schedule.sampled=2"});
  refused("E2429", "schedule.sampled is 8 of 4 workers", "scafcom", {});
  refused("E2429", "feedback ef21 with schedule local", "diloco", {"feedback.name=ef21"});
}

TEST(MethodParts, KeysWithoutEffectAreRefused) {
  const auto refused = [](const std::string& key, const std::string& name, const std::vector<std::string>& settings) {
    test::expect_error([&] { build(name, settings); }, ErrorKind::config_invalid, "E2430", {"'" + key + "' has no effect in this method"});
  };
  refused("compressor.ratio", "dense", {"compressor.ratio=0.1"});
  refused("compressor.levels", "dgc", {"compressor.levels=3"});
  refused("feedback.eta", "ef14", {"feedback.eta=0.1"});
  refused("schedule.period", "dense", {"schedule.period=5"});
  refused("schedule.fragments", "diloco", {"schedule.fragments=2"});
  refused("outer.mix", "co2", {"outer.mix=0.5"});
  refused("outer.momentum", "local_sgd", {"outer.momentum=0.5"});
  refused("outer.learning_rate", "dense", {"outer.learning_rate=0.5"});
  refused("exchange.rule.f", "dense", {"exchange.rule.f=2"});
}

TEST(MethodParts, EveryRankNeedsAWorker) {
  const auto comm = make_self_comm();
  test::expect_error([&] { Transport(*comm, 0); }, ErrorKind::config_invalid, "E2423", {"0 workers on 1 ranks"});
}

// rule_nan of optimizers.md 14: one vector that is none is left out by every rule.
TEST(MethodParts, RulesLeaveOutVectorsThatAreNone) {
  const auto backend = make_backend("kokkos");
  constexpr std::int64_t k_workers = 8, k_size = 20;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937 engine(4);
  std::normal_distribution<double> normal;
  for (const char* name : {"median", "trimmed_mean", "krum", "multi_krum", "bulyan"}) {
    SCOPED_TRACE(name);
    std::vector<double> good, all;
    for (int w = 0; w < k_workers; ++w) {
      for (int k = 0; k < k_size; ++k) {
        const double x = static_cast<double>(static_cast<float>(normal(engine)));
        if (w != 3) good.push_back(x);
        all.push_back(w == 3 && k == 7 ? nan : x);
      }
    }
    const auto combined = [&](const std::vector<double>& values, const std::vector<int>& senders) {
      Tensor vectors(*backend, DType::f32, {static_cast<std::int64_t>(senders.size()), k_size}), out(*backend, DType::f32, {k_size});
      vectors.assign(values);
      RuleConfig config;
      config.name = name;
      const auto rule = make_rule(config, k_workers);
      rule->choose(pair_products(vectors), senders);
      rule->combine(vectors, out);
      return out.to_doubles();
    };
    const std::vector<double> with = combined(all, {0, 1, 2, 3, 4, 5, 6, 7});
    EXPECT_EQ(with, combined(good, {0, 1, 2, 4, 5, 6, 7}));
    for (double v : with) EXPECT_TRUE(std::isfinite(v));
  }
  RuleConfig config;
  config.name = "krum";
  const auto rule = make_rule(config, 5);
  const std::vector<double> products(25, nan);
  const std::vector<int> senders{0, 1, 2, 3, 4};
  test::expect_error([&] { rule->choose(products, senders); }, ErrorKind::quality, "E2426", {"0 of 5 vectors can be used"});
}

/// A worker that sends a hundred times the negative of its gradient.
class Reversed final : public HostProblem {
 public:
  Reversed(Backend& backend, Mixture& inner) : HostProblem(backend), inner_(inner) {}
  std::int64_t size() const override { return inner_.size(); }
  double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) override {
    const double loss = inner_.evaluate(worker, step, x, gradient);
    for (double& g : gradient) g *= worker == 2 ? -100.0 : 1.0;
    return loss;
  }

 private:
  Mixture& inner_;
};

TEST(MethodParts, TheRuleHoldsInTheDenseStartToo) {
  const auto backend = make_backend("kokkos");
  Mixture problem(*backend, 9, 16, 500, 100);
  Reversed attacked(*backend, problem);
  Training run(preset("multi_krum", {"schedule.dense_until=1"}), attacked, 5, *backend, DType::f32, 100, problem.initial());
  const double before = problem.train_loss(run.common());
  run.steps(100);
  EXPECT_LT(problem.train_loss(run.common()), 0.8 * before);
}

// The engine itself is the same for every backend; what differs are the ops under it.
TEST(MethodParts, TheDeviceTrainsAsTheHostDoes) {
  const auto host = make_backend("kokkos"), device = make_backend("cuda");
  for (const char* name : {"dense", "dgc", "ef21", "onebit_adam", "streaming_diloco", "co2", "scafcom", "multi_krum"}) {
    SCOPED_TRACE(name);
    const auto weights = [&](Backend& backend) {
      Mixture problem(backend, 3, 4, 100, 10);
      MethodConfig config = preset(name);
      config.schedule.period = std::min<std::int64_t>(config.schedule.period, 4);
      config.schedule.delay = 0;
      config.schedule.sampled = std::min<std::int64_t>(config.schedule.sampled, 3);
      if (config.inner.name == "frozen_adam") config.inner.beta2 = 0.5, config.schedule.dense_until = 0.5;
      Training run(config, problem, 5, backend, DType::f32, 8, problem.initial());
      run.steps(8);
      return run.common();
    };
    const std::vector<double> expected = weights(*host), got = weights(*device);
    double difference = 0.0, moved = 0.0;
    const std::vector<double> start = Mixture(*host, 3, 4, 100, 10).initial();
    for (std::size_t k = 0; k < got.size(); ++k) {
      difference = std::max(difference, std::abs(got[k] - expected[k]));
      moved = std::max(moved, std::abs(expected[k] - start[k]));
    }
    EXPECT_LT(difference, 1e-3 * moved);
  }
}

}  // namespace
}  // namespace myriad::train
