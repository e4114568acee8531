#pragma once
/// \file
/// Scores of whole fields: distances between members, and between members and truth.

#include <cstdint>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

struct EnergyOptions {
  std::int64_t members_at_most = 32;  ///< the first so many are looked at; cost and record grow
                                      ///< with its square
};

/// Family "energy", of every channel. With d(a, b) the root of the area mean of (a - b)^2 over a
/// region, a distance between fields in the unit of the channel, and N members, for each date and
/// then averaged:
///
/// energy_score: 1/N sum d(x_i, y) - 1/(2N^2) sum_ij d(x_i, x_j); energy_score_fair: the same with
/// N(N - 1); energy_skill: 1/N sum d(x_i, y); energy_diversity: 1/(2N(N-1)) sum_ij d(x_i, x_j), so
/// that energy_score_fair = energy_skill - energy_diversity; diversity_share: 1/(2N^2) sum_ij
/// d(x_i, x_j)^2 over 1/N sum d(x_i, y)^2, the share of the members' mean squared error that their
/// mean gets rid of; nearest_pair_ratio: min_{i<j} d(x_i, x_j) over its mean, near 0 when members
/// are copies, the same at any spread. *Errors* ErrorKind::config_invalid E2555 (fewer than 2
/// members). *Cost* record N(N + 1)/2 numbers; 3 N^2/2 flops per point. *Source* Gneiting and
/// Raftery 2007, 4.3; Krogh and Vedelsby 1995 (share of the diversity).
std::shared_ptr<const ScoreFamily> make_energy_family(const EnergyOptions& options);

}  // namespace myriad::diag
