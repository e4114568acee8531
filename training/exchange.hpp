#pragma once
/// \file
/// Exchange of gradients between ranks: signal -> feedback -> compressor -> exchange -> outer step.

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/collective.hpp"
#include "src/backend/tensor.hpp"
#include "src/comm/comm.hpp"

namespace myriad::train {

/// Turns the local root of the gradient tree into the sum over all ranks, on every rank.
///
/// Compressed and decentralised methods implement the same interface: they keep their memory (error feedback, momenta)
/// in state() so that a checkpoint, a snapshot and a migration see it.
class GradientExchange {
 public:
  virtual ~GradientExchange() = default;
  virtual const char* name() const = 0;
  /// In place: \p gradient is this rank's contribution and becomes the result.
  virtual void combine(TensorView gradient) = 0;
  /// Bytes sent by this rank so far, counted at the transport.
  virtual std::int64_t bytes_sent() const = 0;
};

/// Uncompressed sum: slice s of the vector goes to rank s, which adds the ranks' roots pairwise in rank order, and
/// the results are gathered. With a power-of-two rank count and equal leaf counts the bits equal the one-rank tree.
/// \param collective of the ranks of \p comm: the gradient stays on the device, with the same bits; null: over the host
/// Errors of combine(): those of Comm, and those of wait_for() with a collective.
std::unique_ptr<GradientExchange> make_dense_exchange(Backend& backend, Comm& comm, kernels::Collective* collective = nullptr);

}  // namespace myriad::train
