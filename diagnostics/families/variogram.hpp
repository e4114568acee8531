#pragma once
/// \file
/// Whether differences between neighbouring points are as large as they should be.

#include <cstdint>
#include <optional>
#include <vector>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

struct VariogramOptions {
  std::int64_t nlon = 0;  ///< columns of the grid
  double order = 0.5;                                      ///< p
  std::vector<double> lags_degrees{3.0, 9.0, 18.0, 36.0};  ///< eastwards, whole columns
  /// Between columns; absent: they go once round the globe. Pairs go round where the columns do.
  std::optional<double> spacing_degrees = std::nullopt;
};

/// Family "variogram", of every channel. With x(a), x(b) the values at a point and at the one a lag
/// east of it, v = |x(a) - x(b)|^p, v_i of member i and v_y of the truth, along the lag:
///
/// variogram_score: (mean (v_y - 1/N sum v_i)^2)^(1/(2p)), mean over points and dates; at the
/// default order 1/2 the plain mean. variogram_score_fair: the same of (v_y - 1/N sum v_i)^2 -
/// s_v^2/N, s_v^2 the variance of the v_i (N - 1), which takes out the sampling error of the mean
/// over members; where the mean is negative so is the result. The power gives the unit of the
/// channel. Where points have weights of their own (boxes, masks) a pair counts with the product of
/// both, so that none leaves the region; pairs that would leave the grid do not count; without any
/// pair the score is absent. *Errors* ErrorKind::config_invalid E2556 (order outside 0 < p <= 2, no lag, a lag that
/// is not a whole number of columns, outside 0 to 180 degrees or the grid, or given twice; a grid
/// without longitudes). *Cost* members x
/// lags powers per point. *Source* Scheuerer and Hamill 2015, MWR 143, 1321.
std::shared_ptr<const ScoreFamily> make_variogram_family(const VariogramOptions& options);

}  // namespace myriad::diag
