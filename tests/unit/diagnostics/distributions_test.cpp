#include "diagnostics/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace myriad::diag {
namespace {

TEST(Distributions, OfTheNormalNumber) {
  EXPECT_NEAR(normal_cdf(1.0), 0.841344746068543, 1e-15);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.5), 0.0, 1e-15);
  for (double p : {1e-300, 1e-12, 0.001, 0.3, 0.7, 0.999})
    EXPECT_NEAR(normal_cdf(normal_quantile(p)) / p, 1.0, 1e-12) << p;
}

TEST(Distributions, ChiSquareOfTwoIsExponentialAndOfOneIsTheSquareOfANormalNumber) {
  for (double x : {0.01, 1.0, 5.0, 60.0}) {
    EXPECT_NEAR(chi_square_tail(x, 2.0) / std::exp(-0.5 * x), 1.0, 1e-13) << x;
    EXPECT_NEAR(chi_square_tail(x, 1.0) / std::erfc(std::sqrt(0.5 * x)), 1.0, 1e-12) << x;
    EXPECT_NEAR(chi_square_tail(x, 4.0) / (std::exp(-0.5 * x) * (1.0 + 0.5 * x)), 1.0, 1e-13) << x;
  }
  EXPECT_EQ(chi_square_tail(0.0, 3.0), 1.0);
}

TEST(Distributions, IncompleteBetaHasItsClosedForms) {
  for (double x : {0.0, 1e-6, 0.2, 0.5, 0.9, 1.0}) {
    EXPECT_NEAR(beta_cdf(x, 1.0, 1.0), x, 1e-14);
    EXPECT_NEAR(beta_cdf(x, 3.0, 1.0), x * x * x, 1e-14);
    EXPECT_NEAR(beta_cdf(x, 0.5, 0.5), 2.0 / M_PI * std::asin(std::sqrt(x)), 1e-13);
  }
  for (double p : {1e-9, 0.025, 0.5, 0.975})
    EXPECT_NEAR(beta_cdf(beta_quantile(p, 3.0, 700.0), 3.0, 700.0) / p, 1.0, 1e-9);
}

TEST(Distributions, StudentsHasItsClosedForms) {
  for (double t : {0.0, 0.5, -2.0, 30.0}) {
    EXPECT_NEAR(student_two_sided(t, 1.0), 1.0 - 2.0 / M_PI * std::atan(std::abs(t)), 1e-13);
    EXPECT_NEAR(student_two_sided(t, 2.0), 1.0 - std::abs(t) / std::sqrt(2.0 + t * t), 1e-13);
  }
}

TEST(Distributions, BinomialTailsAreSumsOfItsMasses) {
  // Binomial(5, 0.3): 0.16807, 0.36015, 0.3087, 0.1323, 0.02835, 0.00243.
  EXPECT_NEAR(binomial_at_most(0, 5, 0.3), 0.16807, 1e-14);
  EXPECT_NEAR(binomial_at_most(2, 5, 0.3), 0.83692, 1e-14);
  EXPECT_NEAR(binomial_at_least(4, 5, 0.3), 0.03078, 1e-14);
  EXPECT_EQ(binomial_at_most(-1, 5, 0.3), 0.0);
  EXPECT_EQ(binomial_at_most(5, 5, 0.3), 1.0);
  EXPECT_EQ(binomial_at_least(0, 5, 0.3), 1.0);
  EXPECT_EQ(binomial_at_least(6, 5, 0.3), 0.0);
  EXPECT_EQ(binomial_at_most(3, 5, 0.0), 1.0);
  EXPECT_EQ(binomial_at_least(3, 5, 1.0), 1.0);
}

TEST(Distributions, HypergeometricTailsAreSumsOfItsMasses) {
  // 4 draws from 10 with 3 marked: 35, 105, 63, 7 of 210.
  EXPECT_NEAR(hypergeometric_at_most(0, 4, 3, 10), 35.0 / 210.0, 1e-14);
  EXPECT_NEAR(hypergeometric_at_most(1, 4, 3, 10), 140.0 / 210.0, 1e-14);
  EXPECT_NEAR(hypergeometric_at_least(3, 4, 3, 10), 7.0 / 210.0, 1e-14);
  EXPECT_EQ(hypergeometric_at_least(4, 4, 3, 10), 0.0);
  EXPECT_EQ(hypergeometric_at_most(3, 4, 3, 10), 1.0);
  EXPECT_EQ(hypergeometric_at_most(2, 9, 3, 10) < 1.0, true);
  EXPECT_EQ(hypergeometric_at_most(1, 9, 3, 10), 0.0);  // at most one marked one is left out
}

}  // namespace
}  // namespace myriad::diag
