#pragma once
/// \file
/// Optimisers of flat parameter vectors.

#include <memory>

#include "training/method.hpp"

namespace myriad::train {

class Optimiser {
 public:
  virtual ~Optimiser() = default;
  /// x <- x - rate * direction, in place. \p step counts from 1.
  virtual void step(std::size_t slot, TensorView x, TensorView gradient, double rate, std::int64_t step) = 0;
  /// frozen_adam: from now on gradients are averaged momenta.
  virtual void freeze() {}
  /// frozen_adam: message = beta1 * shared momentum + (1 - beta1) gradient.
  virtual void momentum_of(TensorView gradient, TensorView message) { static_cast<void>(gradient), static_cast<void>(message); }
};

/// \param owner of the optimiser's state. Errors: ErrorKind::config_invalid (E2429).
std::unique_ptr<Optimiser> make_optimiser(const InnerConfig& config, StateArena& arena, Owner owner, std::int64_t size,
                                          const std::vector<Segment>& segments);

}  // namespace myriad::train
