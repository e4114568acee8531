#include "src/ensemble/plan.hpp"

#include <algorithm>

#include "src/base/error.hpp"

namespace myriad {

std::vector<Block> EnsemblePlan::of_rank(int rank, int ranks) const {
  std::vector<Block> mine;
  for (std::size_t i = static_cast<std::size_t>(rank); i < blocks.size(); i += static_cast<std::size_t>(ranks)) {
    mine.push_back(blocks[i]);
  }
  return mine;
}

EnsemblePlan make_plan(const std::vector<std::int64_t>& members, std::int64_t checkpoints, std::int64_t block_size) {
  MYRIAD_EXPECT(checkpoints > 0 && block_size > 0);
  EnsemblePlan plan;
  for (std::int64_t c = 0; c < checkpoints; ++c) {
    Block block{c, {}};
    for (std::int64_t member : members) {
      if (member % checkpoints != c) continue;
      block.members.push_back(static_cast<std::uint32_t>(member));
      if (static_cast<std::int64_t>(block.members.size()) == block_size) {
        plan.blocks.push_back(block);
        block.members.clear();
      }
    }
    if (!block.members.empty()) plan.blocks.push_back(block);
  }
  return plan;
}

}  // namespace myriad
