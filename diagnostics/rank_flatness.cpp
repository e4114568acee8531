#include "diagnostics/rank_flatness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// P(F > f) for Snedecor's F.
double f_tail(double f, double numerator, double denominator) {
  if (!(f > 0.0)) return 1.0;
  return beta_cdf(denominator / (denominator + numerator * f), 0.5 * denominator, 0.5 * numerator);
}

/// Mean deviation from flatness [bin] and its covariance [bin, bin] between clusters of starts.
struct MeanDeviation {
  std::vector<double> mean, covariance;
};

MeanDeviation mean_deviation(std::span<const double> histograms, std::size_t bins, std::size_t clusters, int block) {
  const std::size_t starts = histograms.size() / bins;
  std::vector<double> sums(clusters * bins, 0.0), sizes(clusters, 0.0);
  MeanDeviation result{std::vector<double>(bins, 0.0), std::vector<double>(bins * bins, 0.0)};
  for (std::size_t s = 0; s < starts; ++s) {
    const auto one = histograms.subspan(s * bins, bins);
    const double total = std::accumulate(one.begin(), one.end(), 0.0);
    MYRIAD_EXPECT(total > 0.0);
    const std::size_t cluster = std::min(s / static_cast<std::size_t>(block), clusters - 1);
    sizes[cluster] += 1.0;
    for (std::size_t k = 0; k < bins; ++k) sums[cluster * bins + k] += one[k] / total - 1.0 / static_cast<double>(bins);
  }
  const double n = static_cast<double>(starts), c = static_cast<double>(clusters);
  for (std::size_t i = 0; i < sums.size(); ++i) result.mean[i % bins] += sums[i] / n;
  for (std::size_t i = 0; i < clusters; ++i) {
    for (std::size_t k = 0; k < bins; ++k) sums[i * bins + k] -= sizes[i] * result.mean[k];
    for (std::size_t a = 0; a < bins; ++a) {
      for (std::size_t b = 0; b < bins; ++b)
        result.covariance[a * bins + b] += c / (c - 1.0) * sums[i * bins + a] * sums[i * bins + b] / (n * n);
    }
  }
  return result;
}

/// trace(V)^2 / |V|^2 of the true covariance, both estimated without bias from an estimate of \p m degrees of freedom, whose own
/// scatter makes it look as if few directions varied (Srivastava 2005, lemma 2.1); 1 to \p most.
double effective_freedom(double trace, double norm, double m, double most) {
  const double square = (m + 1.0) * trace * trace - 2.0 * norm, spread = m * norm - trace * trace;
  return spread > 0.0 ? std::clamp(square / spread, 1.0, most) : most;
}

/// A contrast over its standard error.
double studentised(const MeanDeviation& deviation, std::span<const double> contrast) {
  const std::size_t bins = contrast.size();
  double value = 0.0, variance = 0.0;
  for (std::size_t a = 0; a < bins; ++a) {
    value += contrast[a] * deviation.mean[a];
    for (std::size_t b = 0; b < bins; ++b) variance += contrast[a] * contrast[b] * deviation.covariance[a * bins + b];
  }
  if (variance > 0.0) return value / std::sqrt(variance);
  return value == 0.0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), value);
}

}  // namespace

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

ClusteredFlatness clustered_flatness(std::span<const double> histograms, std::size_t bins, int block) {
  MYRIAD_EXPECT(bins >= 3 && block >= 1 && histograms.size() % bins == 0);
  const double absent = std::numeric_limits<double>::quiet_NaN();
  const std::size_t starts = histograms.size() / bins;
  const std::size_t clusters = starts / static_cast<std::size_t>(block);
  if (clusters < k_least_clusters) return {clusters, absent, absent, absent, absent, absent, absent, absent, absent};
  const MeanDeviation deviation = mean_deviation(histograms, bins, clusters, block);
  double squares = 0.0, trace = 0.0, norm = 0.0;
  for (double d : deviation.mean) squares += d * d;
  for (std::size_t k = 0; k < bins; ++k) trace += deviation.covariance[k * (bins + 1)];
  for (double v : deviation.covariance) norm += v * v;
  ClusteredFlatness test;
  test.clusters = clusters;
  const double freedom = static_cast<double>(clusters) - 1.0;
  if (trace > 0.0) {
    test.statistic = squares / trace;
    test.freedom = effective_freedom(trace, norm, freedom, static_cast<double>(bins) - 1.0);
    test.p_value = f_tail(test.statistic, test.freedom, test.freedom * freedom);
    test.effective_cases = (1.0 - 1.0 / static_cast<double>(bins)) / trace;
  } else {
    const double infinite = std::numeric_limits<double>::infinity();
    test.statistic = squares > 0.0 ? infinite : 0.0;
    test.p_value = squares > 0.0 ? 0.0 : 1.0;
    test.effective_cases = infinite;
  }
  std::vector<double> linear(bins), quadratic(bins);
  const double k = static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    linear[i] = static_cast<double>(i) - 0.5 * (k - 1.0);
    quadratic[i] = linear[i] * linear[i] - (k * k - 1.0) / 12.0;
  }
  const auto p_value = [&](double t) { return std::isfinite(t) ? student_two_sided(t, freedom) : 0.0; };
  test.slope = studentised(deviation, linear);
  test.slope_p_value = p_value(test.slope);
  test.convexity = studentised(deviation, quadratic);
  test.convexity_p_value = p_value(test.convexity);
  return test;
}

}  // namespace myriad::diag
