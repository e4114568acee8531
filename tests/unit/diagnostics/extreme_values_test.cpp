#include "diagnostics/extreme_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "diagnostics/l_moments.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// Quantiles of \p distribution at evenly spread probabilities: a sample without chance.
std::vector<double> ideal_sample(const ExtremeDistribution& distribution, int count) {
  std::vector<double> x;
  for (int i = 0; i < count; ++i) x.push_back(distribution.quantile((i + 0.5) / count));
  return x;
}

TEST(LMoments, AreMeansOverAllSubsets) {
  const auto x = sorted(test::normals(9, 4));
  double l1 = 0.0, l2 = 0.0, l3 = 0.0, l4 = 0.0;
  int pairs = 0, triples = 0, quadruples = 0;
  for (std::size_t a = 0; a < 9; ++a) {
    l1 += x[a] / 9.0;
    for (std::size_t b = a + 1; b < 9; ++b) {
      l2 += (x[b] - x[a]) / 2.0;
      ++pairs;
      for (std::size_t c = b + 1; c < 9; ++c) {
        l3 += (x[c] - 2.0 * x[b] + x[a]) / 3.0;
        ++triples;
        for (std::size_t d = c + 1; d < 9; ++d) {
          l4 += (x[d] - 3.0 * x[c] + 3.0 * x[b] - x[a]) / 4.0;
          ++quadruples;
        }
      }
    }
  }
  l2 /= pairs, l3 /= triples, l4 /= quadruples;
  const LMoments found = l_moments(x);
  EXPECT_NEAR(found.mean, l1, 1e-14);
  EXPECT_NEAR(found.scale, l2, 1e-14);
  EXPECT_NEAR(found.skewness, l3 / l2, 1e-13);
  EXPECT_NEAR(found.kurtosis, l4 / l2, 1e-13);
}

TEST(LMoments, OfFewOrEqualValues) {
  EXPECT_DOUBLE_EQ(l_moments(std::vector<double>{1.0, 4.0}).scale, 1.5);
  EXPECT_TRUE(std::isnan(l_moments(std::vector<double>{1.0, 4.0}).skewness));
  EXPECT_EQ(l_moments(std::vector<double>{2.0, 2.0, 2.0, 2.0}).scale, 0.0);
  // Exponential: mean 1, scale 1/2, skewness 1/3, kurtosis 1/6.
  std::vector<double> x;
  for (int i = 0; i < 100000; ++i) x.push_back(-std::log1p(-(i + 0.5) / 100000));
  const LMoments found = l_moments(x);
  EXPECT_NEAR(found.mean, 1.0, 1e-4);
  EXPECT_NEAR(found.scale, 0.5, 1e-4);
  EXPECT_NEAR(found.skewness, 1.0 / 3.0, 1e-4);
  EXPECT_NEAR(found.kurtosis, 1.0 / 6.0, 1e-4);
}

TEST(ExtremeDistribution, QuantileInvertsTheDistributionFunction) {
  for (double shape : {-0.4, -1e-9, 0.0, 1e-7, 0.3}) {
    const ExtremeDistribution d{10.0, 2.0, shape};
    for (double p : {1e-6, 0.1, 0.5, 0.99, 1.0 - 1e-6})
      EXPECT_NEAR(d.cdf(d.quantile(p)), p, 1e-8) << shape << ' ' << p;
    EXPECT_NEAR(d.quantile(std::exp(-1.0)), 10.0, 1e-12);  // the location
    for (double period : {2.0, 50.0, 1e6})
      EXPECT_NEAR(return_period(d, return_level(d, period)) / period, 1.0, 1e-6);
  }
  const ExtremeDistribution bounded{0.0, 1.0, -0.5};  // nothing beyond 2
  EXPECT_EQ(bounded.cdf(2.5), 1.0);
  EXPECT_EQ(return_period(bounded, 2.5), std::numeric_limits<double>::infinity());
  const ExtremeDistribution heavy{0.0, 1.0, 0.5};  // nothing below -2
  EXPECT_EQ(heavy.cdf(-2.5), 0.0);
  EXPECT_EQ(return_period(heavy, -2.5), 1.0);
  // Gumbel by hand.
  EXPECT_NEAR(return_level({3.0, 2.0, 0.0}, 100.0), 3.0 - 2.0 * std::log(-std::log(0.99)), 1e-12);
}

TEST(ExtremeFit, FindsTheDistributionOfASampleWithoutChance) {
  for (double shape : {-0.3, -0.05, 0.0, 0.1, 0.25}) {
    const ExtremeDistribution truth{300.0, 4.0, shape};
    const auto fit = fit_extremes(ideal_sample(truth, 200000));
    EXPECT_NEAR(fit.shape, shape, 2e-3) << shape;  // heavy tails end at the largest of 200,000
    EXPECT_NEAR(fit.scale, 4.0, 0.01);
    EXPECT_NEAR(fit.location, 300.0, 0.01);
  }
}

