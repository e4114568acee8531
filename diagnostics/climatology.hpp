#pragma once
/// \file
/// The climate of the verifying data as a function of the date, from a file of annual harmonics.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"

namespace myriad::diag {

/// Mean and standard deviation per grid point and date.
///
/// File layout: clim_<channel>(coef, lat, lon) with an odd number of coefficients c0, c1, ..., and
/// std_<channel>(lat, lon):
///   mean(t) = c0 + sum_k c_(2k-1) cos(k a) + c_(2k) sin(k a),  a = 2 pi (day of year - 1 +
///   hour/24) / 365
class Climatology {
 public:
  /// Read the channels that the file has; the others stay without climate (has() is false).
  /// Errors: input_missing, input_corrupt (E2520 other grid, E2521 shape or units, E2522 values
  /// that are not finite).
  Climatology(const std::string& file, const Grid& grid, const std::vector<io::Channel>& channels);

  bool has(std::size_t channel) const { return !channels_[channel].coefficients.empty(); }
  /// Shapes: out [lat, lon], in the unit the channel was asked for.
  void mean(std::size_t channel, const Instant& time, std::span<float> out) const;
  /// [lat, lon]; empty when the file has none.
  std::span<const float> deviation(std::size_t channel) const {
    return channels_[channel].deviation;
  }
  /// Title of the file, for the report.
  const std::string& title() const { return title_; }

 private:
  struct ChannelClimate {
    std::vector<double> coefficients;  ///< [coef, lat, lon]
    std::vector<float> deviation;      ///< [lat, lon]
  };
  std::int64_t points_;
  std::vector<ChannelClimate> channels_;
  std::string title_;
};

}  // namespace myriad::diag
