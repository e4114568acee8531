#pragma once
/// \file
/// Is one forecast better than another? Differences of scores start by start.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/time.hpp"

namespace myriad::diag {

/// What the differences allow to say.
enum class PairedVerdict : std::uint8_t {
  better,     ///< the interval of the mean difference lies on the good side of 0
  worse,      ///< it lies on the bad side
  undecided,  ///< it holds 0
  unknown,    ///< fewer than k_least_pairs starts with both values
};

inline constexpr std::size_t k_least_pairs = 5;  ///< below that no interval can be believed
/// Below that the long-run variance of the Diebold-Mariano test cannot be.
inline constexpr std::size_t k_least_diebold_mariano = 10;

/// Mean of a - b over the starts that have both, and its 95 % interval.
struct StartwiseDifference {
  std::size_t pairs = 0;
  double mean = 0.0;  ///< NaN without pairs
  double low = 0.0;   ///< NaN when unknown
  double high = 0.0;
  PairedVerdict verdict = PairedVerdict::unknown;
  double p_value = 1.0;          ///< two-sided, of no difference, from the same resamples; NaN when unknown
  double diebold_mariano = 1.0;  ///< the same by diebold_mariano(); NaN for fewer than k_least_diebold_mariano pairs
};

/// Whether small or large values of a score are good.
enum class Orientation : std::uint8_t { small_is_good, large_is_good };
/// Of one of scores_by_start(): correlations are good when large, errors when small.
Orientation orientation_of(std::string_view score);

/// Compare \p a with \p b, start by start (NaN: absent there). \p block starts that follow each
/// other are drawn together (starts_per_block()).
///
/// The Diebold-Mariano test takes as many lags as starts share a block with one, or the usual number when that is more.
/// Shapes: a, b [start]. Determinism: bitwise. Source: compare_means(), diebold_mariano(); why differences are paired
/// and neighbours kept together: Geer 2016, sections 2 and 3.
StartwiseDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                      Orientation orientation, int block = 1);

/// Starts within five days of each other, the usual memory of errors of the atmosphere; 1 to a
/// third of all. Starts of one day's interval: 5.
int starts_per_block(std::span<const Instant> starts);

}  // namespace myriad::diag
