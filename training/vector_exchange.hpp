#pragma once
/// \file
/// Exchanges: who sends what to whom, and how the answers are combined (optimizers.md 3).

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "training/compressor.hpp"
#include "training/rules.hpp"
#include "training/state_arena.hpp"
#include "training/transport.hpp"

namespace myriad::train {

/// One call of an exchange; the same on all ranks.
struct Round {
  std::uint64_t seed = 0;
  std::uint32_t number = 0;        ///< address of random numbers
  std::vector<int> participants;   ///< workers that send, ascending; empty: all
  std::vector<double> weights;     ///< of the sum, per participant; empty: 1 / participants
  const Compressor* compressor = nullptr;  ///< in place of the configured one (a dense first round)
};

/// Combines one vector of every worker into one that all have, the same bits on all of them.
class VectorExchange {
 public:
  virtual ~VectorExchange() = default;
  /// \param targets [slot of a local worker] what it has to say; not read of workers that do not take part
  /// \param sent [slot] out: what its message stands for, for error feedback; untouched of workers that do not take part
  /// \param result out
  /// Errors: those of Compressor and Comm.
  virtual void run(std::span<const TensorView> targets, std::span<const TensorView> sent, TensorView result, const Round& round) = 0;
  /// The message of the worker in \p slot in the last round, where it was one message; else null.
  virtual const Encoded* message(std::size_t slot) const {
    static_cast<void>(slot);
    return nullptr;
  }
};

/// Section `exchange` of a training configuration.
struct ExchangeConfig {
  std::string pattern = "allreduce";       ///< allreduce, two_hop, allgather, server
  std::string server_feedback = "none";    ///< two_hop, server: none, ef14 (the one who answers keeps what its answer lost)
  std::string downlink = "dense";          ///< server: dense, compressed
  RuleConfig rule;                         ///< allreduce and two_hop know all rules; the others mean
  bool operator==(const ExchangeConfig&) const = default;
};

/// \param size of the vectors
/// Memory for server feedback is added to \p arena, which with the other references must outlive the exchange.
/// Errors: ErrorKind::config_invalid (E2424) for combinations that are not defined.
std::unique_ptr<VectorExchange> make_vector_exchange(const ExchangeConfig& config, Transport& transport, const Compressor& compressor,
                                                     StateArena& arena, std::int64_t size);

}  // namespace myriad::train
