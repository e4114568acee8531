#include "src/statistics/device_tile_exchange.hpp"

#include <algorithm>
#include <numeric>

#include "src/backend/device_transport.hpp"
#include "src/comm/agree.hpp"
#include "src/comm/gather.hpp"

namespace myriad {

namespace {

using Member = DeviceTileExchange::Member;

/// Calls \p use(members, channel, band, tile) for the tiles of \p owner and the members of a date that stand beside each other in
/// \p members: the order of the messages, on both sides.
template <class Use>
void for_tiles_of(const TileLayout& layout, int owner, int ranks, std::span<const Member> members, std::size_t lead,
                  const Use& use) {
  for (std::size_t first = 0, count = 0; first < members.size(); first += count) {
    const std::int64_t date = members[first].date;
    for (count = 1; first + count < members.size() && members[first + count].date == date;) ++count;
    for (std::size_t channel = 0; channel < layout.channels; ++channel) {
      const std::size_t case_number = layout.case_index(static_cast<std::size_t>(date), lead, channel);
      for (std::size_t band = 0; band < layout.bands(); ++band) {
        const std::size_t tile = layout.tile(case_number, band);
        if (TileLayout::owner(tile, ranks) == owner) use(members.subspan(first, count), channel, band, tile);
      }
    }
  }
}

std::size_t values_to(const TileLayout& layout, int owner, int ranks, std::span<const Member> members, std::size_t lead) {
  std::size_t values = 0;
  for_tiles_of(layout, owner, ranks, members, lead,
               [&](std::span<const Member> together, std::size_t, std::size_t band, std::size_t) {
                 values += together.size() * layout.points(band);
               });
  return values;
}

std::int64_t sum(const std::vector<std::size_t>& counts) {
  return static_cast<std::int64_t>(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
}

/// Values that a buffer for \p values holds: an exchange of nothing has buffers too.
std::int64_t buffer_values(std::int64_t values) { return std::max<std::int64_t>(1, values); }

}  // namespace

ExchangeMemory::ExchangeMemory(const TileLayout& layout, int rank, int ranks)
    : dates_(static_cast<std::int64_t>(layout.dates)),
      member_points_(static_cast<std::int64_t>(layout.channels * layout.field_points())) {
  for (std::size_t lead = 0; lead < layout.leads; ++lead) {
    for (std::int64_t date = 0; date < dates_; ++date) {
      const Member one{date, 0, 0};
      owned_.push_back(static_cast<std::int64_t>(values_to(layout, rank, ranks, {&one, 1}, lead)));
    }
  }
}

void ExchangeMemory::add(std::int64_t mine, std::span<const std::int64_t> all) {
  MYRIAD_EXPECT(std::ssize(all) == dates_);
  sent_ = std::max(sent_, mine * member_points_);
  for (auto lead = owned_.begin(); lead != owned_.end(); lead += dates_) {
    received_ = std::max(received_, std::inner_product(all.begin(), all.end(), lead, std::int64_t{0}));
  }
}

std::int64_t ExchangeMemory::bytes() const {
  return (buffer_values(sent_) + buffer_values(received_)) * static_cast<std::int64_t>(sizeof(float));
}

void DeviceTileExchange::begin(std::size_t lead, std::span<const Member> mine, ConstTensorView states,
                               std::span<const std::size_t> channels) {
  MYRIAD_EXPECT(!pending_ && channels.size() == layout_.channels);
  lead_ = lead;
  members_ = gather_lists(comm_, std::vector<Member>(mine.begin(), mine.end()));
  const int ranks = comm_.size(), me = comm_.rank();
  std::vector<std::size_t> send, receive;
  for (int other = 0; other < ranks; ++other) {
    send.push_back(values_to(layout_, other, ranks, mine, lead) * sizeof(float));
    receive.push_back(values_to(layout_, me, ranks, members_[static_cast<std::size_t>(other)], lead) * sizeof(float));
  }
  constexpr auto k_bytes = static_cast<std::int64_t>(sizeof(float));
  TensorView outgoing, incoming;
  // A rank without memory must not keep the others waiting in the exchange.
  run_agreed(comm_, [&] {
    outgoing = outgoing_.get(backend_, DType::f32, {buffer_values(sum(send) / k_bytes)});
    incoming = incoming_.get(backend_, DType::f32, {buffer_values(sum(receive) / k_bytes)});
  });
  pack(outgoing, states, channels);
  collective_.all_to_all(incoming.data, receive, outgoing.data, send);
  received_.begin(backend_, incoming);
  pending_ = true;
}

void DeviceTileExchange::pack(TensorView outgoing, ConstTensorView states, std::span<const std::size_t> channels) const {
  const std::int64_t nlon = layout_.nlon;
  std::int64_t packed = 0;
  for (int to = 0; to < comm_.size(); ++to) {
    for_tiles_of(layout_, to, comm_.size(), members_[static_cast<std::size_t>(comm_.rank())], lead_,
                 [&](std::span<const Member> members, std::size_t channel, std::size_t band, std::size_t) {
                   const std::int64_t rows = layout_.rows(band);
                   const ConstTensorView part = states.slice(1, static_cast<std::int64_t>(channels[channel]), 1)
                                                    .slice(2, layout_.first_row(band), rows);
                   for (std::size_t first = 0, end = 0; first < members.size(); first = end) {
                     // Elements that lie beside each other go in one op.
                     for (end = first + 1; end < members.size() && members[end].element == members[end - 1].element + 1;) ++end;
                     const auto count = static_cast<std::int64_t>(end - first);
                     const TensorView room = outgoing.slice(0, packed, count * rows * nlon);
                     backend_.copy(room.reshape({count, 1, rows, nlon}), part.slice(0, members[first].element, count));
                     packed += room.size();
                   }
                 });
  }
}

void DeviceTileExchange::finish(PieceStore& store, std::span<const Member> lost) {
  MYRIAD_EXPECT(pending_);
  pending_ = false;
  const auto all_lost = gather_lists(comm_, std::vector<Member>(lost.begin(), lost.end()));
  wait_for(collective_);
  std::span<const float> rest = received_.finish<float>();
  for (std::size_t from = 0; from < members_.size(); ++from) {
    const std::vector<Member>& unusable = all_lost[from];
    for_tiles_of(layout_, comm_.rank(), comm_.size(), members_[from], lead_,
                 [&](std::span<const Member> members, std::size_t, std::size_t band, std::size_t tile) {
                   for (const Member& m : members) {
                     const auto part = rest.first(layout_.points(band));
                     rest = rest.subspan(part.size());
                     const bool is_lost = std::any_of(unusable.begin(), unusable.end(), [&](const Member& l) {
                       return l.date == m.date && l.slot == m.slot;
                     });
                     if (!is_lost) store.write(tile, static_cast<std::size_t>(m.slot), std::as_bytes(part));
                   }
                 });
  }
}

}  // namespace myriad