TEST(ExtremeFit, HasTheMomentsOfTheSample) {
  // Closed forms of the L-moments of the fitted distribution against those of any sample.
  for (std::uint64_t seed : {1, 2, 3}) {
    auto x = test::normals(40, seed);
    for (double& v : x) v = std::exp(0.4 * v);
    const auto moments = l_moments(x = sorted(x));
    const auto fit = fit_extremes(x);
    const double k = -fit.shape, gamma = std::tgamma(1.0 + k);
    EXPECT_NEAR(fit.location + fit.scale * (1.0 - gamma) / k, moments.mean, 1e-10);
    EXPECT_NEAR(fit.scale * gamma * (1.0 - std::pow(2.0, -k)) / k, moments.scale, 1e-10);
    EXPECT_NEAR(2.0 * (1.0 - std::pow(3.0, -k)) / (1.0 - std::pow(2.0, -k)) - 3.0, moments.skewness,
                1e-10);
    const auto gumbel = fit_extremes(x, ExtremeFamily::gumbel);
    EXPECT_EQ(gumbel.shape, 0.0);
    EXPECT_NEAR(gumbel.scale * std::numbers::ln2, moments.scale, 1e-12);
    EXPECT_NEAR(gumbel.location + std::numbers::egamma * gumbel.scale, moments.mean, 1e-12);
  }
}

TEST(ExtremeFit, IsSmoothThroughTheGumbelDistribution) {
  // Samples whose shape passes through 0: no jump where the formulas change.
  const auto base = ideal_sample({0.0, 1.0, 0.0}, 50);
  double before = 0.0;
  for (int i = -20; i <= 20; ++i) {
    auto x = base;
    x.back() += 0.01 * i;
    const double level = return_level(fit_extremes(x), 100.0);
    if (i > -20) {
      EXPECT_NEAR(level - before, 0.0, 0.01) << i;
    }
    before = level;
  }
}

TEST(ExtremeFit, RefusesSamplesWithoutShape) {
  const auto id_of = [](const std::vector<double>& x) -> std::string {
    try {
      fit_extremes(x);
    } catch (const Error& error) {
      return error.id();
    }
    return "none";
  };
  EXPECT_EQ(id_of({1.0, 2.0}), "E2542");
  EXPECT_EQ(id_of({2.0, 2.0, 2.0, 2.0}), "E2542");
  EXPECT_EQ(id_of({0.0, 0.0, 0.0, 2.0}), "E2542");
  EXPECT_EQ(id_of({0.0, 2.0, 2.0, 2.0}), "E2542");
  EXPECT_EQ(id_of({0.0, 0.5, 2.0, 2.0}), "none");
}

TEST(ReturnLevel, IntervalHoldsTheTruthAboutAsOftenAsStated) {
  const ExtremeDistribution truth{20.0, 3.0, 0.05};
  std::mt19937_64 engine(5);
  std::uniform_real_distribution<double> uniform(1e-12, 1.0 - 1e-12);
  int held = 0;
  BootstrapOptions options;
  options.replicates = 150;
  options.level = 0.9;
  for (int e = 0; e < 200; ++e) {
    std::vector<double> x;
    for (int i = 0; i < 80; ++i) x.push_back(truth.quantile(uniform(engine)));
    const auto found = estimate_return_level(sorted(x), 50.0, ExtremeFamily::generalised, options);
    EXPECT_LT(found.interval.low, found.interval.high);
    held += found.interval.low <= return_level(truth, 50.0) &&
                    return_level(truth, 50.0) <= found.interval.high
                ? 1
                : 0;
  }
  EXPECT_GT(held, 160);  // 80 %: percentile intervals of 80 values are too narrow
  EXPECT_LT(held, 197);
}

TEST(ReturnLevel, SameSeedSameInterval) {
  const auto x = ideal_sample({0.0, 1.0, 0.1}, 30);
  BootstrapOptions options;
  options.replicates = 50;
  const auto first = estimate_return_level(x, 20.0, ExtremeFamily::gumbel, options);
  const auto again = estimate_return_level(x, 20.0, ExtremeFamily::gumbel, options);
  EXPECT_EQ(first.interval.low, again.interval.low);
  options.seed = 1;
  EXPECT_NE(first.interval.low,
            estimate_return_level(x, 20.0, ExtremeFamily::gumbel, options).interval.low);
}

}  // namespace
}  // namespace myriad::diag
