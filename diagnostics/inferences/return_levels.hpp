#pragma once
/// \file
/// Return levels of the members' block maxima as results of a verification.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "diagnostics/inference.hpp"
#include "diagnostics/report.hpp"
#include "diagnostics/return_levels.hpp"

namespace myriad::diag {

/// Lead times cut into windows of equal length, (after + k window, after + (k + 1) window] hours.
struct LeadWindows {
  double after_hours = 0.0;
  double window_hours = 0.0;  ///< positive

  /// Leads (indices) of the window that ends with lead number \p last; empty when none does.
  std::vector<std::size_t> leads_of(std::span<const double> lead_hours, std::size_t last) const;
};

/// A block maximum is the largest (or smallest) value of the mean over the region in a window of
/// leads of one member of one start. Those of all starts and members are pooled
/// (pooled_return_levels()) and stand at the lead that ends the window:
///
/// along return_period, in windows: return_level with return_level_low and return_level_high (90 %
/// interval), return_level_members and return_level_truth (by rank), return_level_exceedance
/// (share of the truth's maxima beyond the level; 1/period is expected). One value each:
/// gev_location, gev_scale, gev_shape, block_maxima (number of values). A start that lacks a lead of
/// the window is left out of it.
///
/// \param values family "regional_values" among the families of the verification
/// \param channels numbers of the channels that the family holds
std::shared_ptr<const Inference> make_return_levels(std::shared_ptr<const ScoreFamily> values,
                                                    std::vector<std::size_t> channels,
                                                    const LeadWindows& windows,
                                                    const ReturnLevelOptions& options);

/// What the report draws of them, in the order channel, region, lead; cases without a fit are left
/// out.
std::vector<ReturnLevelCurve> return_level_curves(const Verification& results);

}  // namespace myriad::diag
