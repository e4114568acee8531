#pragma once
/// \file
/// Runs reducers over ensembles that are cut into tiles of rows.

#include <cstdint>
#include <vector>

#include "diagnostics/reducers/statistics_axes.hpp"

namespace myriad::diag::test {

/// One case of an ensemble on a whole grid.
struct Slab {
  std::size_t channel = 0;
  std::size_t lead = 0;
  std::vector<std::uint32_t> members;
  std::vector<float> values;  ///< [member, lat, lon]
};

/// What a case was reduced to.
struct Reduced {
  std::vector<std::vector<float>> maps;  ///< [field][lat, lon]
  std::vector<double> record;
  std::vector<std::int64_t> tile_rows;

  std::vector<float> all_maps() const;
};

/// Axes of z500 and t850 at 0 and 24 h from 2003-01-15 on a small Gaussian grid.
StatisticsAxes small_axes(std::int64_t nlat = 6, std::int64_t nlon = 12);

/// Reduce \p slab in tiles of \p tile_rows rows (the last one may be shorter), southernmost tile
/// first, and finish the case.
Reduced reduce_in_tiles(Reducer& reducer, const StatisticsAxes& axes, const Slab& slab,
                        std::int64_t tile_rows);

/// Gaussian members around 280 with numbers 0, 1, ...; rounded to steps of \p step, so that ties
/// occur, unless it is 0.
Slab gaussian_slab(const StatisticsAxes& axes, std::int64_t members, std::uint64_t seed,
                   double step = 0.0);

/// Values of all members at one point, in member order.
std::vector<double> column(const Slab& slab, std::size_t points, std::size_t point);

/// Map by name.
const std::vector<float>& map_of(const Reducer& reducer, const Reduced& reduced,
                                 std::size_t channel, const std::string& name);

}  // namespace myriad::diag::test
