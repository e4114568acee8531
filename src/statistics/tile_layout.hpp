#pragma once
/// \file
/// How the members of a forecast are cut for statistics: by case (date, lead, channel) and band of rows.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace myriad {

/// A tile holds one band of rows of one case for all members; a piece is one member's part of it.
///
/// The cut depends on the forecast only, not on ranks: tiles are dealt to them in turn.
struct TileLayout {
  std::size_t dates = 1;
  std::size_t leads = 0;
  std::size_t channels = 0;
  std::size_t members = 0;  ///< slots of a tile
  std::int64_t nlat = 0;
  std::int64_t nlon = 0;
  std::int64_t band_rows = 1;  ///< rows of a tile, the last one of a field may have fewer

  std::size_t cases() const { return dates * leads * channels; }
  std::size_t case_index(std::size_t date, std::size_t lead, std::size_t channel) const {
    return (date * leads + lead) * channels + channel;
  }
  std::size_t bands() const { return static_cast<std::size_t>((nlat + band_rows - 1) / band_rows); }
  std::size_t tiles() const { return cases() * bands(); }
  std::size_t tile(std::size_t case_number, std::size_t band) const { return case_number * bands() + band; }
  std::int64_t first_row(std::size_t band) const { return static_cast<std::int64_t>(band) * band_rows; }
  std::int64_t rows(std::size_t band) const { return std::min(band_rows, nlat - first_row(band)); }
  std::size_t points(std::size_t band) const { return static_cast<std::size_t>(rows(band) * nlon); }
  std::size_t piece_bytes() const { return static_cast<std::size_t>(band_rows * nlon) * sizeof(float); }
  std::size_t field_points() const { return static_cast<std::size_t>(nlat * nlon); }

  static int owner(std::size_t tile, int ranks) { return static_cast<int>(tile % static_cast<std::size_t>(ranks)); }
  /// Largest band whose tile takes at most \p bytes (at least one row).
  static std::int64_t rows_for(std::uint64_t bytes, std::size_t members, std::int64_t nlat, std::int64_t nlon) {
    const std::uint64_t row = static_cast<std::uint64_t>(members) * static_cast<std::uint64_t>(nlon) * sizeof(float);
    return std::clamp(static_cast<std::int64_t>(bytes / std::max<std::uint64_t>(row, 1)), std::int64_t{1}, nlat);
  }
};

}  // namespace myriad
