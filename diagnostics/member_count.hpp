#pragma once
/// \file
/// How many members a probability takes.
///
/// Only the sampling of members counts here, not errors of the model. Members that share a
/// checkpoint or noise are worth less than independent ones: effective_members().

#include <cstdint>

#include "diagnostics/scores.hpp"

namespace myriad::diag {

/// Interval of the probability behind a share: Wilson's score interval, near its level on average,
/// or the exact one of Clopper and Pearson, never below its level.
enum class ShareInterval : unsigned char { wilson, exact };

/// Central interval of the probability of an event that the share \p share of \p members showed.
///
/// \param share need not be a whole number of members: for planning, it is the probability expected
/// Preconditions: share in 0..1, members at least 1, level in (0, 1).
/// Source: Wilson 1927; Clopper and Pearson 1934; both in Brown, Cai and DasGupta 2001.
Interval probability_interval(double share, std::int64_t members, double level,
                              ShareInterval method = ShareInterval::wilson);

/// Larger distance from \p share to an end of its interval: the estimate is good to +- this.
double probability_error(double share, std::int64_t members, double level,
                         ShareInterval method = ShareInterval::wilson);

/// Fewest members whose estimate of a probability near \p share is good to +- \p error.
/// Preconditions: error in (0, 1). Cost: some dozens of intervals.
std::int64_t members_for_error(double share, double error, double level,
                               ShareInterval method = ShareInterval::wilson);

/// Interval of the difference first - second of two probabilities from independent ensembles.
/// Source: Newcombe 1998, method 10 (from Wilson intervals).
Interval difference_interval(double first, std::int64_t first_members, double second,
                             std::int64_t second_members, double level);

/// Fewest members of each of two ensembles whose difference of probabilities is good to +- \p
/// error.
std::int64_t members_for_difference(double first, double second, double error, double level);

/// Fewest members that tell a probability \p share from a threshold \p margin away, with
/// probability of the wrong side \p error: ceil(z^2 p (1 - p) / margin^2), z the one-sided normal
/// quantile.
std::int64_t members_for_margin(double share, double margin, double error);

/// The same without knowing the probability, for \p decisions at once: ceil(ln(decisions/error) /
/// (2 margin^2)). Source: Hoeffding 1963, theorem 1, and the union bound.
std::int64_t members_for_any_margin(double margin, double error, std::int64_t decisions = 1);

/// What that bound says of \p members: exp(-2 N margin^2), at most 1.
double margin_error_bound(double margin, double members);

/// Independent members worth as much as \p members in groups of \p group_size whose members
/// correlate by \p correlation inside a group: N / (1 + (c - 1) rho).
/// Preconditions: the divisor is positive. Source: design effect (Kish 1965, section 5.4).
double effective_members(double members, double group_size, double correlation);

}  // namespace myriad::diag
