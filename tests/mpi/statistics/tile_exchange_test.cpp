#include "src/statistics/tile_exchange.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/mpi_test.hpp"

namespace myriad {
namespace {

float value(std::int64_t date, std::size_t lead, std::int64_t slot, std::size_t channel, std::size_t point) {
  return static_cast<float>(((date * 7 + static_cast<std::int64_t>(lead)) * 11 + slot) * 100 + static_cast<std::int64_t>(channel * 40 + point));
}

/// Members are dealt unevenly; some ranks have none at some leads.
TEST(TileExchange, EveryTileHoldsEveryMemberWhateverTheRanks) {
  Comm& comm = test::world();
  const TileLayout layout{2, 3, 2, 5, 4, 6, 3};  // 4 rows in bands of 3 and 1
  const auto store = make_memory_store({layout.tiles(), layout.members, layout.piece_bytes()});
  for (std::size_t lead = 0; lead < layout.leads; ++lead) {
    std::vector<std::vector<float>> fields;
    std::vector<MemberFields> mine;
    for (std::int64_t date = 0; date < 2; ++date) {
      for (std::int64_t slot = 0; slot < 5; ++slot) {
        if ((date + slot / 2) % comm.size() != comm.rank()) continue;
        std::vector<float> field;
        for (std::size_t c = 0; c < 2; ++c) {
          for (std::size_t p = 0; p < layout.field_points(); ++p) field.push_back(value(date, lead, slot, c, p));
        }
        fields.push_back(std::move(field));
        mine.push_back({date, slot, {}});
      }
    }
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i].fields = fields[i];
    exchange_tiles(comm, layout, *store, lead, mine);
  }
  std::int64_t owned = 0;
  const std::vector<std::size_t> slots{0, 1, 3, 4};
  for (std::int64_t date = 0; date < 2; ++date) {
    for (std::size_t lead = 0; lead < layout.leads; ++lead) {
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t band = 0; band < layout.bands(); ++band) {
          const std::size_t number = layout.case_index(static_cast<std::size_t>(date), lead, c);
          if (TileLayout::owner(layout.tile(number, band), comm.size()) != comm.rank()) continue;
          ++owned;
          const auto tile = read_tile(layout, *store, number, band, slots);
          const std::size_t first = static_cast<std::size_t>(layout.first_row(band)) * 6;
          for (std::size_t i = 0; i < slots.size(); ++i) {
            for (std::size_t p = 0; p < layout.points(band); ++p) {
              ASSERT_EQ(tile[i * layout.points(band) + p],
                        value(date, lead, static_cast<std::int64_t>(slots[i]), c, first + p));
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(comm.sum(owned), static_cast<std::int64_t>(layout.tiles()));
}

}  // namespace
}  // namespace myriad
