#include "diagnostics/paired_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "diagnostics/distributions.hpp"
#include "diagnostics/resampling.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

std::vector<double> differences(std::span<const double> first, std::span<const double> second) {
  MYRIAD_EXPECT(first.size() == second.size());
  std::vector<double> out;
  for (std::size_t t = 0; t < first.size(); ++t) {
    MYRIAD_VALIDATE(std::isfinite(first[t]) && std::isfinite(second[t]), ErrorKind::input_corrupt,
                    "E2543",
                    "no comparison of two systems (the score of date {} of {} is not finite); "
                    "compare dates that both have",
                    t + 1, first.size());
    out.push_back(first[t] - second[t]);
  }
  return out;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Lags of the long-run variance of \p count values.
int usual_lags(std::size_t count) {
  return static_cast<int>(4.0 * std::pow(static_cast<double>(count) / 100.0, 2.0 / 9.0));
}

double newey_west(std::span<const double> values, int lags) {
  const double mean = mean_of(values);
  const double n = static_cast<double>(values.size());
  double variance = 0.0;
  for (int k = 0; k <= lags; ++k) {
    double covariance = 0.0;
    for (std::size_t t = static_cast<std::size_t>(k); t < values.size(); ++t)
      covariance += (values[t] - mean) * (values[t - static_cast<std::size_t>(k)] - mean);
    variance += (k == 0 ? 1.0 : 2.0) * (1.0 - k / (lags + 1.0)) * covariance / n;
  }
  return std::max(variance, 0.0);  // the triangular window keeps it positive but for rounding
}

}  // namespace

Orientation orientation_of(std::string_view score) {
  return score.starts_with("acc") || score.starts_with("crpss") ? Orientation::large_is_good
                                                                : Orientation::small_is_good;
}

PairedDifference compare_dates(std::size_t dates, const DateStatistic& difference,
                               const PairedOptions& options) {
  MYRIAD_EXPECT(options.replicates > 1 && options.block > 0 && options.level > 0.0 &&
                options.level < 1.0);
  std::vector<std::size_t> sample(dates);
  std::iota(sample.begin(), sample.end(), std::size_t{0});
  PairedDifference result;
  result.pairs = dates;
  if (dates == 0) return result;
  result.difference = difference(sample);
  if (dates < 3 || !std::isfinite(result.difference)) return result;
  std::vector<double> values;
  double as_far = 1.0;
  for (int r = 0; r < options.replicates; ++r) {
    draw_dates(options.seed, r, options.block, sample);
    const double value = difference(sample);
    if (!std::isfinite(value)) continue;
    values.push_back(value);
    if (std::abs(value - result.difference) >= std::abs(result.difference)) as_far += 1.0;
  }
  if (values.size() < 2) return result;
  std::sort(values.begin(), values.end());
  const double tail = 0.5 * (1.0 - options.level);
  result.interval = {quantile_of_sorted(values, tail), quantile_of_sorted(values, 1.0 - tail)};
  result.p_value = as_far / (1.0 + static_cast<double>(values.size()));
  const bool small_is_good = options.orientation == Orientation::small_is_good;
  result.verdict = result.interval.low > 0.0    ? (small_is_good ? PairedVerdict::worse : PairedVerdict::better)
                   : result.interval.high < 0.0 ? (small_is_good ? PairedVerdict::better : PairedVerdict::worse)
                                                : PairedVerdict::undecided;
  return result;
}

PairedDifference compare_means(std::span<const double> first, std::span<const double> second,
                               const PairedOptions& options) {
  const auto d = differences(first, second);
  PairedDifference result = compare_dates(
      d.size(),
      [&](std::span<const std::size_t> dates) {
        double sum = 0.0;
        for (std::size_t t : dates) sum += d[t];
        return sum / static_cast<double>(dates.size());
      },
      options);
  if (d.size() >= k_least_diebold_mariano) {
    const int lags = std::max(usual_lags(d.size()), options.block - 1);
    result.diebold_mariano = diebold_mariano(first, second, std::min(lags, static_cast<int>(d.size()) / 2)).p_value;
  }
  return result;
}

PairedDifference compare_starts(std::span<const double> first, std::span<const double> second, const PairedOptions& options) {
  MYRIAD_EXPECT(first.size() == second.size());
  std::vector<double> a, b;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!std::isfinite(first[i]) || !std::isfinite(second[i])) continue;
    a.push_back(first[i]);
    b.push_back(second[i]);
  }
  if (a.size() >= k_least_pairs) return compare_means(a, b, options);
  PairedDifference result;
  result.pairs = a.size();
  if (!a.empty()) result.difference = mean_of(differences(a, b));
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

PairedDifference compare_scores(const Score& score, const SystemMoments& first,
                                const SystemMoments& second, const PairedOptions& options) {
  MYRIAD_EXPECT(first.dates.size() == second.dates.size());
  std::vector<Moments> drawn(first.dates.size());
  const auto value = [&](const SystemMoments& system, std::span<const std::size_t> dates) {
    std::transform(dates.begin(), dates.end(), drawn.begin(),
                   [&](std::size_t t) { return system.dates[t]; });
    return evaluate(score, drawn, system.members);
  };
  return compare_dates(
      drawn.size(),
      [&](std::span<const std::size_t> dates) {
        return value(first, dates) - value(second, dates);
      },
      options);
}

DieboldMariano diebold_mariano(std::span<const double> first, std::span<const double> second,
                               std::optional<int> lags) {
  const auto d = differences(first, second);
  const double n = static_cast<double>(d.size());
  DieboldMariano test;
  test.lags = lags.value_or(usual_lags(d.size()));
  MYRIAD_EXPECT(d.size() >= 3 && test.lags >= 0 && static_cast<std::size_t>(test.lags) < d.size());
  const double mean = mean_of(d);
  test.long_run_variance = newey_west(d, test.lags);
  if (test.long_run_variance == 0.0) {
    test.statistic =
        mean == 0.0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), mean);
    test.p_value = mean == 0.0 ? 1.0 : 0.0;
    return test;
  }
  test.statistic = mean / std::sqrt(test.long_run_variance / n);
  test.p_value = student_two_sided(test.statistic, n - 1.0);
  return test;
}

double discovery_limit(std::span<const double> p_values, double rate) {
  std::vector<double> sorted(p_values.begin(), p_values.end());
  std::sort(sorted.begin(), sorted.end());
  const double count = static_cast<double>(sorted.size());
  for (std::size_t i = sorted.size(); i-- > 0;) {
    if (sorted[i] <= rate * static_cast<double>(i + 1) / count) return sorted[i];
  }
  return 0.0;
}

}  // namespace myriad::diag
