#include "src/ensemble/member.hpp"

#include "src/base/error.hpp"

namespace myriad {

Member make_member(std::int64_t number, const MemberRules& rules) {
  MYRIAD_EXPECT(number >= 0 && rules.checkpoints > 0 && rules.lags > 0);
  const std::int64_t position = number / rules.checkpoints;
  Member member;
  member.number = static_cast<std::uint32_t>(number);
  member.checkpoint = number % rules.checkpoints;
  member.draw = member.number;
  member.lag = (rules.centred_pairs ? position / 2 : position) % rules.lags;
  if (rules.centred_pairs && position % 2 == 1) {
    member.draw = static_cast<std::uint32_t>(number - rules.checkpoints);
    member.sign = -1;
  }
  if (number == 0) member.sign = 0;
  return member;
}

}  // namespace myriad
