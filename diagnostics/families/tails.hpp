#pragma once
/// \file
/// Scores that look at the tail beyond a value.

#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/threshold.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

struct TailOptions {
  std::vector<VerifiedChannel> channels;  ///< those of the verification
  std::vector<Threshold> tails;           ///< above: the upper tail, below: the lower one
};

/// Family "tails": for each tail beyond t, with v(x) = max(x, t) (upper) or min(x, t) (lower):
///
/// twcrps_standard, twcrps_fair: CRPS of the v(x_i) against v(y); twmae, twmae_control: |v(m) -
/// v(y)| of the ensemble mean m and of the control (absent without one); owcrps: CRPS (standard) of
/// the members beyond t against y, over the points at which y is beyond t, and the distance from y
/// to the nearest member where no member is; owcrps_share: share of these points. Names end in the
/// tail: "twcrps_fair_above_273p15". v is taken in fp32, the precision of the fields. owcrps leaves
/// out cases by their outcome, which no proper score may do: it describes, and must not be used to
/// choose between forecasts. *Errors* ErrorKind::config_invalid E2532 (threshold.hpp). *Cost* one
/// pass over the sorted members per tail. *Source* Gneiting and Ranjan 2011; sfno.md 9.3.
std::shared_ptr<const ScoreFamily> make_tail_family(const TailOptions& options);

}  // namespace myriad::diag
