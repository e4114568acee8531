#include "src/ensemble/plan.hpp"

#include <utility>

#include "src/base/error.hpp"

namespace myriad {

EnsemblePlan make_plan(const std::vector<std::int64_t>& members, const MemberRules& rules, std::int64_t dates,
                       std::int64_t block_size) {
  MYRIAD_EXPECT(dates > 0 && block_size > 0);
  EnsemblePlan plan;
  for (std::int64_t checkpoint = 0; checkpoint < rules.checkpoints; ++checkpoint) {
    for (std::int64_t lag = 0; lag < rules.lags; ++lag) {
      const Block empty{checkpoint, lag, {}};
      Block block = empty;
      for (std::int64_t date = 0; date < dates; ++date) {
        for (std::int64_t number : members) {
          const Member member = make_member(number, rules);
          if (member.checkpoint != checkpoint || member.lag != lag) continue;
          block.elements.push_back({member, date, date * rules.lags + lag});
          if (static_cast<std::int64_t>(block.elements.size()) == block_size) {
            plan.blocks.push_back(std::exchange(block, empty));
          }
        }
      }
      if (!block.elements.empty()) plan.blocks.push_back(std::move(block));
    }
  }
  return plan;
}

}  // namespace myriad
