#include "diagnostics/member_count.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Smallest count for which \p good_enough holds, which it does for every larger one.
template <class GoodEnough>
std::int64_t smallest_count(GoodEnough&& good_enough) {
  std::int64_t high = 1;
  while (!good_enough(high)) high *= 2;
  std::int64_t low = high / 2;  // not good enough, or 0
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (good_enough(middle) ? high : low) = middle;
  }
  return high;
}

double larger_distance(double estimate, const Interval& interval) {
  return std::max(estimate - interval.low, interval.high - estimate);
}

}  // namespace

Interval probability_interval(double share, std::int64_t members, double level,
                              ShareInterval method) {
  MYRIAD_EXPECT(share >= 0.0 && share <= 1.0 && members >= 1 && level > 0.0 && level < 1.0);
  const double n = static_cast<double>(members);
  const double tail = 0.5 * (1.0 - level);
  if (method == ShareInterval::exact) {
    const double count = share * n;
    return {count > 0.0 ? beta_quantile(tail, count, n - count + 1.0) : 0.0,
            count < n ? beta_quantile(1.0 - tail, count + 1.0, n - count) : 1.0};
  }
  const double z = -normal_quantile(tail);
  const double stretch = 1.0 + z * z / n;
  const double centre = (share + 0.5 * z * z / n) / stretch;
  const double half = z / stretch * std::sqrt(share * (1.0 - share) / n + 0.25 * z * z / (n * n));
  // Exactly 0 and 1 where the formula gives them but for rounding.
  return {share == 0.0 ? 0.0 : centre - half, share == 1.0 ? 1.0 : centre + half};
}

double probability_error(double share, std::int64_t members, double level, ShareInterval method) {
  return larger_distance(share, probability_interval(share, members, level, method));
}

std::int64_t members_for_error(double share, double error, double level, ShareInterval method) {
  MYRIAD_EXPECT(error > 0.0 && error < 1.0);
  return smallest_count(
      [&](std::int64_t n) { return probability_error(share, n, level, method) <= error; });
}

Interval difference_interval(double first, std::int64_t first_members, double second,
                             std::int64_t second_members, double level) {
  const Interval a = probability_interval(first, first_members, level);
  const Interval b = probability_interval(second, second_members, level);
  return {first - second - std::hypot(first - a.low, b.high - second),
          first - second + std::hypot(a.high - first, second - b.low)};
}

std::int64_t members_for_difference(double first, double second, double error, double level) {
  MYRIAD_EXPECT(error > 0.0 && error < 1.0);
  return smallest_count([&](std::int64_t n) {
    return larger_distance(first - second, difference_interval(first, n, second, n, level)) <=
           error;
  });
}

std::int64_t members_for_margin(double share, double margin, double error) {
  MYRIAD_EXPECT(share > 0.0 && share < 1.0 && margin > 0.0 && error > 0.0 && error < 0.5);
  const double z = -normal_quantile(error);
  return static_cast<std::int64_t>(std::ceil(z * z * share * (1.0 - share) / (margin * margin)));
}

std::int64_t members_for_any_margin(double margin, double error, std::int64_t decisions) {
  MYRIAD_EXPECT(margin > 0.0 && error > 0.0 && error < 1.0 && decisions >= 1);
  return static_cast<std::int64_t>(
      std::ceil(std::log(static_cast<double>(decisions) / error) / (2.0 * margin * margin)));
}

double margin_error_bound(double margin, double members) {
  return std::exp(-2.0 * members * margin * margin);
}

double effective_members(double members, double group_size, double correlation) {
  const double divisor = 1.0 + (group_size - 1.0) * correlation;
  MYRIAD_EXPECT(divisor > 0.0);
  return members / divisor;
}

}  // namespace myriad::diag
