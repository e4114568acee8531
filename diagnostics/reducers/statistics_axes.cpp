#include "diagnostics/reducers/statistics_axes.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/finite.hpp"
#include "src/base/error.hpp"

namespace myriad::diag::detail {
void check_tile(const EnsembleTile& tile, const StatisticsAxes& axes) {
  MYRIAD_EXPECT(tile.channel < axes.channels.size() && tile.lead < axes.leads.size());
  MYRIAD_EXPECT(tile.rows > 0 && tile.nlon == axes.grid.nlon());
  MYRIAD_EXPECT(tile.first_row >= 0 && tile.first_row + tile.rows <= axes.grid.nlat());
  MYRIAD_EXPECT(!tile.members.empty());
  MYRIAD_EXPECT(std::is_sorted(tile.members.begin(), tile.members.end()));
  const auto points = static_cast<std::size_t>(tile.points());
  MYRIAD_EXPECT(tile.member_step >= tile.points());
  MYRIAD_EXPECT(tile.values.size() >=
                (tile.members.size() - 1) * static_cast<std::size_t>(tile.member_step) + points);
  for (std::size_t i = 0; i < tile.members.size(); ++i) {
    const auto values = tile.member(i);
    if (all_finite(values)) continue;
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
    const auto point = static_cast<std::int64_t>(bad - values.begin());
    throw Error(
        ErrorKind::quality, "E2530",
        fmt::format("member {} of {} at lead {} h cannot enter the statistics (row {}, column {} "
                    "is {}) rerun that member or leave it out",
                    tile.members[i], axes.channels[tile.channel].name,
                    axes.leads[tile.lead].in_hours(), tile.first_row + point / tile.nlon,
                    point % tile.nlon, *bad));
  }
}

CaseFields fields_of(const EnsembleTile& tile) {
  CaseFields fields;
  fields.nlat = tile.rows;
  fields.nlon = tile.nlon;
  return fields;
}

io::NcAttributes map_attributes(const io::Channel& channel, const std::string& what,
                                const std::string& cell_method) {
  return {{"standard_name", channel.standard_name},
          {"long_name", channel.long_name + ", ensemble " + what},
          {"units", channel.units},
          {"cell_methods", channel.cell_methods + " realization: " + cell_method}};
}

}  // namespace myriad::diag::detail
