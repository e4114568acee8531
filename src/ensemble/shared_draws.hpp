#pragma once
/// \file
/// Random draws of a batch of members, each once.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "src/ensemble/member.hpp"

namespace myriad {

/// Distinct draws of the perturbed members: the two of a centred pair share theirs.
struct SharedDraws {
  std::vector<std::uint32_t> draws;  ///< increasing

  explicit SharedDraws(std::span<const Member> members) {
    for (const Member& member : members) {
      if (!member.control()) draws.push_back(member.draw);
    }
    std::sort(draws.begin(), draws.end());
    draws.erase(std::unique(draws.begin(), draws.end()), draws.end());
  }

  std::int64_t count() const { return static_cast<std::int64_t>(draws.size()); }
  /// Place of the draw of \p member, which is perturbed.
  std::int64_t index(const Member& member) const {
    return std::lower_bound(draws.begin(), draws.end(), member.draw) - draws.begin();
  }
};

}  // namespace myriad
