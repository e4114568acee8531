#pragma once
/// \file
/// Regions of a verification beside the standard ones: bands, boxes and masks.

#include <vector>

#include "diagnostics/area.hpp"
#include "src/base/config.hpp"
#include "src/grid/grid.hpp"

namespace myriad::pipelines {

/// Key `regions`.
void add_region_keys(Schema& schema);

/// The regions of \p entries (section list `regions`) on \p grid, in their order.
///
/// A point belongs to a box when its latitude and longitude do, both edges included; boxes go
/// eastwards from `west` to `east`, across any meridian. A mask is a variable (lat, lon) of weights
/// 0 to 1 on the grid, rows in either order, a leading dimension of length 1 allowed; a box cuts
/// it.
/// Errors: config_invalid E2735 (a name that is no identifier or exists, edges that contradict, a
/// grid without latitudes); those of NetcdfFile::open; input_missing E2736 (no such variable, or
/// several to choose from); input_corrupt E2736 (another grid, weights outside 0 to 1 or missing).
std::vector<diag::Region> read_regions(const std::vector<Config>& entries, const Grid& grid);

}  // namespace myriad::pipelines
