#pragma once
/// \file
/// What `myriad verify` scores of what it reads: variables that are computed from channels, and
/// forecasts of some months only.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "diagnostics/derived.hpp"
#include "pipelines/verify/forecast_source.hpp"
#include "src/base/config.hpp"

namespace myriad::pipelines {

/// Keys `derived` and `select`.
void add_scored_field_keys(Schema& schema);

/// The keys `channels`, `derived` and `select` of a verification.
///
/// Derived variables are computed from each member, the control and the truth by themselves, after
/// conversion of the inputs to the units that their definition needs. They are scored after the
/// channels, in the order given. Months are those of the starts, so that every lead is averaged
/// over the same forecasts.
class ScoredFields {
 public:
  /// Errors: config_invalid E2558 (no such variable), E2730 (a variable twice, or one that is also
  /// a channel asked for; nothing to score), E2733 (months and a season).
  explicit ScoredFields(const Config& config);

  /// Channels that must be opened: those asked for and the inputs of the derived variables; empty:
  /// all there are.
  const std::vector<std::string>& channels_to_open() const { return to_open_; }
  /// Call \p open; an error about an input of a derived variable names the variable.
  /// Errors: those of \p open, E2731 in place of those about such an input.
  void open(const std::function<void()>& open) const;
  /// Put what is scored in place of what was opened; without derived variables and months nothing
  /// changes.
  /// Errors: input_missing E2731 (an input that is not there); config_invalid E2732 (an input in a
  /// unit that cannot be converted), E2730 (a variable that is also a channel); input_missing
  /// E2734 (no start in the months).
  void apply(std::unique_ptr<ForecastSource>& forecasts, std::unique_ptr<TruthSource>& truth) const;

 private:
  std::vector<std::string> channels_;  ///< asked for
  bool all_channels_ = false;
  std::vector<diag::DerivedVariable> derived_;
  std::vector<std::string> to_open_;
  std::vector<int> months_;  ///< 1..12; empty: all
};

}  // namespace myriad::pipelines
