#pragma once
/// \file
/// Traces that a network's grid or patches leave in its fields.

#include <cstdint>

#include "diagnostics/score_family.hpp"
#include "src/grid/grid.hpp"

namespace myriad::diag {

struct ArtefactOptions {
  Grid grid;
  std::int64_t members_at_most = 16;  ///< the first so many have their zonal spectra taken
};

/// Family "artefacts", of every channel of a global grid.
///
/// Along the zonal wavenumber m = nlon/2, nlon/3, nlon/4, nlon/8, nlon/12 (those that are whole
/// numbers of at least 4), where patches, meshes and two-grid waves show: grid_spike_ratio, the
/// power of the members at m over the median power of the wavenumbers up to 3 away; 1 is smooth,
/// above 1.5 suspicious. grid_spike_ratio_truth: the same of the truth, whose spectrum is steep
/// where it is resolved. Powers |sum_j x_j e^(-2 pi i m j / nlon)|^2 are averaged over rows, members
/// and dates first.
///
/// polar_variance_ratio: ensemble variance poleward of 85 degrees over that between 80 and 85
/// degrees; far from 1 where a transform treats m = 0 wrongly. Absent where a region or grid has no
/// such rows. The spike ratios are absent in regions whose points have weights, which cut the circles.
///
/// Errors: ErrorKind::config_invalid E2559 for a part of the sphere. Source: generative.md 9.5. Cost: nlon times at most 35 wavenumbers per row and member.
std::shared_ptr<const ScoreFamily> make_artefact_family(const ArtefactOptions& options);

}  // namespace myriad::diag
