#pragma once
/// \file
/// Scores of the mean over a region.

#include <cstdint>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

struct RegionalMeanOptions {
  std::int64_t members_at_most = 64;  ///< the first so many are looked at
};

/// Family "regional_mean", of every channel. A pointwise score cannot see whether errors of
/// neighbours belong together; the mean over a region can. With X_i and Y the area means of member
/// i and of the truth, M their mean and N their number, for each date and then averaged:
///
/// regional_crps_fair, regional_crps_standard: CRPS of the X_i against Y; regional_spread: standard
/// deviation of the X_i (N - 1); regional_error: |M - Y|; regional_error_expected:
/// sqrt((N+1)/(N-1)) 1/N sum|X_i - M|, which for a reliable Gaussian ensemble has the expectation
/// of regional_error. More than regional_error tells of noise that all points share, less of noise
/// that they do not. *Errors* ErrorKind::config_invalid E2554 (fewer than 2 members). *Source*
/// generative.md 9.2. The factor: E|X_i - M| = sqrt(2/pi) s sqrt((N-1)/N), E|M - Y| = sqrt(2/pi) s
/// sqrt((N+1)/N).
std::shared_ptr<const ScoreFamily> make_regional_mean_family(const RegionalMeanOptions& options);

}  // namespace myriad::diag
