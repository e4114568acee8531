#include "src/statistics/reducer.hpp"

#include <algorithm>

namespace myriad {

void reduce_tile(std::span<const std::unique_ptr<Reducer>> reducers, const EnsembleTile& tile, MemberColumns& columns,
                 std::vector<std::vector<float>>& maps, std::vector<std::vector<double>>& records) {
  const auto points = static_cast<std::size_t>(tile.points());
  std::vector<std::size_t> fields;
  maps.clear();
  records.clear();
  for (const auto& reducer : reducers) {
    fields.push_back(reducer->fields(tile.channel).size());
    maps.emplace_back(fields.back() * points);
    records.emplace_back(reducer->record_size(tile.rows));
  }
  const auto members = static_cast<std::int64_t>(tile.members.size());
  const std::int64_t step = MemberColumns::rows_at_once(columns.backend(), members, tile.nlon);
  std::vector<float> some;
  for (std::int64_t row = 0; row < tile.rows; row += step) {
    EnsembleTile part = tile;
    part.first_row = tile.first_row + row;
    part.rows = std::min(step, tile.rows - row);
    part.values = tile.values.subspan(static_cast<std::size_t>(row * tile.nlon));
    const auto begin = static_cast<std::size_t>(row * tile.nlon), size = static_cast<std::size_t>(part.points());
    columns.load(part.values, members, tile.member_step, part.points());
    for (std::size_t r = 0; r < reducers.size(); ++r) {
      some.assign(fields[r] * size, 0.0F);
      const std::size_t record = reducers[r]->record_size(part.rows), before = reducers[r]->record_size(row);
      reducers[r]->reduce(part, columns, some, std::span(records[r]).subspan(before, record));
      for (std::size_t f = 0; f < fields[r]; ++f) {
        std::copy_n(some.begin() + static_cast<std::ptrdiff_t>(f * size), size,
                    maps[r].begin() + static_cast<std::ptrdiff_t>(f * points + begin));
      }
    }
  }
}

}  // namespace myriad
