#pragma once
/// \file
/// Logical identity of an ensemble member: everything its bits depend on, and nothing else.

#include <cstdint>

namespace myriad {

/// One member of one forecast date.
///
/// A member computed alone, in another block, on another rank or in a larger ensemble has the same identity and therefore
/// the same bits.
struct Member {
  std::uint32_t number = 0;  ///< 0 is the control, the only member without perturbation
  std::int64_t checkpoint = 0;
  /// Key of its random draws. The two members of a centred pair share the key, all others use their number.
  std::uint32_t draw = 0;
  int sign = 1;          ///< +1, -1 (subtracting half of a pair), 0 for the control
  std::int64_t lag = 0;  ///< index into the lags of a lagged ensemble: which of its analyses it starts from

  bool control() const { return sign == 0; }
};

/// How numbers become members.
struct MemberRules {
  std::int64_t checkpoints = 1;
  bool centred_pairs = false;  ///< neighbours of one checkpoint share a perturbation with opposite signs
  std::int64_t lags = 1;       ///< analyses per date of a lagged ensemble
};

/// Member \p number: checkpoint number mod K, and within its checkpoint position j = number / K. With centred pairs
/// positions 2k and 2k + 1 share the draw of position 2k and the odd one subtracts. Lags are dealt in turn to
/// the positions (to the pairs, if there are pairs). Independent of the size of the ensemble, so that it can grow.
Member make_member(std::int64_t number, const MemberRules& rules);

}  // namespace myriad
