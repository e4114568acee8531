#pragma once
/// \file
/// Return levels of an ensemble's block maxima beside what really happened.

#include <cstddef>
#include <span>
#include <vector>

#include "diagnostics/extreme_values.hpp"
#include "diagnostics/scores.hpp"

namespace myriad::diag {

enum class Extreme : unsigned char { largest, smallest };

struct ReturnLevelOptions {
  std::vector<double> periods;  ///< mean number of blocks between exceedances, each above 1
  ExtremeFamily family = ExtremeFamily::generalised;
  Extreme extreme = Extreme::largest;
  BootstrapOptions bootstrap;  ///< its blocks are of starts
};

/// What the block maxima of many forecasts say; NaN where absent. Lists are [period].
struct ReturnLevels {
  std::size_t values = 0;  ///< block maxima of members behind the fit
  /// Fitted distribution in the unit of the values. For smallest values it is that of their
  /// negatives with the location negated, so that it stands where the values are.
  ExtremeDistribution fit;
  std::vector<double> level, low, high;  ///< of the fit, and its interval
  std::vector<double> members, truth;    ///< of the samples themselves, by rank
  std::vector<double> exceedance;        ///< share of the truth's maxima beyond the level
};

/// Fewer block maxima than this are not fitted: the smallest sample that the method was examined
/// with (Hosking, Wallis and Wood 1985).
inline constexpr std::size_t k_least_maxima = 15;

/// Pool block maxima of all members and starts and fit their distribution by L-moments.
///
/// Members of one start, and starts that follow each other, share their weather; so the interval
/// is a percentile bootstrap that draws whole starts with all their members, in blocks of starts
/// (options.bootstrap.block). It covers the choice of starts, not the error of the model. The level
/// of a sample by rank is x_(k) with k = (n + 1)(1 - 1/period), linear in between (Weibull's
/// plotting positions), and absent where the sample is too small for the period.
///
/// Shapes: \p members [start][value], the same number for every start; \p truth [start]. Absent
/// (NaN): everything with fewer than k_least_maxima values or when fit_extremes() has no fit; the
/// interval with fewer than five blocks of starts; the truth's numbers where \p truth is empty.
/// Determinism: bitwise. Cost: sorting once, replicates times one pass over the values. Memory:
/// some 70 bytes per value. Source: Hosking et al. 1985 (fit); Künsch 1989 (blocks); Makkonen 2006,
/// JAMC 45, 334 (plotting positions); pooled members: Thompson et al. 2017, Nat. Commun. 8, 107.
ReturnLevels pooled_return_levels(const std::vector<std::vector<double>>& members,
                                  std::span<const double> truth,
                                  const ReturnLevelOptions& options);

}  // namespace myriad::diag
