#pragma once
/// \file
/// The state of a run in messages of bounded size: from a donor to a worker that joins.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "training/elastic/elastic_group.hpp"

namespace myriad::train::elastic {

/// Call send(number, values) for each part of \p state, all its vectors behind each other. Every part but the last has the same size; the
/// last is shorter, perhaps empty.
void send_state(std::span<const ElasticProblem::Vector> state,
                const std::function<void(std::uint32_t number, std::span<const float> values)>& send);

/// Puts the parts back.
class StateReceiver {
 public:
  explicit StateReceiver(std::span<const ElasticProblem::Vector> state) : state_(state) {}
  /// Write part \p number. Returns true when it was the last one.
  /// Errors: ErrorKind::input_corrupt (E2453) for a part that is not due, or one that goes beyond the state.
  bool take(std::uint32_t number, std::span<const std::byte> values);

 private:
  std::span<const ElasticProblem::Vector> state_;
  std::uint32_t parts_ = 0;  ///< received
};

/// Elements of a part.
inline constexpr std::size_t k_state_part = std::size_t{1} << 18;

}  // namespace myriad::train::elastic
