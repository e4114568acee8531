// Training a network by every preset of configs/training/: the bits do not depend on the number of ranks, nor on a stop in between.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "src/backend/registry.hpp"
#include "src/model/model_checkpoint.hpp"
#include "tests/support/mpi_test.hpp"
#include "tests/unit/training/reference_problems.hpp"
#include "tests/unit/training/small_problem.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

/// A preset with periods that fit into these few steps.
MethodConfig short_preset(const std::string& name) {
  MethodConfig config = preset(name);
  config.schedule.period = std::min<std::int64_t>(config.schedule.period, 6);  // 18 steps
  config.schedule.fragments = std::min<std::int64_t>(config.schedule.fragments, 2);
  config.schedule.delay = std::min<std::int64_t>(config.schedule.delay, 1);
  config.schedule.sampled = std::min<std::int64_t>(config.schedule.sampled, 2);
  config.exchange.rule.f = 0;
  if (config.inner.name == "frozen_adam") {
    config.inner.beta2 = 0.5;
    config.schedule.dense_until = 0.3;
  }
  return config;
}

struct Trained {
  std::vector<double> weights;
  std::int64_t bytes = 0;
};

/// \param stop_at step after which the run is stopped and continued by another trainer; 0: never
Trained train_on(Comm& comm, const MethodConfig& method, std::int64_t stop_at) {
  const auto backend = make_backend("kokkos");
  StateStore store = drifting_waves(40);
  const SfnoModelConfig config = small_config(store, 1);
  store.normalise(config.description.normalisation);
  const TrainerConfig settings = short_training(config.description.normalisation);
  const Trainer::Reporter no_report = [](std::int64_t, std::int64_t, const std::string&) {};
  std::vector<std::byte> state;
  const auto run = [&](std::int64_t until) {
    SfnoModel model(*backend, config, Precision::f32, 8);
    Trainer trainer(model, store, nullptr, settings, comm, method, 4);
    if (!state.empty()) trainer.restore_state(Checkpoint::parse(state, "state"));
    const auto save = [&](const TrainerPosition&) {
      trainer.collect_state();
      if (comm.rank() == 0) {
        CheckpointWriter writer(CheckpointKind::training_state);
        add_model(writer, model, std::as_const(model.parameters()).values());
        trainer.add_state(writer);
        state = writer.encode();
      }
      state.resize(static_cast<std::size_t>(comm.max(static_cast<std::int64_t>(comm.rank() == 0 ? state.size() : 0))));
      comm.broadcast(state, 0);
    };
    trainer.train([&](const TrainerPosition& p) { return until > 0 && p.global_step >= until; }, save, no_report);
    return Trained{to_doubles(*backend, trainer.published_weights()), comm.sum(trainer.traffic().bytes)};
  };
  if (stop_at > 0) run(stop_at);
  return run(0);
}

class TrainedMethods : public testing::TestWithParam<std::string> {};

TEST_P(TrainedMethods, DoNotDependOnRanksOrStops) {
  const MethodConfig config = short_preset(GetParam());
  const auto alone = make_self_comm();
  const Trained simulated = train_on(*alone, config, 0);
  const Trained here = train_on(world(), config, 0);
  EXPECT_EQ(here.weights, simulated.weights);
  EXPECT_EQ(here.bytes, simulated.bytes);
  EXPECT_GT(here.bytes, 0);
  for (std::int64_t stop_at : {3, 6, 14}) {
    EXPECT_EQ(train_on(world(), config, stop_at).weights, simulated.weights) << "stopped at " << stop_at;
  }
}

std::vector<std::string> presets() {
  const char* const source = std::getenv("MYRIAD_SOURCE_DIR");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(source != nullptr ? source : ".") + "/configs/training")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}
INSTANTIATE_TEST_SUITE_P(Presets, TrainedMethods, testing::ValuesIn(presets()),
                         [](const testing::TestParamInfo<std::string>& name) { return name.param; });

}  // namespace
}  // namespace myriad::test
