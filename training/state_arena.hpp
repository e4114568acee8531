#pragma once
/// \file
/// The vectors that a training method remembers.

#include <cstdint>
#include <string>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad::train {

/// Who has a vector.
enum class Owner : std::uint8_t {
  worker,      ///< every worker its own
  replicated,  ///< all workers the same: one per rank
};

/// Named flat vectors, all of a method's memory: checkpoints, snapshots and migrations go through this list, and no part of a method
/// keeps vectors elsewhere (optimizers.md 17.1).
class StateArena {
 public:
  /// \param workers of this rank
  StateArena(Backend& backend, DType dtype, std::vector<int> workers) : backend_(backend), dtype_(dtype), workers_(std::move(workers)) {}

  /// Adds a vector of zeros and returns its number. A worker's vector of size 0 is possible.
  /// \param kept false: content need not outlive a step, nor be saved
  std::size_t add(std::string name, Owner owner, std::int64_t size, bool kept = true);
  /// \param slot place of the worker in workers(); of no account for replicated vectors
  TensorView view(std::size_t number, std::size_t slot = 0);

  struct Entry {
    std::string name;
    Owner owner;
    bool kept;
    std::vector<Tensor> vectors;  ///< one, or one per worker of this rank
  };
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<int>& workers() const { return workers_; }
  std::int64_t bytes() const;
  Backend& backend() const { return backend_; }
  DType dtype() const { return dtype_; }

 private:
  Backend& backend_;
  DType dtype_;
  std::vector<int> workers_;
  std::vector<Entry> entries_;
};

}  // namespace myriad::train
