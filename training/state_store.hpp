#pragma once
/// \file
/// Training data in memory: normalised states of one archive, and the statistics that normalise them.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/model/model.hpp"

namespace myriad::train {

/// Reads the physical state of one time into [channel, lat, lon].
using StateLoader = std::function<void(std::int64_t time_index, std::span<float> state)>;

/// States of consecutive or gapped times, fp32, in memory.
class StateStore {
 public:
  /// Reads everything through \p load. Memory: times x channels x points x 4 bytes.
  StateStore(std::vector<Instant> times, std::int64_t channels, const Grid& grid, const StateLoader& load);

  std::int64_t size() const { return static_cast<std::int64_t>(times_.size()); }
  std::int64_t channels() const { return channels_; }
  const Grid& grid() const { return grid_; }
  const Instant& time(std::int64_t i) const { return times_[static_cast<std::size_t>(i)]; }
  /// [channel, lat, lon].
  std::span<const float> state(std::int64_t i) const;

  /// Replace physical by normalised values.
  void normalise(const Normalisation& n);

  /// Indices i of newest history states such that i - (input_times - 1) .. i + steps are all there, \p dt apart.
  std::vector<std::int64_t> starts(std::int64_t input_times, std::int64_t steps, Duration dt) const;

 private:
  std::vector<Instant> times_;
  std::int64_t channels_;
  Grid grid_;
  std::vector<float> values_;
};

/// Area-weighted mean and standard deviation over space and time, and standard deviation of the change over \p dt.
///
/// Sums in fp64 in time order; the result does not depend on the machine's core count. Source: sfno.md 4.5, with exact
/// quadrature weights and the tendency normalised correctly.
Normalisation compute_normalisation(const StateStore& physical, Duration dt);

/// Time mean of each channel [channel][lat, lon], scaled to zero mean and unit standard deviation over the (unweighted) grid.
/// They tell a network where mountains and storm tracks are without any boundary data.
std::vector<std::vector<float>> time_mean_maps(const StateStore& store);

}  // namespace myriad::train
