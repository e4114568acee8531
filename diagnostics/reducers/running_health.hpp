#pragma once
/// \file
/// Health of the members (member_health.hpp) of an ensemble that is reduced tile by tile.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "diagnostics/member_health.hpp"
#include "src/statistics/reducer.hpp"

namespace myriad::diag {

/// Keeps what the rows of a case say of its members until all channels of a lead are in, then judges them.
///
/// The features are those of MemberHealth, added up in the same order, so that the results agree with a verification of the same
/// members and channels to the bit.
/// Memory: members x 32 numbers per channel of the leads that are not complete.
class RunningHealth {
 public:
  /// \param checkpoint_of number of the checkpoint that a member comes from; empty: not known
  RunningHealth(const Grid& grid, std::size_t channels, std::size_t members, const HealthOptions& options,
                std::function<int(std::uint32_t member)> checkpoint_of);

  /// Numbers in the record of a row, [member](number, sectors).
  std::size_t row_record_size() const { return members_ * (1 + boxes_.sectors()); }
  /// Fill the record of row \p row of a tile, without its first \p left_out members; members that the tile lacks stay as they are.
  void reduce_row(const EnsembleTile& tile, std::size_t left_out, std::int64_t row, std::span<double> record) const;
  /// A case with the records of all its rows, southwards; none when nothing verifies it. A case may come again.
  void finish_case(std::size_t channel, std::size_t lead, std::span<const std::span<const double>> rows);
  /// All NaN when no channel was scored, fewer than 3 members are left or members were lost between the channels.
  LeadHealth result(std::size_t lead) const;

 private:
  struct Case {
    std::vector<std::uint32_t> members;
    std::vector<double> features;  ///< [member, box]
  };
  using Channels = std::vector<std::optional<Case>>;
  LeadHealth judge(const Channels& channels) const;

  std::size_t channels_, members_;
  HealthBoxes boxes_;
  HealthOptions options_;
  std::function<int(std::uint32_t)> checkpoint_of_;
  std::map<std::size_t, Channels> open_;  ///< by lead; a channel that was not finished has no value
  std::map<std::size_t, LeadHealth> judged_;
};

}  // namespace myriad::diag
