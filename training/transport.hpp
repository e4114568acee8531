#pragma once
/// \file
/// Messages between the logical workers of a distributed training run.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "src/comm/comm.hpp"
#include "training/compressor.hpp"

namespace myriad::train {

/// What went over the wire; headers are counted, messages of a worker to itself are not.
struct Traffic {
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  bool operator==(const Traffic&) const = default;
};

/// Delivers messages in rounds: all that is posted arrives when deliver() returns.
///
/// A method is written for workers, of which a rank has any number: on one rank it is a simulation of a run on many, and the same
/// messages in the same order give the same bits wherever the workers are. Traffic is counted between workers, not between ranks.
class Transport {
 public:
  /// Header and check sum of a message (training/message.hpp).
  static constexpr std::int64_t k_frame_bytes = 36;

  /// Workers are dealt to the ranks of \p comm in runs. Errors: ErrorKind::config_invalid (E2423) with fewer workers than ranks.
  Transport(Comm& comm, int workers);

  int workers() const { return workers_; }
  /// Those of this rank, ascending.
  const std::vector<int>& local() const { return local_; }
  bool is_local(int worker) const { return worker >= local_.front() && worker <= local_.back(); }

  /// Queue a message of the local worker \p from. \p to may hold \p from itself.
  void post(int from, std::span<const int> to, Encoded message);
  void post(int from, int to, Encoded message) { post(from, std::span<const int>(&to, 1), std::move(message)); }
  /// Collective: every rank calls it in the same order.
  /// Errors: ErrorKind::input_corrupt (E2431 and those of MessageReader) for a damaged message; those of Comm.
  void deliver();
  /// What the local worker \p to got from \p from in the last delivery: messages in the order of posting.
  std::span<const std::shared_ptr<const Encoded>> received(int to, int from) const;

  /// Totals of a local worker.
  Traffic sent(int worker) const { return sent_[static_cast<std::size_t>(worker)]; }
  Traffic taken(int worker) const { return taken_[static_cast<std::size_t>(worker)]; }

 private:
  int rank_of(int worker) const;

  struct Posted {
    int from;
    std::vector<int> to;
    std::shared_ptr<const Encoded> message;
  };
  Comm& comm_;
  int workers_;
  std::vector<int> local_;
  std::vector<Posted> posted_;
  std::uint64_t round_ = 0;  ///< deliveries so far
  std::map<std::pair<int, int>, std::vector<std::shared_ptr<const Encoded>>> inbox_;  ///< by (to, from)
  std::vector<Traffic> sent_, taken_;
};

}  // namespace myriad::train
