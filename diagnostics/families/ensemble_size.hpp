#pragma once
/// \file
/// What an ensemble would have shown with fewer members: how far it reaches, and how near its best member comes.

#include <cstdint>
#include <vector>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

/// Family "ensemble_size", of every channel. For n of the N members drawn with replacement (closed forms of ensemble_size.hpp, no
/// resampling), along the ensemble size n:
///
/// information_gain: mean over the points at which the members differ of information_gain(), standard deviations from the mean to
/// the expected extreme of n members; best_member_error_by_size: mean expected error min_i |x_i - y| of the member nearest to the
/// truth; best_member_gain: 1 - that of n over that of one, the mean absolute error of a single member. Means over area and dates.
///
/// n = N draws hold about 63 % of the members, so that best_member_error (of all N) is smaller than the last value.
/// *Errors* ErrorKind::config_invalid E2533 (no size, one below 1, one given twice). *Cost* two passes over the sorted members per
/// size. *Source* Mahesh et al. 2024, arXiv 2408.01581 (HENS, part II); sfno.md 8.4.
std::shared_ptr<const ScoreFamily> make_ensemble_size_family(std::vector<std::int64_t> sizes);

/// 1, 2, 4, ... below \p members, and \p members.
std::vector<std::int64_t> doubling_sizes(std::int64_t members);

}  // namespace myriad::diag
