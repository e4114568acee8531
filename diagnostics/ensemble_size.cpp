#include "diagnostics/ensemble_size.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::diag {

std::vector<double> largest_of_draws(std::int64_t members, std::int64_t size) {
  MYRIAD_EXPECT(members >= 1 && size >= 1);
  std::vector<double> weights;
  double before = 0.0;
  for (std::int64_t i = 1; i <= members; ++i) {
    const double up_to =
        std::pow(static_cast<double>(i) / static_cast<double>(members), static_cast<double>(size));
    weights.push_back(up_to - before);
    before = up_to;
  }
  return weights;
}

SizeWeights weights_of_sizes(std::int64_t members, std::span<const std::int64_t> sizes) {
  SizeWeights weights;
  for (const std::int64_t size : sizes) {
    const std::vector<double> up = largest_of_draws(members, size);
    weights.smallest.insert(weights.smallest.end(), up.rbegin(), up.rend());
    weights.both.insert(weights.both.end(), up.rbegin(), up.rend());
    weights.both.insert(weights.both.end(), up.begin(), up.end());
  }
  return weights;
}

void check_sizes(std::span<const std::int64_t> sizes) {
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto before = sizes.first(i);
    const bool once = std::find(before.begin(), before.end(), sizes[i]) == before.end();
    MYRIAD_VALIDATE(sizes[i] >= 1 && sizes[i] <= std::numeric_limits<std::int32_t>::max() && once, ErrorKind::config_invalid,
                    "E2533", "no statistics of {} members (a size is at least 1 and given once) correct the list", sizes[i]);
  }
}

double inside_envelope(double below, double above, std::int64_t size) {
  const double n = static_cast<double>(size);
  return 1.0 - std::pow(1.0 - below, n) - std::pow(1.0 - above, n) +
         std::pow(std::max(0.0, 1.0 - below - above), n);
}

Interval share_interval(double share, std::int64_t size, double level) {
  MYRIAD_EXPECT(share >= 0.0 && share <= 1.0 && level > 0.0 && level < 1.0 && size >= 1);
  if (share == 0.0 || share == 1.0) return {share, share};
  const double n = static_cast<double>(size);
  const double tail = 0.5 * (1.0 - level);
  // Quantile: the smallest count whose distribution function reaches the probability.
  double cumulative = 0.0;
  Interval interval{-1.0, 1.0};
  for (std::int64_t k = 0; k <= size; ++k) {
    const double count = static_cast<double>(k);
    cumulative +=
        std::exp(std::lgamma(n + 1.0) - std::lgamma(count + 1.0) - std::lgamma(n - count + 1.0) +
                 count * std::log(share) + (n - count) * std::log1p(-share));
    if (interval.low < 0.0 && cumulative >= tail) interval.low = count / n;
    if (cumulative >= 1.0 - tail) {
      interval.high = count / n;
      break;
    }
  }
  return interval;
}

std::int64_t sufficient_size(double below, double above, double level, std::int64_t largest) {
  MYRIAD_EXPECT(below >= 0.0 && above >= 0.0 && below + above <= 1.0 + 1e-12 && level > 0.0 &&
                level < 1.0 && largest >= 1);
  if (inside_envelope(below, above, largest) < level) return 0;
  std::int64_t low = 0, high = largest;  // more draws never narrow the envelope
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (inside_envelope(below, above, middle) >= level ? high : low) = middle;
  }
  return high;
}

double information_gain(std::span<const double> ascending, std::int64_t size) {
  MYRIAD_EXPECT(ascending.size() >= 2 && ascending.front() < ascending.back() && size >= 0);
  const double n = static_cast<double>(ascending.size());
  double mean = 0.0, variance = 0.0;
  for (double x : ascending) mean += x / n;
  for (double x : ascending) variance += (x - mean) * (x - mean) / (n - 1.0);
  double largest = ascending.back(), smallest = ascending.front();
  if (size > 0) {
    const auto weights = largest_of_draws(static_cast<std::int64_t>(ascending.size()), size);
    largest = smallest = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      largest += weights[i] * ascending[i];
      smallest += weights[i] * ascending[weights.size() - 1 - i];
    }
  }
  return std::max(largest - mean, mean - smallest) / std::sqrt(variance);
}

double expected_largest_deviation(std::int64_t size) {
  MYRIAD_EXPECT(size >= 1);
  // E = integral of 1 - P(all |z| <= x)^n; beyond 40 even 10^300 draws find nothing. Simpson's
  // rule.
  const auto exceeds = [&](double x) {
    const double tail = std::erfc(x / std::numbers::sqrt2);
    return tail < 1.0 ? -std::expm1(static_cast<double>(size) * std::log1p(-tail)) : 1.0;
  };
  constexpr int steps = 8000;
  constexpr double end = 40.0;
  double sum = exceeds(0.0) + exceeds(end);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 1 ? 4.0 : 2.0) * exceeds(end * i / steps);
  return sum * end / steps / 3.0;
}

double chance_of_any(double share, std::int64_t size) {
  MYRIAD_EXPECT(share >= 0.0 && share <= 1.0 && size >= 0);
  if (share == 1.0) return size > 0 ? 1.0 : 0.0;
  return -std::expm1(static_cast<double>(size) * std::log1p(-share));
}

double best_of_draws(std::span<const double> ascending_errors, std::int64_t size) {
  const auto weights = largest_of_draws(static_cast<std::int64_t>(ascending_errors.size()), size);
  double best = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    best += weights[weights.size() - 1 - i] * ascending_errors[i];
  return best;
}

}  // namespace myriad::diag
