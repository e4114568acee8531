#pragma once
/// \file
/// The distribution of the climate at every grid point, as quantiles per calendar month.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"

namespace myriad::diag {

/// Quantiles of a model climate or of analyses.
///
/// File layout: <channel>(month, quantile, lat, lon) with the coordinates month (1 to 12) and
/// quantile (cumulative probability, increasing, units "percent" or "1"), lat and lon. Each month
/// stands for the dates of that calendar month.
class ClimateQuantiles {
 public:
  /// Read the channels that the file has, at the months of \p dates only; the other channels stay
  /// without climate (has() is false).
  /// Errors: input_missing; input_corrupt E2520 (other grid), E2521 (shape or units), E2522
  /// (missing values), E2523 (probabilities or months out of order, quantiles that fall).
  ClimateQuantiles(const std::string& path, const Grid& grid,
                   const std::vector<io::Channel>& channels, std::span<const Instant> dates);

  bool has(std::size_t channel) const { return present_[channel]; }
  /// Cumulative probabilities, 0..1, increasing.
  const std::vector<double>& probabilities() const { return probabilities_; }
  /// Index of a probability that the file holds (to 1e-9).
  /// Errors: ErrorKind::input_corrupt E2524.
  std::size_t index_of(double probability) const;
  /// Quantiles [quantile, lat, lon] of the month of \p date, in the unit the channel was asked for.
  /// Preconditions: has(channel); the month was among those read.
  std::span<const float> month_of(std::size_t channel, const Instant& date) const;
  /// Title of the file.
  const std::string& title() const { return title_; }

 private:
  std::string path_;
  std::string title_;
  std::vector<double> probabilities_;
  std::vector<bool> present_;  ///< [channel]
  std::vector<std::array<std::vector<float>, 12>>
      values_;  ///< [channel][month][quantile, lat, lon]
};

}  // namespace myriad::diag
