#include "src/statistics/tile_exchange.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "src/backend/counting_backend.hpp"
#include "src/backend/device_transport.hpp"
#include "src/backend/registry.hpp"
#include "src/statistics/device_tile_exchange.hpp"
#include "tests/support/mpi_test.hpp"

namespace myriad {
namespace {

float value(std::int64_t date, std::size_t lead, std::int64_t slot, std::size_t channel, std::size_t point) {
  return static_cast<float>(((date * 7 + static_cast<std::int64_t>(lead)) * 11 + slot) * 100 + static_cast<std::int64_t>(channel * 40 + point));
}

/// A member of a rank.
struct MemberPlace {
  std::int64_t date = 0;
  std::int64_t slot = 0;
};

const TileLayout k_layout{2, 3, 2, 5, 4, 6, 3};  // 4 rows in bands of 3 and 1

/// Members of this rank, dealt unevenly; some ranks have none at some leads.
std::vector<MemberPlace> places() {
  Comm& comm = test::world();
  std::vector<MemberPlace> mine;
  for (std::int64_t date = 0; date < 2; ++date) {
    for (std::int64_t slot = 0; slot < 5; ++slot) {
      if ((date + slot / 2) % comm.size() == comm.rank()) mine.push_back({date, slot});
    }
  }
  return mine;
}

std::vector<float> field_of(const MemberPlace& m, std::size_t lead) {
  std::vector<float> field;
  for (std::size_t c = 0; c < k_layout.channels; ++c) {
    for (std::size_t p = 0; p < k_layout.field_points(); ++p) field.push_back(value(m.date, lead, m.slot, c, p));
  }
  return field;
}

/// Every tile is on its owner and holds the slots, which are there at every date.
void check_tiles(const PieceStore& store, const std::vector<std::size_t>& slots) {
  Comm& comm = test::world();
  const TileLayout& layout = k_layout;
  std::int64_t owned = 0;
  for (std::int64_t date = 0; date < 2; ++date) {
    for (std::size_t lead = 0; lead < layout.leads; ++lead) {
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t band = 0; band < layout.bands(); ++band) {
          const std::size_t number = layout.case_index(static_cast<std::size_t>(date), lead, c);
          if (TileLayout::owner(layout.tile(number, band), comm.size()) != comm.rank()) continue;
          ++owned;
          const auto tile = read_tile(layout, store, number, band, slots);
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

std::unique_ptr<PieceStore> make_store() {
  return make_memory_store({k_layout.tiles(), k_layout.members, k_layout.piece_bytes()});
}

TEST(TileExchange, EveryTileHoldsEveryMemberWhateverTheRanks) {
  const auto store = make_store();
  for (std::size_t lead = 0; lead < k_layout.leads; ++lead) {
    std::vector<std::vector<float>> fields;
    std::vector<MemberFields> mine;
    for (const MemberPlace& m : places()) {
      fields.push_back(field_of(m, lead));
      mine.push_back({m.date, m.slot, {}});
    }
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i].fields = fields[i];
    exchange_tiles(test::world(), k_layout, *store, lead, mine);
  }
  check_tiles(*store, {0, 1, 3, 4});
}

/// The states hold a channel and an element that nobody wants; slot 2 is lost at the last moment, and only there missing.
template <class T>
void check_device_exchange() {
  Comm& comm = test::world();
  const auto backend = make_backend("cuda");
  const DeviceTransport transport(*backend, comm, Transport::nccl);
  const std::vector<std::size_t> channels{2, 0};
  const auto store = make_store();
  CountingBackend counting(backend);
  DeviceTileExchange exchange(comm, counting, *transport.collective(), k_layout);
  for (std::size_t lead = 0; lead < k_layout.leads; ++lead) {
    std::vector<DeviceTileExchange::Member> mine, lost;
    std::vector<double> host;
    std::int64_t element = 0;
    for (const MemberPlace& m : places()) {
      if (element == 1) host.insert(host.end(), 3 * k_layout.field_points(), -1.0), ++element;  // given up earlier
      const std::vector<float> field = field_of(m, lead);
      const auto middle = field.begin() + static_cast<std::ptrdiff_t>(k_layout.field_points());
      host.insert(host.end(), middle, field.end());
      host.insert(host.end(), k_layout.field_points(), -2.0);
      host.insert(host.end(), field.begin(), middle);
      mine.push_back({m.date, m.slot, element++});
      if (m.slot == 2) lost.push_back(mine.back());
    }
    Tensor states;
    if (element > 0) {
      states = Tensor(*backend, kernels::dtype_of<T>(), {element, 3, k_layout.nlat, k_layout.nlon});
      states.assign(host);
    }
    exchange.begin(lead, mine, std::as_const(states).view(), channels);
    if (!states.empty()) backend->fill(states, -3.0);  // what comes later
    EXPECT_TRUE(exchange.pending());
    exchange.finish(*store, lost);
    EXPECT_FALSE(exchange.pending());
  }
  check_tiles(*store, {0, 1, 3, 4});
  for (std::size_t tile = 0; tile < k_layout.tiles(); ++tile) EXPECT_FALSE(store->has(tile, 2));
  // What is planned is what was taken, to the byte.
  ExchangeMemory memory(k_layout, comm.rank(), comm.size());
  memory.add(std::ssize(places()), std::vector<std::int64_t>{5, 5});
  memory.add(0, std::vector<std::int64_t>{1, 0});  // a smaller exchange fits into the same buffers
  EXPECT_EQ(memory.bytes(), counting.bytes_peak());
}

TEST(ExchangeMemory, OfARankIsWhatItsMembersSendAndWhatItsTilesReceive) {
  // By hand: 2 x 24 values of a member go out. Tiles of a lead: bands of 18 and 6 values of each channel, dealt to three ranks in
  // turn from tile 12 date + 4 lead on: ranks 0, 1, 2 keep 24, 6, 18 values at lead 0, 18, 24, 6 at lead 1 and 6, 18, 24 at lead 2 of
  // either date.
  for (int rank = 0; rank < 3; ++rank) {
    ExchangeMemory memory(k_layout, rank, 3);
    EXPECT_EQ(memory.bytes(), 2 * 4);  // nothing yet
    memory.add(3, std::vector<std::int64_t>{4, 3});
    EXPECT_EQ(memory.bytes(), (3 * 48 + 7 * 24) * 4) << rank;
    memory.add(1, std::vector<std::int64_t>{0, 8});
    EXPECT_EQ(memory.bytes(), (3 * 48 + 8 * 24) * 4) << rank;
  }
}

TEST(TileExchange, FromDeviceToDeviceGivesTheSameTiles) {
  check_device_exchange<float>();
  check_device_exchange<double>();
}

}  // namespace
}  // namespace myriad
