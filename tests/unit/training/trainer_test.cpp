#include "training/trainer.hpp"

#include <gtest/gtest.h>

#include "src/backend/registry.hpp"
#include "src/model/model_checkpoint.hpp"
#include "tests/unit/training/small_problem.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

/// Everything one training run needs.
struct Bench {
  std::shared_ptr<Backend> backend = make_backend("kokkos");
  std::unique_ptr<Comm> comm = make_self_comm();
  StateStore training = drifting_waves(40);
  StateStore validation = drifting_waves(24);
  SfnoModelConfig config = small_config(training, 2);
  SfnoModel model;
  std::unique_ptr<GradientExchange> exchange;
  Trainer trainer;

  explicit Bench(std::uint64_t seed = 3, bool recompute = false)
      : model((normalise(), *backend), config, Precision::f32, seed),
        exchange(make_dense_exchange(*backend, *comm)),
        trainer(model, training, &validation, settings(seed, recompute), *comm, *exchange) {}

  void normalise() {
    training.normalise(config.description.normalisation);
    validation.normalise(config.description.normalisation);
  }
  TrainerConfig settings(std::uint64_t seed, bool recompute) const {
    TrainerConfig t = short_training(config.description.normalisation);
    t.seed = seed;
    t.recompute = recompute;
    return t;
  }
  std::vector<double> published() { return to_doubles(*backend, trainer.published_weights()); }
};

const Trainer::Saver k_no_save = [](const TrainerPosition&) {};
const Trainer::Reporter k_no_report = [](std::int64_t, std::int64_t, const std::string&) {};
const Trainer::StopRequest k_never = [](const TrainerPosition&) { return false; };

TEST(Trainer, LearnsTheDriftAndRecordsIt) {
  Bench b;
  EXPECT_EQ(b.trainer.train(k_never, k_no_save, k_no_report), TrainOutcome::finished);
  EXPECT_EQ(b.trainer.position().global_step, 18);
  ASSERT_GE(b.trainer.losses().size(), 3U);
  EXPECT_LT(b.trainer.losses()[2].loss, 0.7 * b.trainer.losses()[0].loss);
  ASSERT_EQ(b.trainer.validations().size(), 2U);  // at the end of each stage
  const auto& rmse = b.trainer.validations().back().rmse;
  ASSERT_EQ(rmse.size(), 2U);
  EXPECT_LT(rmse[0][0], b.config.description.normalisation.tendency_stddev[0]);  // better than persistence at 6 h
}

TEST(Trainer, ContinuedRunEqualsTheUninterruptedOneBitForBit) {
  Bench straight;
  straight.trainer.train(k_never, k_no_save, k_no_report);
  for (std::int64_t stop_at : {1, 7, 12, 15}) {
    Bench first;
    const auto stop = [&](const TrainerPosition& p) { return p.global_step >= stop_at; };
    std::vector<std::byte> state;
    const auto save = [&](const TrainerPosition&) {
      CheckpointWriter writer(CheckpointKind::training_state);
      add_model(writer, first.model, std::as_const(first.model.parameters()).values());
      first.trainer.add_state(writer);
      state = writer.encode();
    };
    first.trainer.train(stop, save, k_no_report);
    Bench second;
    second.trainer.restore_state(Checkpoint::parse(state, "state"));
    EXPECT_EQ(second.trainer.position().global_step, first.trainer.position().global_step);
    second.trainer.train(k_never, k_no_save, k_no_report);
    EXPECT_EQ(second.published(), straight.published()) << "stopped at " << stop_at;
    EXPECT_EQ(second.trainer.losses().size(), straight.trainer.losses().size());
    EXPECT_EQ(second.trainer.losses().back().loss, straight.trainer.losses().back().loss);
  }
}

TEST(Trainer, RecomputingActivationsChangesNothing) {
  Bench kept, recomputed(3, true);
  kept.trainer.train(k_never, k_no_save, k_no_report);
  recomputed.trainer.train(k_never, k_no_save, k_no_report);
  EXPECT_EQ(kept.published(), recomputed.published());
}

TEST(Trainer, SeedChangesTheCheckpoint) {
  Bench one(3), two(4);
  one.trainer.train(k_never, k_no_save, k_no_report);
  two.trainer.train(k_never, k_no_save, k_no_report);
  EXPECT_NE(one.published(), two.published());
}

TEST(Trainer, RefusesBatchesThatCannotBeDealtAlike) {
  Bench b;
  TrainerConfig t = b.settings(1, false);
  t.stages[0].batch = 6;  // six leaves are no power of two
  try {
    const Trainer trainer(b.model, b.training, nullptr, t, *b.comm, *b.exchange);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2411");
    EXPECT_NE(std::string(error.what()).find("6 leaves"), std::string::npos);
  }
}

}  // namespace
}  // namespace myriad::test
