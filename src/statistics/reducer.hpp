#pragma once
/// \file
/// Statistics over the members of an ensemble: one interface, whoever holds the members.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/io/cf_output.hpp"
#include "src/statistics/member_columns.hpp"

namespace myriad {

/// All members of one case (a channel at a lead) on a band of grid rows.
struct EnsembleTile {
  std::size_t channel = 0;  ///< index into the channels of the statistics
  std::size_t lead = 0;     ///< index into their leads
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::int64_t nlon = 0;
  std::span<const std::uint32_t> members;  ///< numbers, increasing; failed members are left out
  std::span<const float> values;           ///< [member, row, lon], unit of the channel
  std::int64_t member_step = 0;            ///< from a member to the next one in `values`, at least points()

  std::int64_t points() const { return rows * nlon; }
  /// Values of the member at \p index, [row, lon].
  std::span<const float> member(std::size_t index) const {
    return values.subspan(index * static_cast<std::size_t>(member_step), static_cast<std::size_t>(points()));
  }
};

/// A map that a reducer makes for a channel at every lead.
struct ReducedField {
  std::string name;             ///< variable name, for example "z500_mean"
  bool integer = false;         ///< stored as int32 (member numbers, counts); values are exact in fp32 up to 2^24
  io::NcAttributes attributes;  ///< standard_name, long_name, units, cell_methods, ...
  int significant_bits = 0;     ///< BitRound when written, 0: none
  bool may_be_missing = false;  ///< NaN (an integer: -1) stands for a value that does not exist
};

/// Reduces the members of a case to maps and to a record that scores are made of.
///
/// reduce() is called once per tile, on whichever rank holds the tile, in any order; it must depend on its arguments only, so
/// that results do not depend on ranks, on tiles or on a restart. finish_case() is called on the root rank with the whole case.
/// *Determinism* bitwise, members in the order of the tile.
class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual std::string name() const = 0;
  /// Maps of \p channel, the same at every lead.
  virtual std::vector<ReducedField> fields(std::size_t channel) const = 0;
  /// Numbers in the record of a tile of \p rows rows; records of tiles lie one after the other in row order.
  virtual std::size_t record_size(std::int64_t rows) const = 0;
  /// \param columns the members of the tile, loaded
  /// maps [field, row, lon]; record [record_size(rows)].
  /// Errors: ErrorKind::quality or input_corrupt naming channel, lead, member and place.
  virtual void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps, std::span<double> record) = 0;
  /// maps [field, lat, lon]; tile_rows: rows of each tile, north to south; record: concatenated.
  virtual void finish_case(std::size_t channel, std::size_t lead, std::span<const float> maps,
                           std::span<const std::int64_t> tile_rows, std::span<const double> record) = 0;
  /// Bytes of scratch that reduce() needs for a tile of this many members and points, beside the columns.
  virtual std::size_t scratch_bytes(std::size_t members, std::size_t points) const = 0;
  /// Most values per point that reduce() asks the columns of so many members for at once (MemberColumns::buffer_bytes()).
  virtual std::int64_t values_at_once(std::int64_t members) const = 0;
};

/// Reduce a tile by every reducer, some rows at a time (MemberColumns::rows_at_once()).
///
/// *Shapes* maps, per reducer [field, row, lon]; records, per reducer [record_size(rows)]; both are sized here.
/// *Errors* those of the reducers.
void reduce_tile(std::span<const std::unique_ptr<Reducer>> reducers, const EnsembleTile& tile, MemberColumns& columns,
                 std::vector<std::vector<float>>& maps, std::vector<std::vector<double>>& records);

}  // namespace myriad
