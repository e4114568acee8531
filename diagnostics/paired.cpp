#include "diagnostics/paired.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/moments.hpp"
#include "diagnostics/scores.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {

Orientation orientation_of(std::string_view score) {
  return score.starts_with("acc") || score.starts_with("crpss") ? Orientation::large_is_good
                                                                : Orientation::small_is_good;
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   Orientation orientation, int block) {
  MYRIAD_EXPECT(a.size() == b.size() && block > 0);
  // The mean error of a forecast that is off by a - b: one implementation of resampling serves
  // both.
  std::vector<Moments> dates;
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) continue;
    Moments date;
    date(Forecast::ensemble_mean, ErrorMoment::bias) = a[i] - b[i];
    dates.push_back(date);
    sum += a[i] - b[i];
  }
  const double absent = std::numeric_limits<double>::quiet_NaN();
  PairedDifference result{dates.size(), absent, absent, absent, PairedVerdict::unknown};
  if (dates.empty()) return result;
  result.mean = sum / static_cast<double>(dates.size());
  if (dates.size() < k_least_pairs) return result;
  BootstrapOptions options;
  options.replicates = 1000;
  options.level = 0.95;
  options.block = block;
  const Score* mean_difference = &find_score("bias");
  const Interval interval =
      bootstrap_intervals(std::span(&mean_difference, 1), dates, 1, options).front();
  result.low = interval.low;
  result.high = interval.high;
  const double sign = orientation == Orientation::small_is_good ? -1.0 : 1.0;
  result.verdict = PairedVerdict::undecided;
  if (interval.low > 0.0)
    result.verdict = sign > 0.0 ? PairedVerdict::better : PairedVerdict::worse;
  if (interval.high < 0.0)
    result.verdict = sign > 0.0 ? PairedVerdict::worse : PairedVerdict::better;
  return result;
}

int starts_per_block(std::span<const Instant> starts) {
  if (starts.size() < 2) return 1;
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < starts.size(); ++i)
    steps.push_back(std::abs((starts[i] - starts[i - 1]).seconds));
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
                   steps.end());
  const std::int64_t step = std::max<std::int64_t>(1, steps[steps.size() / 2]);
  const std::int64_t memory = Duration::days(5).seconds;
  const auto most = std::max<std::int64_t>(1, static_cast<std::int64_t>(starts.size()) / 3);
  return static_cast<int>(std::clamp(memory / step, std::int64_t{1}, most));
}

}  // namespace myriad::diag
