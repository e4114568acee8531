#pragma once
/// \file
/// Stepping one block of members.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/ensemble/perturbation.hpp"
#include "src/ensemble/plan.hpp"
#include "src/ensemble/weight_perturbation.hpp"
#include "src/model/model.hpp"

namespace myriad {

/// Initial state in physical units.
struct EnsembleStart {
  Instant time;                ///< valid time of the newest state
  std::vector<float> history;  ///< [input_times, channel, lat, lon], oldest first
};

/// Members that are stepped together. Elements do not influence each other, bit for bit, and may start at different dates.
///
/// begin() or restore() once, then advance() step by step; states() at the steps that are wanted. Humidities and
/// precipitation are cut at zero after every step.
class BlockForecast {
 public:
  /// The perturbation of members that start from analysis \p start.
  using PerturbationOf = std::function<InitialPerturbation&(std::size_t start)>;

  /// \param starts analyses, indexed by BlockElement::start; must outlive the block
  BlockForecast(Model& model, std::span<const EnsembleStart> starts, std::vector<BlockElement> elements,
                std::uint64_t seed);

  /// Step every member with perturbed weights from now on (before begin() or restore(): nothing of it is saved).
  void perturb_weights(const WeightPerturbation& perturbation);

  void begin(const PerturbationOf& perturbation_of);
  /// Go on from save() of every element, all of them at \p step.
  void restore(std::int64_t step, std::span<const std::vector<std::byte>> saved);
  std::vector<std::byte> save(std::size_t element) const;
  /// Bytes that save() returns.
  static std::size_t saved_bytes(const ModelDescription& description, DType dtype);

  std::span<const BlockElement> elements() const { return elements_; }
  std::int64_t step() const { return step_; }
  void advance();

  /// Newest states [batch, channel, lat, lon], physical units. An element that holds a NaN or infinity is marked as failed;
  /// its values must not be used.
  std::span<const float> states();
  /// Why element \p e failed (member, lead, channel, place); empty while it is sound. An element never recovers.
  const std::string& failure(std::size_t e) const { return failures_[e]; }

 private:
  void check_finite();

  Model& model_;
  std::span<const EnsembleStart> starts_;
  std::vector<BlockElement> elements_;
  std::vector<std::uint32_t> numbers_;
  std::uint64_t seed_;
  std::int64_t step_ = 0;
  BlockWeightNoise weight_noise_;
  Tensor history_, shifted_, next_, physical_, lower_;
  std::vector<float> states_;
  std::vector<std::string> failures_;
};

}  // namespace myriad
