#include "diagnostics/consistency.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

double median_of(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

/// Weights proportional to \p scores within bounds that admit the sum 1: c times the scores,
/// clipped, c by bisection.
std::vector<double> clipped(std::span<const double> scores, double least, double most) {
  std::vector<double> weights(scores.size());
  const auto sum_with = [&](double c) {
    double sum = 0.0;
    for (std::size_t j = 0; j < scores.size(); ++j)
      sum += weights[j] = std::clamp(c * scores[j], least, most);
    return sum;
  };
  const double largest = *std::max_element(scores.begin(), scores.end());
  double low = 0.0, high = largest > 0.0 ? most / largest : 1.0;
  // Scores of 0 stay at the lower bound, so that the others may have to rise beyond the first
  // guess.
  for (int i = 0; i < 60 && sum_with(high) < 1.0; ++i) high *= 2.0;
  for (int i = 0; i < 200 && high - low > 1e-16 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (sum_with(middle) < 1.0 ? low : high) = middle;
  }
  const double sum = sum_with(high);
  for (double& w : weights) w /= sum;
  return weights;
}

}  // namespace

Consistency checkpoint_consistency(std::span<const double> means, std::span<const double> scale,
                                   std::span<const double> area,
                                   std::span<const double> spread_ratio) {
  const std::size_t count = spread_ratio.size(), points = area.size();
  MYRIAD_EXPECT(count >= 3 && scale.size() == points && means.size() == count * points);
  MYRIAD_EXPECT(std::all_of(scale.begin(), scale.end(), [](double s) { return s > 0.0; }));
  MYRIAD_EXPECT(
      std::all_of(spread_ratio.begin(), spread_ratio.end(), [](double r) { return r > 0.0; }));
  Consistency result;
  result.agreement.resize(means.size());
  std::vector<double> at_point(count), scores(count, 0.0);
  for (std::size_t p = 0; p < points; ++p) {
    for (std::size_t j = 0; j < count; ++j) {
      at_point[j] = means[j * points + p];
      MYRIAD_VALIDATE(std::isfinite(at_point[j]), ErrorKind::quality, "E2545",
                      "no comparison of checkpoints (the mean of checkpoint {} is not finite at "
                      "point {}); leave that checkpoint out",
                      j, p);
    }
    const double median = median_of(at_point);
    double sum = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      const double delta =
          std::min(std::abs(means[j * points + p] - median) / (3.0 * scale[p]), 1.0);
      const double s = (std::exp(-2.0 * delta) - std::exp(-2.0)) / (1.0 - std::exp(-2.0));
      result.agreement[j * points + p] = s;
      scores[j] += area[p] * s;
      sum += s;
    }
    // With an even number the two middle ones may both be far from the median: then nobody agrees.
    for (std::size_t j = 0; j < count; ++j) {
      double& s = result.agreement[j * points + p];
      s = sum > 0.0 ? s * static_cast<double>(count) / sum : 1.0;
    }
  }
  for (std::size_t j = 0; j < count; ++j) scores[j] /= spread_ratio[j];
  const double equal = 1.0 / static_cast<double>(count);
  const double largest = *std::max_element(scores.begin(), scores.end());
  if (largest > 0.0)
    result.weights = clipped(scores, 0.5 * equal, 2.0 * equal);
  else
    result.weights.assign(count, equal);
  for (std::size_t j = 0; j < count; ++j) {
    if (result.weights[j] <= 0.5 * equal * (1.0 + 1e-9))
      result.inconsistent.push_back(static_cast<int>(j));
  }
  return result;
}

std::vector<double> consistent_mean(std::span<const double> means, const Consistency& consistency) {
  const std::size_t count = consistency.weights.size();
  MYRIAD_EXPECT(means.size() == consistency.agreement.size() && means.size() % count == 0);
  const std::size_t points = means.size() / count;
  std::vector<double> mean(points, 0.0);
  for (std::size_t p = 0; p < points; ++p) {
    double total = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      const double weight = consistency.weights[j] * consistency.agreement[j * points + p];
      mean[p] += weight * means[j * points + p];
      total += weight;
    }
    mean[p] /= total;
  }
  return mean;
}

}  // namespace myriad::diag
