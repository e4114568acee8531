#pragma once
/// \file
/// From members to tiles: every rank hands in the fields of its members, every rank keeps the tiles it owns.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/comm/comm.hpp"
#include "src/state/piece_store.hpp"
#include "src/statistics/tile_layout.hpp"

namespace myriad {

/// Fields of one member at one lead.
struct MemberFields {
  std::int64_t date = 0;
  std::int64_t slot = 0;          ///< position among the members of the forecast
  std::span<const float> fields;  ///< [channel, lat, lon], the channels of the statistics
};

/// Collective: store the fields of all ranks at \p lead in the tiles of their owners.
///
/// \param store groups are tiles, pieces members; each rank uses its own tiles only
/// Determinism: the content of the tiles does not depend on ranks or order.
/// Errors: those of PieceStore::write.
void exchange_tiles(Comm& comm, const TileLayout& layout, PieceStore& store, std::size_t lead,
                    std::span<const MemberFields> mine);

/// Members of a tile that is complete: [slot of \p slots, points of the band].
/// Errors: ErrorKind::input_corrupt (E2150).
std::vector<float> read_tile(const TileLayout& layout, const PieceStore& store, std::size_t case_number, std::size_t band,
                             std::span<const std::size_t> slots);

}  // namespace myriad
