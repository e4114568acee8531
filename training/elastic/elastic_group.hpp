#pragma once
/// \file
/// A worker's side of elastic training.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "training/elastic/transport.hpp"

namespace myriad::train::elastic {

/// What is trained, as the group sees it. All workers of a run give the same sizes and names.
struct ElasticProblem {
  /// A part of the state that all workers hold in the same bits: weights, moments, moving average.
  struct Vector {
    std::string name;
    std::span<float> values;
  };

  std::uint32_t micro_batches = 1;      ///< M of a step: the batch is the same for every number of workers
  std::size_t gradient_elements = 0;    ///< may end with further sums over the batch (the loss)
  std::size_t memory_elements = 0;      ///< that belong to one micro-batch: error feedback, momenta; 0: none
  std::vector<Vector> state;
  std::uint64_t first_step = 0;         ///< that the state is ready for

  /// Write the share of micro-batch m in the gradient of a step. A function of (m, step, state, memory) and nothing else,
  /// so that it does not matter who computes it. \param memory before the step; becomes that after it if it is committed
  std::function<void(std::uint32_t m, std::uint64_t step, std::span<float> gradient, std::span<float> memory)> compute;
  /// Update the state with the sum over all micro-batches. Called once for each step, in order, on every worker.
  std::function<void(std::uint64_t step, std::span<const float> gradient)> apply;
  /// Memory of a micro-batch before the first step, from a checkpoint. Not given: zeros.
  std::function<void(std::uint32_t m, std::span<float> memory)> first_memory;
};

struct ElasticConfig {
  TransportConfig transport;        ///< silence_seconds is set to lighthouse_seconds
  std::string lighthouse;           ///< its address
  double lighthouse_seconds = 10.0; ///< a worker without a lighthouse stops after so long
  std::uint32_t copies = 1;         ///< neighbours in the ring that keep a worker's memory: so many may die at a time
  std::uint64_t hash_every = 1;     ///< steps between comparisons of the state's hash; also at each change of members
};

/// One worker of a group whose members may die, hang, come back and be joined by others in any step.
///
/// Each step() is a transaction: micro-batches are computed by their owners and summed over the tree of docs/adr/0002 in
/// slices; every member votes; the lighthouse commits; all apply. When members are lost, the others compute what is
/// missing of the same step. The state after any step has the bits of a run without faults.
/// A worker that was taken for dead, or starts while the run goes on, receives the state from a donor, follows the
/// steps as an observer until it has caught up, and is a member from the next step on.
/// Memory: gradient x (2 + nodes of the tree held, at most 2 log2 M), memory of own micro-batches and `copies` others, twice.
/// *Threads*: one thread calls; the connections have their own.
class ElasticGroup {
 public:
  /// Connects; does not wait for anybody. Errors: ErrorKind::config_invalid (E2466) for sizes that cannot be; those of
  /// Transport.
  ElasticGroup(ElasticProblem problem, ElasticConfig config);
  ~ElasticGroup();

  /// Wait until one step more (or, as an observer, several) is committed and applied.
  /// Returns false when the group has agreed to stop after this step (request_stop() of any member).
  /// Errors: ErrorKind::unavailable when there is no lighthouse for lighthouse_seconds (E2467) or it ends the run (E2468).
  bool step();
  /// The step that comes next: steps below it are in the state.
  std::uint64_t next_step() const;
  /// Ask all to stop after the step under way; the next vote carries it.
  void request_stop();
  /// Leave for good. The others go on.
  void leave();

  /// Committed memory of a micro-batch, empty when it is not here: for checkpoints, together with those of other members.
  std::span<const float> memory(std::uint32_t m) const;
  /// Whether this member has the lowest number: writes what is written once.
  bool is_first() const;
  std::uint32_t members() const;
  std::uint32_t epoch() const;
  /// Bytes on the wire by worker number, headers included; the lighthouse is 0xffffffff.
  std::map<std::uint32_t, LinkBytes> bytes() const;
  /// Messages of other epochs that were dropped.
  std::int64_t stale() const;
  const Transport& transport() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train::elastic
