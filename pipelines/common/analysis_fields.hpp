#pragma once
/// \file
/// Verifying fields by date, read the same way for `myriad verify` and for the scores of a forecast
/// that is running.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"
#include "src/io/field_series.hpp"

namespace myriad::pipelines {

/// An analysis series on the grid and in the units of some forecasts. *Threads*: thread-compatible.
class AnalysisFields {
 public:
  /// \param where area of the log lines about conversions
  /// Errors: those of io::open_field_series.
  AnalysisFields(const std::vector<std::string>& files, const std::vector<io::Channel>& channels,
                 const Grid& grid, const std::string& where);

  /// Field of channel number \p channel valid at \p time, [lat, lon]. False when there is none or
  /// when it is missing as a whole; one with holes holds NaN, which the scores refuse.
  bool read(const Instant& time, std::size_t channel, std::span<float> out);
  /// Title of the first file, or its name.
  const std::string& description() const { return description_; }
  /// Label and value, for reports and files.
  const std::vector<std::pair<std::string, std::string>>& provenance() const { return provenance_; }

 private:
  std::unique_ptr<io::FieldSeries> series_;
  std::string description_;
  std::vector<std::pair<std::string, std::string>> provenance_;
};

}  // namespace myriad::pipelines
