#include "diagnostics/ensemble_size.hpp"

#include <algorithm>
#include <cmath>

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

}  // namespace myriad::diag
