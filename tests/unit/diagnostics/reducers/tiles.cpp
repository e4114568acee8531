#include "tests/unit/diagnostics/reducers/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag::test {

std::vector<float> Reduced::all_maps() const {
  std::vector<float> all;
  for (const auto& map : maps) all.insert(all.end(), map.begin(), map.end());
  return all;
}

StatisticsAxes small_axes(std::int64_t nlat, std::int64_t nlon) {
  return {Grid(GridType::legendre_gauss, nlat, nlon),
          {io::make_channel("z500"), io::make_channel("t850")},
          Instant::parse("2003-01-15"),
          {Duration::hours(0), Duration::hours(24)}};
}

Reduced reduce_in_tiles(Reducer& reducer, const StatisticsAxes& axes, const Slab& slab,
                        std::int64_t tile_rows) {
  const std::int64_t nlat = axes.grid.nlat(), nlon = axes.grid.nlon();
  const auto points = static_cast<std::size_t>(axes.grid.points());
  const std::size_t fields = reducer.fields(slab.channel).size();
  Reduced out;
  out.maps.assign(fields, std::vector<float>(points, -1.0F));
  out.record.assign(reducer.record_size(nlat), -1.0);
  for (std::int64_t first = 0; first < nlat; first += tile_rows)
    out.tile_rows.push_back(std::min(tile_rows, nlat - first));
  std::int64_t first = nlat;
  std::size_t record_end = out.record.size();
  for (std::size_t t = out.tile_rows.size(); t-- > 0;) {
    const std::int64_t rows = out.tile_rows[t];
    first -= rows;
    const auto begin = static_cast<std::size_t>(first * nlon);
    const auto size = static_cast<std::size_t>(rows * nlon);
    std::vector<float> values;
    for (std::size_t i = 0; i < slab.members.size(); ++i) {
      const float* from = slab.values.data() + i * points + begin;
      values.insert(values.end(), from, from + size);
    }
    EnsembleTile tile{slab.channel, slab.lead,    first,  rows,
                      nlon,         slab.members, values, rows * nlon};
    MemberColumns columns(backend());
    columns.load(values, static_cast<std::int64_t>(slab.members.size()), tile.member_step,
                 tile.points());
    std::vector<float> maps(fields * size, -1.0F);
    const std::size_t record = reducer.record_size(rows);
    record_end -= record;
    reducer.reduce(tile, columns, maps, std::span(out.record).subspan(record_end, record));
    for (std::size_t f = 0; f < fields; ++f) {
      std::copy_n(maps.begin() + static_cast<std::ptrdiff_t>(f * size), size,
                  out.maps[f].begin() + static_cast<std::ptrdiff_t>(begin));
    }
  }
  if (record_end != 0) throw std::logic_error("records of the tiles do not add up");
  reducer.finish_case(slab.channel, slab.lead, out.all_maps(), out.tile_rows, out.record);
  return out;
}

Slab gaussian_slab(const StatisticsAxes& axes, std::int64_t members, std::uint64_t seed,
                   double step) {
  Slab slab;
  for (std::int64_t i = 0; i < members; ++i) slab.members.push_back(static_cast<std::uint32_t>(i));
  for (double draw : normals(static_cast<std::size_t>(members * axes.grid.points()), seed)) {
    const double value = 280.0 + 4.0 * draw;
    slab.values.push_back(static_cast<float>(step > 0.0 ? step * std::round(value / step) : value));
  }
  return slab;
}

std::vector<double> column(const Slab& slab, std::size_t points, std::size_t point) {
  std::vector<double> out;
  for (std::size_t i = 0; i < slab.members.size(); ++i)
    out.push_back(static_cast<double>(slab.values[i * points + point]));
  return out;
}

const std::vector<float>& map_of(const Reducer& reducer, const Reduced& reduced,
                                 std::size_t channel, const std::string& name) {
  const auto fields = reducer.fields(channel);
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (fields[f].name == name) return reduced.maps[f];
  }
  throw std::logic_error("no map " + name);
}

}  // namespace myriad::diag::test
