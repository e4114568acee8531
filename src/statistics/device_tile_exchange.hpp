#pragma once
/// \file
/// From members to tiles when the fields are on devices.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/collective.hpp"
#include "src/backend/host_copy.hpp"
#include "src/backend/slot.hpp"
#include "src/comm/comm.hpp"
#include "src/state/piece_store.hpp"
#include "src/statistics/tile_layout.hpp"

namespace myriad {

/// Device memory that the exchanges of a rank take at most, found without making them.
class ExchangeMemory {
 public:
  ExchangeMemory(const TileLayout& layout, int rank, int ranks);
  /// Count exchanges at every lead, of \p mine members of this rank and \p all [date] members of all ranks together.
  void add(std::int64_t mine, std::span<const std::int64_t> all);
  /// Of both buffers of DeviceTileExchange, which grow to the largest exchange.
  std::int64_t bytes() const;

 private:
  std::vector<std::int64_t> owned_;  ///< [lead, date] points of a member in the tiles of this rank
  std::int64_t dates_ = 0, member_points_ = 0;
  std::int64_t sent_ = 0, received_ = 0;  ///< values of the largest exchange
};

/// What exchange_tiles() does, from device to device: of the fields, only what this rank keeps comes to the host.
///
/// begin() issues the exchange; the next step may be issued before finish() and runs while the fields leave the device.
/// *Determinism* the content of the tiles is that of exchange_tiles(), bit for bit.
class DeviceTileExchange {
 public:
  /// A member of this rank.
  struct Member {
    std::int64_t date = 0;
    std::int64_t slot = 0;     ///< position among the members of the forecast
    std::int64_t element = 0;  ///< of the batch
  };

  /// Everything must outlive the object. \p collective is that of \p backend on the ranks of \p comm.
  DeviceTileExchange(Comm& comm, Backend& backend, kernels::Collective& collective, const TileLayout& layout)
      : comm_(comm), backend_(backend), collective_(collective), layout_(layout) {}

  /// Collective: issue the exchange of the fields of all ranks at \p lead.
  /// \param states [batch, channel, lat, lon]; must keep its values until the ops issued so far are complete
  /// \param channels which channel of \p states is each channel of the statistics
  /// Errors: a lack of memory, of the device agreed on by all ranks, of the host of this rank alone.
  void begin(std::size_t lead, std::span<const Member> mine, ConstTensorView states, std::span<const std::size_t> channels);
  bool pending() const { return pending_; }

  /// Collective: store what came in the tiles of this rank, but for the members \p lost (of this rank; element is not read),
  /// which turned out to be unusable after begin().
  /// Errors: those of wait_for() and of PieceStore::write, of this rank alone.
  void finish(PieceStore& store, std::span<const Member> lost);

 private:
  void pack(TensorView outgoing, ConstTensorView states, std::span<const std::size_t> channels) const;

  Comm& comm_;
  Backend& backend_;
  kernels::Collective& collective_;
  const TileLayout& layout_;
  Slot outgoing_, incoming_;
  HostCopy received_;
  std::vector<std::vector<Member>> members_;  ///< of each rank
  std::size_t lead_ = 0;
  bool pending_ = false;
};

}  // namespace myriad
