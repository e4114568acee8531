#pragma once
/// \file
/// Which member is computed by which checkpoint, in which block, on which rank.

#include <cstdint>
#include <vector>

#include "src/ensemble/member.hpp"

namespace myriad {

/// A member of one analysis.
struct BlockElement {
  Member member;
  std::int64_t date = 0;   ///< index of the forecast date
  std::int64_t start = 0;  ///< index of its analysis: date * lags + lag
};

/// Members that are stepped together by one checkpoint, all with equally many steps to go.
struct Block {
  std::int64_t checkpoint = 0;
  std::int64_t lag = 0;
  std::vector<BlockElement> elements;  ///< by date, then number
};

/// Work of one ensemble forecast.
///
/// Blocks are made checkpoint by checkpoint (each is loaded once) and dealt to the ranks in turn, so that in round r rank k
/// has block r * ranks + k.
struct EnsemblePlan {
  std::vector<Block> blocks;  ///< checkpoint outermost

  std::size_t rounds(int ranks) const {
    return (blocks.size() + static_cast<std::size_t>(ranks) - 1) / static_cast<std::size_t>(ranks);
  }
  /// Block of \p rank in \p round; null when there is none left for it.
  const Block* block(std::size_t round, int rank, int ranks) const {
    const std::size_t i = round * static_cast<std::size_t>(ranks) + static_cast<std::size_t>(rank);
    return i < blocks.size() ? &blocks[i] : nullptr;
  }
};

/// \param members logical numbers, increasing and unique
/// \param dates number of forecast dates; every member exists for each of them
/// \param block_size largest number of elements in a block
EnsemblePlan make_plan(const std::vector<std::int64_t>& members, const MemberRules& rules, std::int64_t dates,
                       std::int64_t block_size);

}  // namespace myriad
