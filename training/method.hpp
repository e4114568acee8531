#pragma once
/// \file
/// Distributed training methods: one engine put together from a signal, feedback, a compressor, an exchange, a schedule and optimisers
/// (optimizers.md 17).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/state/checkpoint.hpp"
#include "src/state/checkpoint_writer.hpp"
#include "training/feedback.hpp"
#include "training/vector_exchange.hpp"

namespace myriad::train {

/// What is trained: a differentiable function of a vector, each worker with its own data.
class Problem {
 public:
  virtual ~Problem() = default;
  virtual std::int64_t size() const = 0;
  /// gradient = that of \p worker at \p x for its data of \p step. Returns the loss. A function of its arguments alone.
  virtual double gradient(int worker, std::int64_t step, ConstTensorView x, TensorView gradient) = 0;
};

/// Section `inner`: the optimiser of a worker's parameters.
struct InnerConfig {
  std::string name = "sgd";  ///< sgd, adamw, frozen_adam (second moment fixed after schedule.dense_until: 1-bit Adam)
  double learning_rate = 0.01;
  double momentum = 0.0;     ///< sgd
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.0;  ///< decoupled, in all stages
  bool bias_correction = true;  ///< adamw, frozen_adam
  double v_floor = 1e-16;     ///< frozen_adam: coordinates whose second moment is below this share of the median are left alone
  bool operator==(const InnerConfig&) const = default;
};

/// Section `outer`: what the mean of the workers' progress does to the common parameters.
struct OuterConfig {
  std::string name = "sgd";    ///< sgd, nesterov, co2, scaffold
  double learning_rate = 1.0;  ///< of co2: alpha; of scaffold: eta_g
  double momentum = 0.0;       ///< nesterov: mu; co2: beta
  double mix = 0.0;            ///< share of its own parameters that a worker keeps, 0 to below 1
  double clip = 0.0;           ///< co2: bound of each element of the momentum; 0: off
  std::string penalty = "auto";  ///< co2: none, gap, auto (gap from beta 0.5 and 24 local steps on)
  bool operator==(const OuterConfig&) const = default;
};

/// Section `schedule`.
struct ScheduleConfig {
  std::string name = "every";  ///< every, local, streaming, delayed_local
  std::int64_t period = 100;   ///< local steps between exchanges (H, K, tau of CO2)
  std::int64_t fragments = 1;  ///< streaming: F, which divides the period
  std::int64_t delay = 0;      ///< streaming: tau, below period / fragments
  double dense_until = 0.0;    ///< share of all steps that is exchanged dense, by allreduce
  std::int64_t sparsity_warmup = 0;  ///< steps until the compressor's ratio is reached: ratio^((t + 1) / (warmup + 1))
  double participation = 1.0;  ///< every: probability of a worker to take part in a step (EF21-PP)
  std::int64_t sampled = 0;    ///< local: workers that take part in a round; 0: all
  bool operator==(const ScheduleConfig&) const = default;
};

/// A preset of configs/training/.
struct MethodConfig {
  std::string signal = "gradient";  ///< gradient, momentum; of local schedules: pseudo_gradient, mean_local_gradient
  double signal_eta = 0.1;          ///< momentum: v <- (1 - eta) v + eta g (EF21-SGDM)
  double control_alpha = 1.0;       ///< mean_local_gradient: alpha of SCALLION
  double control_beta = 0.0;        ///< mean_local_gradient: beta of SCAFCOM; 0: SCALLION
  CompressorConfig compressor;
  FeedbackConfig feedback;
  ExchangeConfig exchange;
  ScheduleConfig schedule;
  InnerConfig inner;
  OuterConfig outer;
  bool operator==(const MethodConfig&) const = default;
};

/// A part of the parameters, and whether weights decay there.
struct Segment {
  std::int64_t begin = 0;
  std::int64_t size = 0;
  bool decay = true;
};

/// What a method needs to know of a run.
struct MethodRun {
  DType dtype = DType::f32;
  std::uint64_t seed = 0;
  std::int64_t total_steps = 1;    ///< for schedules in shares of it
  std::vector<Segment> segments;  ///< of the parameters; empty: one that decays
};

/// Trains the parameters of the workers of one rank; all ranks call in the same order.
///
/// Every rank has the same replicated vectors, bit for bit; results depend on the number of workers, not on that of ranks.
class Method {
 public:
  /// Errors: ErrorKind::config_invalid (E2429 and those of the parts) for combinations and ranges of optimizers.md 17.5.
  Method(const MethodConfig& config, Problem& problem, Transport& transport, Backend& backend, const MethodRun& run);
  ~Method();

  /// The same first parameters everywhere.
  void set_parameters(ConstTensorView x);
  /// One optimiser step of every worker, and the exchanges that are due. Returns the mean loss of this rank's workers.
  double step(double learning_rate);
  /// With the rate of the configuration.
  double step();
  /// Of the last step: of the combined gradient where there is one, else of the first worker of this rank.
  double gradient_norm() const;
  /// Of the worker in \p slot; where all have the same, of any.
  ConstTensorView parameters(std::size_t slot = 0) const;
  /// The common parameters: of local schedules those of the last exchange.
  ConstTensorView common_parameters() const;

  std::int64_t steps_done() const;
  StateArena& state();
  const StateArena& state() const;
  /// Most that a worker (of a server pattern: that is not the server) sends in one step on average, in bytes, once a dense start or a warm-up
  /// is over; and what it would send in a dense ring all-reduce of every step.
  double bytes_per_step() const;
  double dense_bytes_per_step() const;

  /// Collective: brings the state of all workers to rank 0 of \p comm, where add_state() then finds it.
  void collect_state(Comm& comm);
  /// Everything needed to go on, bit for bit, on any number of ranks.
  void add_state(CheckpointWriter& writer) const;
  /// Errors: ErrorKind::input_corrupt when the state is that of another method.
  void restore_state(const Checkpoint& checkpoint);

 private:
  struct Impl;
  class Synchronous;
  class Local;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train
