#include "src/statistics/tile_exchange.hpp"

#include "src/comm/gather.hpp"

namespace myriad {

namespace {

/// What a rank hands in, without the fields.
struct Entry {
  std::int64_t date = 0;
  std::int64_t slot = 0;
};

/// Calls \p use(channel, band, tile) for every tile of \p owner at a date and lead, in order.
template <class Use>
void for_tiles_of(const TileLayout& layout, int owner, int ranks, std::int64_t date, std::size_t lead, const Use& use) {
  for (std::size_t channel = 0; channel < layout.channels; ++channel) {
    const std::size_t case_number = layout.case_index(static_cast<std::size_t>(date), lead, channel);
    for (std::size_t band = 0; band < layout.bands(); ++band) {
      const std::size_t tile = layout.tile(case_number, band);
      if (TileLayout::owner(tile, ranks) == owner) use(channel, band, tile);
    }
  }
}

std::span<const float> band_of(const TileLayout& layout, std::span<const float> fields, std::size_t channel,
                               std::size_t band) {
  return fields.subspan(channel * layout.field_points() + static_cast<std::size_t>(layout.first_row(band) * layout.nlon),
                        layout.points(band));
}

}  // namespace

void exchange_tiles(Comm& comm, const TileLayout& layout, PieceStore& store, std::size_t lead,
                    std::span<const MemberFields> mine) {
  const int ranks = comm.size();
  if (ranks == 1) {
    for (const MemberFields& m : mine) {
      for_tiles_of(layout, 0, 1, m.date, lead, [&](std::size_t channel, std::size_t band, std::size_t tile) {
        store.write(tile, static_cast<std::size_t>(m.slot), std::as_bytes(band_of(layout, m.fields, channel, band)));
      });
    }
    return;
  }

  std::vector<Entry> my_entries;
  for (const MemberFields& m : mine) my_entries.push_back({m.date, m.slot});
  const std::vector<std::vector<Entry>> entries = gather_lists(comm, my_entries);
  std::vector<float> outgoing;
  std::vector<std::size_t> send_counts, receive_counts;
  for (int to = 0; to < ranks; ++to) {
    const std::size_t before = outgoing.size();
    for (const MemberFields& m : mine) {
      for_tiles_of(layout, to, ranks, m.date, lead, [&](std::size_t channel, std::size_t band, std::size_t) {
        const auto part = band_of(layout, m.fields, channel, band);
        outgoing.insert(outgoing.end(), part.begin(), part.end());
      });
    }
    send_counts.push_back((outgoing.size() - before) * sizeof(float));
  }
  std::size_t total = 0;
  for (int from = 0; from < ranks; ++from) {
    std::size_t count = 0;
    for (const Entry& entry : entries[static_cast<std::size_t>(from)]) {
      for_tiles_of(layout, comm.rank(), ranks, entry.date, lead,
                   [&](std::size_t, std::size_t band, std::size_t) { count += layout.points(band); });
    }
    receive_counts.push_back(count * sizeof(float));
    total += count;
  }
  std::vector<float> incoming(total);
  comm.all_to_all(std::as_bytes(std::span(outgoing)), send_counts, std::as_writable_bytes(std::span(incoming)),
                  receive_counts);
  std::span<const float> rest(incoming);
  for (const auto& from : entries) {
    for (const Entry& entry : from) {
      for_tiles_of(layout, comm.rank(), ranks, entry.date, lead,
                   [&](std::size_t, std::size_t band, std::size_t tile) {
                     store.write(tile, static_cast<std::size_t>(entry.slot), std::as_bytes(rest.first(layout.points(band))));
                     rest = rest.subspan(layout.points(band));
                   });
    }
  }
}

std::vector<float> read_tile(const TileLayout& layout, const PieceStore& store, std::size_t case_number, std::size_t band,
                             std::span<const std::size_t> slots) {
  const std::size_t points = layout.points(band);
  std::vector<float> values(slots.size() * points);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    store.read(layout.tile(case_number, band), slots[i],
               std::as_writable_bytes(std::span(values).subspan(i * points, points)));
  }
  return values;
}

}  // namespace myriad
