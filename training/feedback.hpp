#pragma once
/// \file
/// Error feedback: what a worker compresses, and what it remembers of what compression lost (optimizers.md 4, 7).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "training/compressor.hpp"
#include "training/state_arena.hpp"

namespace myriad::train {

/// Section `feedback` of a training configuration; ranges of optimizers.md 17.5.
struct FeedbackConfig {
  std::string name = "none";     ///< none, ef14, ef21, econtrol, dgc
  std::string init = "dense";    ///< ef21, econtrol: the first message is dense, or compressed
  double eta = -1.0;             ///< econtrol: 0 to 2 delta; negative: delta = alpha of the compressor
  double momentum = 0.9;         ///< dgc: 0 to 0.99
  bool mask = true;              ///< dgc: momentum factor masking
  bool nesterov = false;         ///< dgc
  double clip = 0.0;             ///< dgc: norm of the sum of all gradients that each is clipped for; 0: off
  std::vector<double> smoothness;  ///< ef21: constants L_i of the workers, whose weights are L_i / sum L (EF21-W); empty: uniform
  bool operator==(const FeedbackConfig&) const = default;
};

/// Pure recursions over vectors of a StateArena. Error states always use what the message stands for, not what was meant.
class Feedback {
 public:
  virtual ~Feedback() = default;
  /// message = what the worker in \p slot compresses for \p signal. May alias.
  virtual void target(std::size_t slot, TensorView signal, TensorView message) = 0;
  /// \p sent is what the message of \p target stands for; \p encoded the message itself where it was one, else null.
  virtual void absorb(std::size_t slot, TensorView target, TensorView sent, const Encoded* encoded) = 0;
  /// aggregate: in, the combination of the messages; out, the estimate of the combined signals.
  virtual void integrate(TensorView aggregate) { static_cast<void>(aggregate); }
  /// Whether the first messages are dense.
  virtual bool dense_start() const { return false; }
  /// Weights of the workers' messages; empty: uniform.
  virtual std::vector<double> weights() const { return {}; }
};

/// Memory is added to \p arena, which must outlive the result. \p alpha of the compressor.
/// Errors: ErrorKind::config_invalid (E2428).
std::unique_ptr<Feedback> make_feedback(const FeedbackConfig& config, StateArena& arena, std::int64_t size, int workers,
                                        const Compressor& compressor);

}  // namespace myriad::train
