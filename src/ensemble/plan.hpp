#pragma once
/// \file
/// Which member is computed by which checkpoint, in which block, on which rank.

#include <cstdint>
#include <vector>

namespace myriad {

/// Members that are stepped together by one checkpoint.
struct Block {
  std::int64_t checkpoint = 0;
  std::vector<std::uint32_t> members;  ///< increasing
};

/// Work of one ensemble forecast.
///
/// Member m uses checkpoint m mod checkpoints, so that growing the ensemble keeps the existing members. Blocks are made
/// checkpoint by checkpoint (each is loaded once) and dealt to the ranks in turn.
struct EnsemblePlan {
  std::vector<Block> blocks;  ///< checkpoint outermost

  /// Blocks of one rank, in order.
  std::vector<Block> of_rank(int rank, int ranks) const;
};

/// \param members logical ids, increasing and unique
/// \param block_size largest number of members in a block
EnsemblePlan make_plan(const std::vector<std::int64_t>& members, std::int64_t checkpoints, std::int64_t block_size);

}  // namespace myriad
