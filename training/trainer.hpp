#pragma once
/// \file
/// The training loop.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/comm/comm.hpp"
#include "src/model/sfno_model.hpp"
#include "src/state/generations.hpp"
#include "training/exchange.hpp"
#include "training/method.hpp"
#include "training/objective.hpp"
#include "training/schedule.hpp"
#include "training/state_store.hpp"

namespace myriad::train {

/// One part of a training run with its own roll-out length and schedule.
struct Stage {
  std::string name = "one-step";
  std::int64_t epochs = 0;         ///< passes over the data; used when steps is 0
  std::int64_t steps = 0;          ///< optimiser steps; overrides epochs
  std::int64_t rollout = 1;        ///< autoregressive steps in the loss
  std::int64_t batch = 16;         ///< samples per optimiser step, over all ranks
  std::int64_t leaf = 1;           ///< samples per leaf of the gradient tree (docs/adr/0002)
  double learning_rate = 1e-3;     ///< peak
  std::int64_t warmup_steps = 0;
  double final_fraction = 0.0;
};

struct TrainerConfig {
  std::vector<Stage> stages;
  LossConfig loss;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.0;
  double clip_norm = 0.0;      ///< global gradient norm; 0 = off
  double ema_decay = 0.0;      ///< moving average of the weights that is validated and published; 0 = off
  std::uint64_t seed = 0;
  bool recompute = false;      ///< keep one step's activations instead of a whole roll-out's
  std::int64_t log_every = 50;         ///< optimiser steps
  std::int64_t checkpoint_every = 500; ///< optimiser steps
  std::int64_t validation_starts = 32;
  std::vector<std::int64_t> validation_leads;  ///< in model steps, increasing
  std::int64_t validate_every = 0;     ///< optimiser steps; 0 = at the end of each stage
};

/// Where a run stands; part of the training state.
struct TrainerPosition {
  std::int64_t stage = 0;
  std::int64_t step_in_stage = 0;
  std::int64_t global_step = 0;
  bool operator==(const TrainerPosition&) const = default;
};

/// One row of the loss history.
struct LossRow {
  std::int64_t global_step;
  std::string stage;
  double learning_rate;
  double loss;           ///< mean over the samples since the last row
  double gradient_norm;  ///< before clipping, of the row's last step
};

/// One row of the validation history.
struct ValidationRow {
  std::int64_t global_step;
  std::string stage;
  std::vector<std::vector<double>> rmse;  ///< [lead][channel]
};

/// Why train() returned.
enum class TrainOutcome : std::uint8_t { finished, stopped };

/// Trains a model on one store of normalised states.
///
/// Data parallel over the ranks of \p comm: leaves of the global batch are dealt in aligned runs, each rank sums its runs
/// pairwise, and the exchange adds the ranks' roots pairwise, so that 1, 2, 4, ... ranks give bit-identical weights.
/// A run that was killed and continued from a training state is bit-identical to an uninterrupted one: sample order and
/// noise are functions of (seed, step).
class Trainer {
 public:
  /// Errors: ErrorKind::config_invalid when a stage's batch cannot be dealt to the ranks (with the arithmetic).
  Trainer(SfnoModel& model, const StateStore& training, const StateStore* validation, TrainerConfig config,
          Comm& comm, GradientExchange& exchange);
  /// Trains by a distributed method: the leaves of a batch are dealt to \p workers, each with its mean gradient, clipped by itself. The
  /// optimiser is the method's inner one, with the rates of the stages and the weight decay of \p config; results depend on the
  /// number of workers, not on that of ranks.
  /// Errors also: those of Method and Transport; E2411 with fewer leaves than workers.
  Trainer(SfnoModel& model, const StateStore& training, const StateStore* validation, TrainerConfig config, Comm& comm,
          const MethodConfig& method, int workers);
  ~Trainer();

  /// Called on every rank after each optimiser step with the position; true asks to stop (all ranks must agree).
  using StopRequest = std::function<bool(const TrainerPosition&)>;
  /// Called on every rank when a training state is due.
  using Saver = std::function<void(const TrainerPosition&)>;
  /// Called on every rank after each optimiser step with steps done, steps in all and a short note.
  using Reporter = std::function<void(std::int64_t done, std::int64_t total, const std::string& note)>;

  TrainOutcome train(const StopRequest& stop, const Saver& save, const Reporter& report);

  const TrainerPosition& position() const;
  std::int64_t total_steps() const;
  const std::vector<LossRow>& losses() const;
  const std::vector<ValidationRow>& validations() const;

  /// The weights to publish: the moving average when there is one, else the current values.
  ConstTensorView published_weights() const;

  /// The method of this run; null without one.
  const Method* method() const;
  /// Sent by the workers of this rank so far.
  Traffic traffic() const;

  /// Collective, before add_state(): rank 0 gets what the other ranks' workers remember.
  void collect_state();
  /// Everything needed to go on, bit for bit.
  void add_state(CheckpointWriter& writer) const;
  /// Errors: ErrorKind::input_corrupt when the state belongs to another model or configuration.
  void restore_state(const Checkpoint& checkpoint);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train
