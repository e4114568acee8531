#include "diagnostics/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// sum_ab |x_a - z_b| of two ascending series: each x has below it the z before it in the merged
/// order.
double sum_of_distances(std::span<const double> x, std::span<const double> z) {
  const double total = std::accumulate(z.begin(), z.end(), 0.0);
  const double count = static_cast<double>(z.size());
  double sum = 0.0, sum_below = 0.0;
  std::size_t below = 0;
  for (double value : x) {
    while (below < z.size() && z[below] <= value) sum_below += z[below++];
    const double n_below = static_cast<double>(below);
    sum += value * n_below - sum_below + (total - sum_below) - value * (count - n_below);
  }
  return sum;
}

double weighted_mean(std::span<const double> values, std::span<const double> weights) {
  MYRIAD_EXPECT(values.size() == weights.size());
  double sum = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) sum += weights[j] * values[j];
  return sum;
}

double weighted_square(std::span<const double> values, std::span<const double> weights,
                       double centre) {
  double sum = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j)
    sum += weights[j] * (values[j] - centre) * (values[j] - centre);
  return sum;
}

}  // namespace

MixtureTerms mixture_terms(std::span<const std::vector<double>> components, double truth,
                           PairEstimator estimator) {
  const std::size_t count = components.size();
  MYRIAD_EXPECT(count >= 1);
  MixtureTerms terms;
  terms.distance.resize(count * count);
  std::vector<std::vector<double>> sorted(components.begin(), components.end());
  for (auto& members : sorted) {
    MYRIAD_EXPECT(members.size() >= (estimator == PairEstimator::fair ? 2U : 1U));
    std::sort(members.begin(), members.end());
    // Distances do not change when the truth is the origin, and the sums lose fewer digits.
    for (double& x : members) x -= truth;
    double sum = 0.0;
    for (double x : members) sum += std::abs(x);
    terms.absolute.push_back(sum / static_cast<double>(members.size()));
  }
  for (std::size_t j = 0; j < count; ++j) {
    const double members = static_cast<double>(sorted[j].size());
    for (std::size_t k = j; k < count; ++k) {
      double pairs = members * static_cast<double>(sorted[k].size());
      if (j == k && estimator == PairEstimator::fair) pairs = members * (members - 1.0);
      const double mean = sum_of_distances(sorted[j], sorted[k]) / pairs;
      terms.distance[j * count + k] = terms.distance[k * count + j] = mean;
    }
  }
  return terms;
}

MixtureTerms mean_terms(std::span<const MixtureTerms> terms, std::span<const double> weights) {
  MYRIAD_EXPECT(!terms.empty() && terms.size() == weights.size());
  const std::size_t count = terms.front().components();
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  MixtureTerms mean{std::vector<double>(count, 0.0), std::vector<double>(count * count, 0.0)};
  for (std::size_t t = 0; t < terms.size(); ++t) {
    MYRIAD_EXPECT(terms[t].components() == count);
    const double weight = weights[t] / total;
    for (std::size_t j = 0; j < count; ++j) mean.absolute[j] += weight * terms[t].absolute[j];
    for (std::size_t i = 0; i < count * count; ++i)
      mean.distance[i] += weight * terms[t].distance[i];
  }
  return mean;
}

double mixture_crps(const MixtureTerms& terms, std::span<const double> weights) {
  const std::size_t count = terms.components();
  MYRIAD_EXPECT(weights.size() == count && terms.distance.size() == count * count);
  double value = 0.0;
  for (std::size_t j = 0; j < count; ++j) {
    double distance = 0.0;
    for (std::size_t k = 0; k < count; ++k) distance += weights[k] * terms.pair(j, k);
    value += weights[j] * (terms.absolute[j] - 0.5 * distance);
  }
  return value;
}

MixtureSkill decompose_crps(const MixtureTerms& terms, std::span<const double> weights) {
  MixtureSkill skill;
  skill.crps = mixture_crps(terms, weights);
  for (std::size_t j = 0; j < terms.components(); ++j) {
    skill.component_crps += weights[j] * (terms.absolute[j] - 0.5 * terms.pair(j, j));
    skill.diversity -= 0.5 * weights[j] * terms.pair(j, j);
    for (std::size_t k = 0; k < terms.components(); ++k)
      skill.diversity += 0.5 * weights[j] * weights[k] * terms.pair(j, k);
  }
  return skill;
}

std::vector<double> component_values(const MixtureTerms& terms, std::span<const double> weights) {
  const double all = mixture_crps(terms, weights);
  std::vector<double> values;
  for (std::size_t j = 0; j < terms.components(); ++j) {
    std::vector<double> others(weights.begin(), weights.end());
    others[j] = 0.0;
    const double left = std::accumulate(others.begin(), others.end(), 0.0);
    for (double& w : others) w /= left;
    values.push_back(left > 0.0 ? mixture_crps(terms, others) - all : k_absent);
  }
  return values;
}

MeanError decompose_mean_error(std::span<const double> means, std::span<const double> weights,
                               double truth) {
  const double mean = weighted_mean(means, weights);
  return {weighted_square(means, weights, truth), weighted_square(means, weights, mean),
          (mean - truth) * (mean - truth)};
}

VarianceSplit split_variance(std::span<const double> means, std::span<const double> variances,
                             std::span<const double> weights, std::span<const int> members) {
  MYRIAD_EXPECT(members.size() == means.size());
  VarianceSplit split;
  split.within = weighted_mean(variances, weights);
  split.between = weighted_square(means, weights, weighted_mean(means, weights));
  const double count = static_cast<double>(means.size());
  double mean = 0.0, sampling = 0.0, square = 0.0;
  for (double m : means) mean += m / count;
  for (std::size_t j = 0; j < means.size(); ++j) {
    // s^2 / M with s^2 = v M / (M - 1); for one member that is 0/0 or infinite.
    sampling += members[j] > 1 ? variances[j] / (members[j] - 1.0) / count : k_absent;
    square += (means[j] - mean) * (means[j] - mean);
  }
  split.between_fair = means.size() > 1 ? square / (count - 1.0) - sampling : k_absent;
  return split;
}

}  // namespace myriad::diag
