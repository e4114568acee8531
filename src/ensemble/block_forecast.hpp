#pragma once
/// \file
/// Stepping one block of members.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/backend/host_copy.hpp"
#include "src/backend/slot.hpp"
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

/// Channels of the states that are to leave the device.
struct StateSelection {
  std::vector<std::size_t> channels;  ///< into the model's
  std::vector<int> significant_bits;  ///< BitRound, 1 to 23 mantissa bits of each channel; empty: nothing is rounded
};

/// Values that a physical state may have, beside being finite.
struct StateBounds {
  std::vector<double> low, high;   ///< [channel], physical units
  std::vector<std::string> units;  ///< [channel]
  std::int64_t first_step = 0;     ///< step of lead 0 (later for lagged analyses)
};

/// Members that are stepped together. Elements do not influence each other, bit for bit, and may start at different dates.
///
/// begin() or restore() once, then advance() step by step; begin_states() and finish_states() at the steps that are wanted.
/// Humidities and precipitation are cut at zero after every step. On a device of its own, begin_states() and advance() only
/// queue work: what follows begin_states() runs while the states leave the device.
class BlockForecast {
 public:
  /// The perturbation of members that start from analysis \p start.
  using PerturbationOf = std::function<InitialPerturbation&(std::size_t start)>;

  /// \param starts analyses, indexed by BlockElement::start; must outlive the block
  BlockForecast(Model& model, std::span<const EnsembleStart> starts, std::vector<BlockElement> elements,
                std::uint64_t seed);

  /// Step every member with perturbed weights from now on (before begin() or restore(): nothing of it is saved).
  void perturb_weights(const WeightPerturbation& perturbation);

  /// States outside \p bounds count as failed too.
  void set_bounds(const StateBounds& bounds);

  void begin(const PerturbationOf& perturbation_of);
  /// Go on from save() of every element, all of them at \p step.
  void restore(std::int64_t step, std::span<const std::vector<std::byte>> saved);
  std::vector<std::byte> save(std::size_t element) const;
  /// Bytes that save() returns.
  static std::size_t saved_bytes(const ModelDescription& description, DType dtype);

  std::span<const BlockElement> elements() const { return elements_; }
  std::int64_t step() const { return step_; }
  void advance();

  /// Begin to hand out the newest states; advance() may be called before finish_states(). A selection without channels is none:
  /// a place in \p wanted that always means the same needs the memory of its own fields only.
  void begin_states(std::span<const StateSelection> wanted);
  /// What begin_states() has made, on the device: f32 [batch, channel, lat, lon], physical units, until the next begin_states().
  ConstTensorView device_states() const { return physical_.view(); }
  /// Wait for the states, physical units: one array [batch, channel of the selection, lat, lon] per selection (empty for one
  /// without channels), valid until the next begin_states(). An element with a NaN, an infinity or a value outside its bounds in
  /// any channel of the model is marked as failed; its values must not be used.
  std::vector<std::span<const float>> finish_states();
  /// Newest states of all channels [batch, channel, lat, lon]: both of the above.
  std::span<const float> states();
  /// Why element \p e failed (member, lead, channel, place); empty while it is sound. An element never recovers.
  const std::string& failure(std::size_t e) const { return failures_[e]; }

 private:
  void select(TensorView fields, ConstTensorView bits, std::span<const std::size_t> channels);
  std::string describe_failure(std::size_t e, std::span<const double> outside);

  /// One selection on its way: its fields on the device and on the host.
  struct Outgoing {
    Slot fields, bits;
    HostCopy host;
  };

  Model& model_;
  std::span<const EnsembleStart> starts_;
  std::vector<BlockElement> elements_;
  std::vector<std::uint32_t> numbers_;
  std::uint64_t seed_;
  std::int64_t step_ = 0;
  BlockWeightNoise weight_noise_;
  Tensor history_, shifted_, next_, lower_;
  Tensor scale_, shift_;  ///< [channel] from normalised to physical
  StateBounds bounds_;    ///< empty: none
  Tensor low_, high_;     ///< f32 [channel], of the check
  // What begin_states() makes and advance() leaves alone: copies of it may be under way.
  Tensor physical_;  ///< f32 [batch, channel, lat, lon]
  Tensor outside_;   ///< f64 [batch, channel]: first bad point
  HostCopy outside_host_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  std::size_t selections_ = 0;    ///< under way
  std::int64_t states_step_ = 0;  ///< of the states under way
  std::vector<std::string> failures_;
};

}  // namespace myriad
