#pragma once
/// \file
/// What the readers of climate files share.

#include "src/grid/grid.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::diag::detail {

/// Refuse a climate whose lat and lon are not those of \p grid (1e-3 degrees).
/// Errors: ErrorKind::input_corrupt E2520.
void check_climate_grid(const io::NetcdfFile& file, const Grid& grid);

}  // namespace myriad::diag::detail
