#pragma once
/// \file
/// CRPS of an ensemble whose members come in dependent pairs.

#include <cstdint>
#include <span>
#include <vector>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

/// Two members that are not independent, as places in the list of scored members.
struct MemberPair {
  std::int64_t first = 0;
  std::int64_t second = 0;
};

/// Members 2k and 2k + 1.
std::vector<MemberPair> neighbour_pairs(std::int64_t members);

/// The pairs of a forecast with centred perturbations, of which each checkpoint runs the members
/// numbered checkpoint, checkpoint + checkpoints, ...: its positions 2k and 2k + 1 are partners,
/// except for the control (number 0). A member whose partner is not among \p numbers has none.
/// \param numbers of the scored members, in their order
std::vector<MemberPair> centred_pairs(std::span<const std::uint32_t> numbers,
                                      std::int64_t checkpoints);

struct PairOptions {
  std::vector<MemberPair> pairs;
  double alpha = 0.95;  ///< of the almost fair score: 1 is fair, 0 the empirical distribution
};

/// Family "pairs", of every channel. With N members, P pairs and D the sum of |x_i - x_j| over the
/// N(N - 1)/2 - P unordered couples of members that are no pair:
///
/// crps_pair_fair: mean(1/N sum|x_i - y| - D/(N(N - 1) - 2P)); crps_pair_almost_fair: alpha
/// crps_pair_fair + (1 - alpha) crps_standard. Members of different pairs are independent, so that
/// the second term estimates half the mean distance of two independent members without bias; the
/// plain fair score, which counts partners as independent, does not. Without pairs it is the plain
/// fair score. A case with fewer members than the pairs name, or with no couple left, has no score.
/// *Errors* ErrorKind::config_invalid E2553 (a member in two pairs, paired with itself or of
/// negative place, alpha outside 0..1). *Source* generative.md 3.7.6; almost fair: Lang et al.
/// 2024, arXiv 2412.15832.
std::shared_ptr<const ScoreFamily> make_pair_family(const PairOptions& options);

}  // namespace myriad::diag
