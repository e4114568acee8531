#include "diagnostics/extreme_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "diagnostics/l_moments.hpp"
#include "diagnostics/resampling.hpp"
#include "kernels/random.hpp"
#include "src/base/error.hpp"
#include "src/base/random_streams.hpp"

namespace myriad::diag {
namespace {

/// Shapes nearer to 0 are Gumbel: the formulas lose the digits that the difference would have.
constexpr double k_gumbel_shape = 1e-8;

/// Standard quantile: (w^-shape - 1)/shape with w = -ln p.
double standard_quantile(double log_w, double shape) {
  if (std::abs(shape) < k_gumbel_shape) return -log_w;
  return std::expm1(-shape * log_w) / shape;
}

/// L-skewness of a shape, rising from -1 at minus infinity to 1 at 1.
double skewness_of(double shape) {
  if (std::abs(shape) < k_gumbel_shape) return 2.0 * std::log(3.0) / std::numbers::ln2 - 3.0;
  return 2.0 * std::expm1(shape * std::log(3.0)) / std::expm1(shape * std::numbers::ln2) - 3.0;
}

/// Bisection: robust for every sample, and its end is rounding.
double shape_of(double skewness) {
  double low = -1.0, high = 1.0;
  while (skewness_of(low) > skewness) low *= 2.0;
  for (int i = 0; i < 100 && high - low > 1e-15; ++i) {
    const double middle = 0.5 * (low + high);
    (skewness_of(middle) < skewness ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

ExtremeDistribution from_l_moments(const LMoments& moments, double shape) {
  if (std::abs(shape) < k_gumbel_shape) {
    const double scale = moments.scale / std::numbers::ln2;
    return {moments.mean - std::numbers::egamma * scale, scale, 0.0};
  }
  // Gamma(1 - shape) - 1 without cancellation.
  const double log_gamma = std::lgamma(1.0 - shape);
  const double scale =
      moments.scale * shape / (std::expm1(shape * std::numbers::ln2) * std::exp(log_gamma));
  return {moments.mean - scale * std::expm1(log_gamma) / shape, scale, shape};
}

/// \p sample sorted draws, numbered by the replicate.
void draw(const ExtremeDistribution& from, std::uint64_t seed, int replicate,
          std::span<double> sample) {
  for (std::size_t i = 0; i < sample.size(); i += 4) {
    const auto words = kernels::reference::philox_block(
        {static_cast<std::uint32_t>(i / 4), 0, static_cast<std::uint32_t>(replicate),
         stream_number(StreamId::bootstrap)},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    for (std::size_t j = i; j < std::min(i + 4, sample.size()); ++j)
      sample[j] = from.quantile((words[j - i] + 0.5) * 0x1p-32);
  }
  std::sort(sample.begin(), sample.end());
}

}  // namespace

double ExtremeDistribution::cdf(double x) const {
  const double z = (x - location) / scale;
  if (std::abs(shape) < k_gumbel_shape) return std::exp(-std::exp(-z));
  const double base = 1.0 + shape * z;
  if (base <= 0.0) return shape > 0.0 ? 0.0 : 1.0;
  return std::exp(-std::exp(-std::log1p(shape * z) / shape));
}

double ExtremeDistribution::quantile(double p) const {
  MYRIAD_EXPECT(p > 0.0 && p < 1.0);
  // log1p for the return levels of long periods, where p is next to 1.
  return location + scale * standard_quantile(std::log(-std::log1p(p - 1.0)), shape);
}

ExtremeDistribution fit_extremes(std::span<const double> ascending, ExtremeFamily family) {
  MYRIAD_VALIDATE(ascending.size() >= 3 && ascending.front() < ascending.back(),
                  ErrorKind::input_corrupt, "E2542",
                  "no distribution of extremes (it takes at least 3 values that are not all equal, "
                  "and there are {}); take more years or members",
                  ascending.size());
  const LMoments moments = l_moments(ascending);
  if (family == ExtremeFamily::gumbel) return from_l_moments(moments, 0.0);
  MYRIAD_VALIDATE(std::abs(moments.skewness) < 1.0 - 1e-9, ErrorKind::input_corrupt, "E2542",
                  "no distribution of extremes (all of the {} values but one are equal); take more "
                  "years or members",
                  ascending.size());
  return from_l_moments(moments, shape_of(moments.skewness));
}

double return_level(const ExtremeDistribution& distribution, double period) {
  MYRIAD_EXPECT(period > 1.0);
  return distribution.location +
         distribution.scale *
             standard_quantile(std::log(-std::log1p(-1.0 / period)), distribution.shape);
}

double return_period(const ExtremeDistribution& distribution, double value) {
  const double z = (value - distribution.location) / distribution.scale;
  double log_w = -z;
  if (std::abs(distribution.shape) >= k_gumbel_shape) {
    const double base = 1.0 + distribution.shape * z;
    if (base <= 0.0)
      return distribution.shape > 0.0 ? 1.0 : std::numeric_limits<double>::infinity();
    log_w = -std::log1p(distribution.shape * z) / distribution.shape;
  }
  return -1.0 / std::expm1(-std::exp(log_w));
}

ReturnLevel estimate_return_level(std::span<const double> ascending, double period,
                                  ExtremeFamily family, const BootstrapOptions& options) {
  MYRIAD_EXPECT(options.replicates > 1 && options.level > 0.0 && options.level < 1.0);
  const ExtremeDistribution fit = fit_extremes(ascending, family);
  std::vector<double> sample(ascending.size()), levels;
  for (int r = 0; r < options.replicates; ++r) {
    draw(fit, options.seed, r, sample);
    levels.push_back(return_level(fit_extremes(sample, family), period));
  }
  std::sort(levels.begin(), levels.end());
  const double tail = 0.5 * (1.0 - options.level);
  return {return_level(fit, period),
          {quantile_of_sorted(levels, tail), quantile_of_sorted(levels, 1.0 - tail)}};
}

}  // namespace myriad::diag
