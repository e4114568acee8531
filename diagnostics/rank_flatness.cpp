#include "diagnostics/rank_flatness.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {

RankFlatness rank_flatness(std::span<const double> histogram, double cases) {
  const double total = std::accumulate(histogram.begin(), histogram.end(), 0.0);
  MYRIAD_EXPECT(histogram.size() >= 3 && total > 0.0 && cases > 0.0);
  const double bins = static_cast<double>(histogram.size());
  const double expected = cases / bins;
  // Sum over the bins of the square of the centred rank, and of its square less its mean.
  const double linear_norm = bins * (bins * bins - 1.0) / 12.0;
  const double square_mean = (bins * bins - 1.0) / 12.0;
  double quadratic_norm = 0.0, linear = 0.0, quadratic = 0.0;
  RankFlatness test;
  for (std::size_t k = 0; k < histogram.size(); ++k) {
    const double x = (cases * histogram[k] / total - expected) / std::sqrt(expected);
    const double rank = static_cast<double>(k) - 0.5 * (bins - 1.0);
    const double bowl = rank * rank - square_mean;
    test.chi_square += x * x;
    linear += rank * x;
    quadratic += bowl * x;
    quadratic_norm += bowl * bowl;
  }
  test.slope = linear / std::sqrt(linear_norm);
  test.convexity = quadratic / std::sqrt(quadratic_norm);
  test.rest =
      std::max(0.0, test.chi_square - test.slope * test.slope - test.convexity * test.convexity);
  test.p_value = chi_square_tail(test.chi_square, bins - 1.0);
  test.slope_p_value = chi_square_tail(test.slope * test.slope, 1.0);
  test.convexity_p_value = chi_square_tail(test.convexity * test.convexity, 1.0);
  test.rest_p_value = bins > 3.0 ? chi_square_tail(test.rest, bins - 3.0) : 1.0;
  return test;
}

}  // namespace myriad::diag
