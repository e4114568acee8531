#include "diagnostics/mixture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using Components = std::vector<std::vector<double>>;

/// Components of different size, mean and spread.
Components some_components() {
  const auto draws = test::normals(40, 3);
  Components components(3);
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t j = i < 7 ? 0 : i < 20 ? 1 : 2;
    components[j].push_back(280.0 + static_cast<double>(j) +
                            (1.0 + 0.5 * static_cast<double>(j)) * draws[i]);
  }
  return components;
}

TEST(Mixture, TermsAreMeanDistances) {
  const Components components = some_components();
  for (PairEstimator estimator : {PairEstimator::standard, PairEstimator::fair}) {
    const MixtureTerms terms = mixture_terms(components, 281.25, estimator);
    for (std::size_t j = 0; j < 3; ++j) {
      double absolute = 0.0;
      for (double x : components[j])
        absolute += std::abs(x - 281.25) / static_cast<double>(components[j].size());
      EXPECT_NEAR(terms.absolute[j], absolute, 1e-13);
      for (std::size_t k = 0; k < 3; ++k) {
        double sum = 0.0, pairs = 0.0;
        for (std::size_t a = 0; a < components[j].size(); ++a) {
          for (std::size_t b = 0; b < components[k].size(); ++b) {
            if (j == k && a == b && estimator == PairEstimator::fair) continue;
            sum += std::abs(components[j][a] - components[k][b]);
            pairs += 1.0;
          }
        }
        EXPECT_NEAR(terms.pair(j, k), sum / pairs, 1e-12);
      }
    }
  }
}

TEST(Mixture, NumbersOfTheWorkedExample) {
  // Members {0, 1} and {2, 4}, truth 1.5 (generative.md 8.2).
  const Components components{{0.0, 1.0}, {2.0, 4.0}};
  const MixtureTerms terms = mixture_terms(components, 1.5, PairEstimator::standard);
  EXPECT_EQ(terms.absolute, (std::vector<double>{1.0, 1.5}));
  EXPECT_EQ(terms.distance, (std::vector<double>{0.5, 2.5, 2.5, 1.0}));
  const std::vector<double> equal{0.5, 0.5};
  const MixtureSkill skill = decompose_crps(terms, equal);
  EXPECT_DOUBLE_EQ(skill.component_crps, 0.875);
  EXPECT_DOUBLE_EQ(skill.diversity, 0.4375);
  EXPECT_DOUBLE_EQ(skill.crps, 0.4375);
  // Alone they have 0.75 and 1.
  const auto values = component_values(terms, equal);
  EXPECT_DOUBLE_EQ(values[0], 1.0 - 0.4375);
  EXPECT_DOUBLE_EQ(values[1], 0.75 - 0.4375);
  EXPECT_TRUE(std::isnan(component_values(terms, std::vector<double>{1.0, 0.0})[0]));
}

TEST(Mixture, WithWeightsOfMembersIsThePooledEnsemble) {
  const Components components = some_components();
  std::vector<double> pooled;
  for (const auto& members : components)
    pooled.insert(pooled.end(), members.begin(), members.end());
  const std::vector<double> weights{7.0 / 40.0, 13.0 / 40.0, 20.0 / 40.0};
  double distance = 0.0, absolute = 0.0;
  for (double a : pooled) {
    absolute += std::abs(a - 279.0) / 40.0;
    for (double b : pooled) distance += std::abs(a - b) / 1600.0;
  }
  const auto skill =
      decompose_crps(mixture_terms(components, 279.0, PairEstimator::standard), weights);
  EXPECT_NEAR(skill.crps, absolute - 0.5 * distance, 1e-12);
  EXPECT_NEAR(skill.component_crps - skill.diversity, skill.crps, 1e-12);
  EXPECT_GT(skill.diversity, 0.0);
  // The diversity knows nothing of the truth.
  const auto elsewhere =
      decompose_crps(mixture_terms(components, 500.0, PairEstimator::standard), weights);
  EXPECT_NEAR(elsewhere.diversity, skill.diversity, 1e-10);
}

TEST(Mixture, TermsAreAveragedWithWeights) {
  const std::vector<MixtureTerms> terms{{{1.0}, {2.0}}, {{3.0}, {6.0}}, {{100.0}, {100.0}}};
  const MixtureTerms mean = mean_terms(terms, std::vector<double>{3.0, 1.0, 0.0});
  EXPECT_DOUBLE_EQ(mean.absolute[0], 1.5);
  EXPECT_DOUBLE_EQ(mean.distance[0], 3.0);
}

TEST(Mixture, SquaredErrorOfTheMeanIsThatOfTheComponentsLessTheirDifference) {
  const std::vector<double> means{1.0, 2.0, 4.0}, weights{0.5, 0.25, 0.25};
  const MeanError error = decompose_mean_error(means, weights, 3.0);
  EXPECT_DOUBLE_EQ(error.component_error, 0.5 * 4.0 + 0.25 + 0.25);
  EXPECT_DOUBLE_EQ(error.error, 1.0);
  EXPECT_DOUBLE_EQ(error.component_error - error.diversity, error.error);
}

TEST(Mixture, VarianceIsThatInsideAndThatBetweenComponents) {
  const Components components = some_components();
  std::vector<double> means, variances, weights, pooled;
  const std::vector<int> members{7, 13, 20};
  for (const auto& x : components) {
    const double n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double variance = 0.0;
    for (double v : x) variance += (v - mean) * (v - mean) / n;
    means.push_back(mean);
    variances.push_back(variance);
    weights.push_back(n / 40.0);
    pooled.insert(pooled.end(), x.begin(), x.end());
  }
  double mean = 0.0, total = 0.0;
  for (double v : pooled) mean += v / 40.0;
  for (double v : pooled) total += (v - mean) * (v - mean) / 40.0;
  const VarianceSplit split = split_variance(means, variances, weights, members);
  EXPECT_NEAR(split.within + split.between, total, 1e-10);
}

TEST(Mixture, FairVarianceBetweenModelsIsThatOfTheirTrueMeans) {
  // 4 models whose means have variance 0.25, 3 members each of variance 1, many times over.
  const int trials = 20000;
  const auto draws = test::normals(static_cast<std::size_t>(trials) * 16, 8);
  const std::vector<int> members(4, 3);
  double fair = 0.0, plain = 0.0;
  for (int t = 0; t < trials; ++t) {
    const double* z = draws.data() + 16 * t;
    std::vector<double> means, variances;
    for (int j = 0; j < 4; ++j, z += 4) {
      const double mean = (z[1] + z[2] + z[3]) / 3.0;
      double variance = 0.0;
      for (int i = 1; i < 4; ++i) variance += (z[i] - mean) * (z[i] - mean) / 3.0;
      means.push_back(0.5 * z[0] + mean);
      variances.push_back(variance);
    }
    const auto split = split_variance(means, variances, std::vector<double>(4, 0.25), members);
    fair += split.between_fair / trials;
    plain += split.between / trials;
  }
  EXPECT_NEAR(fair, 0.25, 0.015);  // 4 standard errors
  EXPECT_GT(plain, 0.4);           // 3/4 (0.25 + 1/3)
  const auto single = split_variance(std::vector<double>{1.0}, std::vector<double>{0.0},
                                     std::vector<double>{1.0}, std::vector<int>{1});
  EXPECT_TRUE(std::isnan(single.between_fair));
}

}  // namespace
}  // namespace myriad::diag
