#include "diagnostics/paired.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/paired_comparison.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {

Orientation orientation_of(std::string_view score) {
  return score.starts_with("acc") || score.starts_with("crpss") ? Orientation::large_is_good
                                                                : Orientation::small_is_good;
}

StartwiseDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                      Orientation orientation, int block) {
  MYRIAD_EXPECT(a.size() == b.size() && block > 0);
  std::vector<double> first, second;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) continue;
    first.push_back(a[i]);
    second.push_back(b[i]);
  }
  const double absent = std::numeric_limits<double>::quiet_NaN();
  StartwiseDifference result{first.size(), absent, absent, absent, PairedVerdict::unknown, absent, absent};
  if (first.empty()) return result;
  PairedOptions options;
  options.block = block;
  const PairedDifference compared = compare_means(first, second, options);
  result.mean = compared.difference;
  if (first.size() < k_least_pairs) return result;
  const Interval interval = compared.interval;
  result.low = interval.low;
  result.high = interval.high;
  result.p_value = compared.p_value;
  if (first.size() >= k_least_diebold_mariano) {
    const double n = static_cast<double>(first.size());
    const int usual = static_cast<int>(4.0 * std::pow(n / 100.0, 2.0 / 9.0));
    const int most = static_cast<int>(first.size()) / 2;
    result.diebold_mariano = diebold_mariano(first, second, std::min(std::max(usual, block - 1), most)).p_value;
  }
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
