#pragma once
/// \file
/// Is one forecast system better than another? Differences of scores date by date, because two systems err on
/// the same days. Dates are those of the starts.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "diagnostics/scores.hpp"
#include "src/base/time.hpp"

namespace myriad::diag {

/// Whether small or large values of a score are good.
enum class Orientation : std::uint8_t { small_is_good, large_is_good };
/// Of one of scores_by_start(): correlations are good when large, errors when small.
Orientation orientation_of(std::string_view score);

inline constexpr std::size_t k_least_pairs = 5;  ///< below that compare_starts() makes no interval
/// Below that the long-run variance of the Diebold-Mariano test cannot be believed.
inline constexpr std::size_t k_least_diebold_mariano = 10;

struct PairedOptions {
  int replicates = 2000;
  int block = 1;  ///< consecutive dates drawn together (starts_per_block())
  double level = 0.95;
  std::uint64_t seed = 0;
  Orientation orientation = Orientation::small_is_good;
};

/// What the differences allow to say of the first system.
enum class PairedVerdict : std::uint8_t {
  better,     ///< the interval of the difference lies on the good side of 0
  worse,      ///< it lies on the bad side
  undecided,  ///< it holds 0
  unknown,    ///< there is none
};

/// A difference first - second and how sure it is; what does not exist is NaN.
struct PairedDifference {
  std::size_t pairs = 0;  ///< dates that have both
  double difference = std::numeric_limits<double>::quiet_NaN();
  /// Central, of the sampling distribution over dates.
  Interval interval{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  double p_value = std::numeric_limits<double>::quiet_NaN();  ///< two-sided, of no difference
  /// The same by diebold_mariano(), of means and k_least_diebold_mariano pairs or more.
  double diebold_mariano = std::numeric_limits<double>::quiet_NaN();
  PairedVerdict verdict = PairedVerdict::unknown;
};

/// Something computed from the dates whose numbers are given (some of them several times).
using DateStatistic = std::function<double(std::span<const std::size_t> dates)>;

/// Block bootstrap of a difference over dates.
///
/// Resamples draw the same dates for both systems. The interval holds percentiles of them; the
/// p-value is the share of resamples that lie at least as far from the difference as the difference
/// lies from 0, (1 + count) / (1 + resamples). Interval and p-value are NaN for fewer than 3 dates
/// or when the difference is not finite; resamples that are not finite are left out.
/// Determinism: bitwise; resamples are those of draw_dates(). Cost: replicates + 1 evaluations.
/// Source: resampling.hpp; bootstrap tests by centring: Davison and Hinkley 1997, section 4.4.
PairedDifference compare_dates(std::size_t dates, const DateStatistic& difference,
                               const PairedOptions& options = {});

/// Difference of the means of two scores, one value per date and system, in date order.
///
/// The Diebold-Mariano test takes as many lags as dates share a block with one, or the usual number when that is more.
/// Preconditions: equal sizes. Errors: ErrorKind::input_corrupt for a value that is not finite
/// (E2543).
PairedDifference compare_means(std::span<const double> first, std::span<const double> second,
                               const PairedOptions& options = {});

/// The same over the dates that have both values (NaN: absent there), without interval and tests for fewer than k_least_pairs.
/// Source: why differences are paired and neighbours kept together: Geer 2016, sections 2 and 3.
PairedDifference compare_starts(std::span<const double> first, std::span<const double> second, const PairedOptions& options = {});

/// Starts within five days of each other, the usual memory of errors of the atmosphere; 1 to a
/// third of all. Starts of one day's interval: 5.
int starts_per_block(std::span<const Instant> starts);

/// Moments of one system on the common dates.
struct SystemMoments {
  std::span<const Moments> dates;
  int members = 1;
};

/// Difference of a score, pooled over dates as the score demands.
PairedDifference compare_scores(const Score& score, const SystemMoments& first,
                                const SystemMoments& second, const PairedOptions& options = {});

/// Test of equal mean scores that allows for correlated dates, as a second opinion.
struct DieboldMariano {
  double statistic = 0.0;          ///< mean difference over its standard error
  double p_value = 1.0;            ///< two-sided, Student's t with n - 1 degrees of freedom
  double long_run_variance = 0.0;  ///< n times the variance of the mean
  int lags = 0;
};

/// Diebold-Mariano statistic of first - second with the long-run variance of Newey and West:
/// sum over lags k = -L..L of (1 - |k|/(L + 1)) times the autocovariance (divisor n).
///
/// \param lags L; absent: floor(4 (n/100)^(2/9))
/// A series without variance gives p = 1 when it is 0 and p = 0 otherwise.
/// Preconditions: equal sizes of at least 3, 0 <= lags < n. Errors: as compare_means().
/// Source: Diebold and Mariano 1995; Newey and West 1987, eq. 5; lags: Newey and West 1994.
DieboldMariano diebold_mariano(std::span<const double> first, std::span<const double> second,
                               std::optional<int> lags = std::nullopt);

/// Largest p-value that still counts when many tests are made at once and at most the share \p rate
/// of what is called a difference may be none; 0 when no test counts.
/// Source: Benjamini and Hochberg 1995; for maps: Wilks 2016.
double discovery_limit(std::span<const double> p_values, double rate);

}  // namespace myriad::diag
