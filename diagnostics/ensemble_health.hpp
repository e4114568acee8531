#pragma once
/// \file
/// Is an ensemble what it should be: members that could be exchanged, none of them twice, none that
/// drifts away? On a few numbers per member (area means, powers of degrees), not on fields.

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace myriad::diag {

/// Distances between members: root of the mean over features of squared differences, each in units
/// of the feature's standard deviation over the members. Features that do not vary count nothing.
///
/// Shapes: features [member, feature]; result [member, member], symmetric with a zero diagonal.
/// Preconditions: at least 2 members, features.size() a multiple of members. Errors:
/// ErrorKind::quality for a feature that is not finite (E2545). Cost: O(members^2 features).
std::vector<double> member_distances(std::span<const double> features, std::int64_t members);

struct PermutationOptions {
  int permutations = 999;
  std::uint64_t seed = 0;
};

struct Exchangeability {
  double statistic = 0.0;  ///< energy statistic: 0 for groups that are alike, never negative
  double p_value = 1.0;    ///< (1 + permutations at least as large) / (1 + permutations)
};

/// Test whether groups of members (checkpoints, early and late numbers, one of each pair) come from
/// one distribution.
///
/// Statistic: sum over pairs of groups of n_a n_b / (2 N) (2 D_ab - D_aa - D_bb), D the mean
/// distance between members (a member's distance to itself counts). Its distribution is that of the
/// groups drawn by chance, so that the test is exact for any distribution. Shapes: distances
/// [member, member]; groups [member], numbers from 0. Preconditions: at least 2 groups, none empty.
/// Determinism: bitwise; permutation p draws from stream bootstrap, member p. Cost: O(permutations
/// members^2). Source: Rizzo and Székely 2010 (DISCO); energy distance: Székely and Rizzo 2013.
Exchangeability exchangeability(std::span<const double> distances, std::span<const int> groups,
                                const PermutationOptions& options = {});

struct NearPair {
  std::int64_t first = 0, second = 0;
  double ratio = 0.0;  ///< distance over the mean distance of all pairs
};

/// Pairs of members nearer to each other than \p ratio times the mean distance of all pairs, the
/// nearest first: members that were computed twice, or that forgot their perturbation. All pairs
/// when the ensemble has no spread at all. Shapes: distances [member, member].
std::vector<NearPair> near_duplicates(std::span<const double> distances, std::int64_t members,
                                      double ratio);

struct Drift {
  double slope = 0.0;             ///< mean over members of the trend, per unit of lead
  double standard_error = 0.0;    ///< of that mean, from the scatter between members
  double p_value = 1.0;           ///< two-sided, Student's t; of no drift
  std::int64_t worst_member = 0;  ///< whose trend is farthest from the mean
  double worst_deviation = 0.0;   ///< how far, in standard deviations of the trends
};

/// Trend along the lead of a number that should have none (mean of mass, of a variance over the
/// climate's), against sampling.
///
/// Every member has a trend of its own (least squares); members are independent, leads of one
/// member are not, so the error of the mean trend comes from the scatter of the trends. Take the
/// values less those of the truth or the climate where these have a trend. Shapes: values [member,
/// lead]; leads [lead]. Preconditions: at least 3 members and 2 different leads. Errors:
/// ErrorKind::quality for a value that is not finite (E2545).
Drift drift(std::span<const double> values, std::span<const double> leads);

}  // namespace myriad::diag
