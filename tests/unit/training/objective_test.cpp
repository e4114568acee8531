#include "training/objective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/backend/registry.hpp"
#include "tests/unit/training/small_problem.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

/// A leaf of two samples with three targets from the drifting waves.
struct LeafData {
  std::vector<Tensor> storage;
  Leaf leaf;

  LeafData(Backend& backend, DType dtype, const StateStore& store, std::int64_t input_times, std::int64_t steps) {
    const std::vector<std::int64_t> newest{5, 11};
    std::vector<float> host;
    for (std::int64_t i : newest) {
      leaf.times.push_back(store.time(i));
      leaf.samples.push_back(static_cast<std::uint32_t>(i));
      for (std::int64_t t = input_times - 1; t >= 0; --t) {
        host.insert(host.end(), store.state(i - t).begin(), store.state(i - t).end());
      }
    }
    storage.reserve(static_cast<std::size_t>(steps) + 1);
    storage.emplace_back(backend, dtype, std::initializer_list<std::int64_t>{2, input_times, 2, 8, 16});
    storage.back().assign(host);
    leaf.history = std::as_const(storage.back()).view();
    for (std::int64_t k = 1; k <= steps; ++k) {
      host.clear();
      for (std::int64_t i : newest) host.insert(host.end(), store.state(i + k).begin(), store.state(i + k).end());
      storage.emplace_back(backend, dtype, std::initializer_list<std::int64_t>{2, 2, 8, 16});
      storage.back().assign(host);
      leaf.targets.push_back(std::as_const(storage.back()).view());
    }
  }
};

struct ObjectiveCase {
  const char* name;
  LossKind kind;
  bool relative;
  std::int64_t input_times;
  bool recompute;
};

class Objective : public ::testing::TestWithParam<ObjectiveCase> {};

TEST_P(Objective, GradientOverThreeStepsMatchesFiniteDifferences) {
  const ObjectiveCase test = GetParam();
  auto backend = make_backend("kokkos");
  StateStore store = drifting_waves(24);
  const SfnoModelConfig config = small_config(store, test.input_times);
  store.normalise(config.description.normalisation);
  SfnoModel model(*backend, config, Precision::f64, 4);
  LossConfig loss;
  loss.kind = test.kind;
  loss.relative = test.relative;
  loss.channel_weights = {0.8, 1.7};
  loss.members = 3;
  loss.noise_amplitude = 0.4;
  loss.noise.length_scale_km = 2000.0;
  RolloutObjective objective(model, loss, test.recompute);
  const LeafData data(*backend, DType::f64, store, test.input_times, 3);

  ParameterSet& parameters = model.parameters();
  backend->fill(parameters.gradients(), 0.0);
  const double value = objective.accumulate(data.leaf, 1.0, 9, 2);
  EXPECT_NEAR(value, objective.evaluate(data.leaf, 9, 2), 1e-12 * std::abs(value));
  const std::vector<double> gradient = to_doubles(*backend, ConstTensorView(parameters.gradients()));
  const std::vector<double> start = to_doubles(*backend, std::as_const(parameters).values());

  std::mt19937 random(6);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 4; ++trial) {
    std::vector<double> direction(start.size());
    double analytic = 0.0, norm = 0.0;
    for (std::size_t i = 0; i < start.size(); ++i) {
      direction[i] = normal(random);
      norm += direction[i] * direction[i];
    }
    for (std::size_t i = 0; i < start.size(); ++i) analytic += gradient[i] * (direction[i] /= std::sqrt(norm));
    const auto value_at = [&](double step) {
      std::vector<double> moved = start;
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += step * direction[i];
      Tensor staged(*backend, DType::f64, {static_cast<std::int64_t>(moved.size())});
      staged.assign(moved);
      backend->copy(parameters.values(), staged);
      return objective.evaluate(data.leaf, 9, 2);
    };
    const double h = 1e-5;
    const double numeric = (value_at(h) - value_at(-h)) / (2.0 * h);
    value_at(0.0);
    EXPECT_NEAR(numeric, analytic, 1e-6 * std::max(1.0, std::abs(analytic)));
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, Objective,
                         ::testing::Values(ObjectiveCase{"squared", LossKind::squared, false, 1, false},
                                           ObjectiveCase{"squaredTwoTimes", LossKind::squared, false, 2, false},
                                           ObjectiveCase{"squaredRecompute", LossKind::squared, false, 2, true},
                                           ObjectiveCase{"relative", LossKind::squared, true, 1, false},
                                           ObjectiveCase{"amse", LossKind::amse, false, 2, false},
                                           ObjectiveCase{"crps", LossKind::crps, false, 2, false}),
                         [](const auto& test) { return test.param.name; });

TEST(Objective, RelativeLossOfAConstantErrorIsItsSquaredRatio) {
  // T26: p - t = delta and t = tau everywhere gives (delta / tau)^2 per channel.
  auto backend = make_backend("kokkos");
  StateStore store = drifting_waves(4);
  SfnoModelConfig config = small_config(store, 1);
  SfnoModel model(*backend, config, Precision::f64, 4);
  backend->fill(model.parameters().values(), 0.0);  // the model returns its input
  LossConfig loss;
  loss.relative = true;
  loss.channel_weights = {1.0, 1.0};
  RolloutObjective objective(model, loss, false);
  Tensor history(*backend, DType::f64, {1, 1, 2, 8, 16}), target(*backend, DType::f64, {1, 2, 8, 16});
  backend->fill(history, 2.3);
  backend->fill(target, 2.0);
  Leaf leaf;
  leaf.history = std::as_const(history).view();
  leaf.targets = {std::as_const(target).view()};
  leaf.times = {store.time(0)};
  leaf.samples = {0};
  EXPECT_NEAR(objective.evaluate(leaf, 0, 0), 2.0 * std::pow(0.3 / 2.0, 2), 1e-14);
}

TEST(Objective, RefusesAnEnsembleLossOfOneMember) {
  auto backend = make_backend("kokkos");
  StateStore store = drifting_waves(4);
  SfnoModel model(*backend, small_config(store, 1), Precision::f32, 4);
  LossConfig loss;
  loss.kind = LossKind::crps;
  loss.members = 1;
  loss.channel_weights = {1.0, 1.0};
  EXPECT_THROW(RolloutObjective(model, loss, false), Error);
}

}  // namespace
}  // namespace myriad::test
