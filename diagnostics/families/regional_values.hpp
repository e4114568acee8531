#pragma once
/// \file
/// Means over a region of the truth and of each member by itself, for whoever needs them start by
/// start.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

namespace detail {
/// Zonal means of the truth and of the first \p members_at_most members, row by row.
///
/// Shapes: record [row, 1 + members_at_most]; members that a case does not have stay as they are.
void regional_values(const CaseRows& rows, std::int64_t members_at_most, std::span<double> record);
}  // namespace detail

/// Family "regional_values" of the channels numbered in \p channels: without scores of its own, its
/// records are the mean over the region of the truth and of the first \p members members.
///
/// Memory: 1 + members numbers per start, channel, lead and region.
std::shared_ptr<const ScoreFamily> make_regional_values_family(std::vector<std::size_t> channels,
                                                               std::int64_t members);

}  // namespace myriad::diag
