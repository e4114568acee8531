#include "diagnostics/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_tiny = 1e-300;
constexpr double k_precision = 1e-16;
/// Fractions and series converge within a few times the root of the parameter.
constexpr int k_most_terms = 100000;

double log_beta(double a, double b) {
  return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
}

/// Upper regularised incomplete gamma function Q(a, x): series below the mean (DLMF 8.7.1),
/// continued fraction above (8.9.2, by the modified Lentz method).
double gamma_tail(double a, double x) {
  const double front = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (int n = 1; n < k_most_terms && term > sum * k_precision; ++n) {
      term *= x / (a + n);
      sum += term;
    }
    return 1.0 - sum * front;
  }
  double b = x + 1.0 - a, c = 1.0 / k_tiny, d = 1.0 / b, h = d;
  for (int i = 1; i < k_most_terms; ++i) {
    const double numerator = -i * (i - a);
    b += 2.0;
    d = numerator * d + b;
    d = 1.0 / (std::abs(d) < k_tiny ? k_tiny : d);
    c = b + numerator / c;
    c = std::abs(c) < k_tiny ? k_tiny : c;
    h *= d * c;
    if (std::abs(d * c - 1.0) < k_precision) break;
  }
  return front * h;
}

/// The fraction of DLMF 8.17.22; converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double x, double a, double b) {
  double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
  d = 1.0 / (std::abs(d) < k_tiny ? k_tiny : d);
  double h = d;
  const auto step = [&](double numerator) {
    d = 1.0 + numerator * d;
    d = 1.0 / (std::abs(d) < k_tiny ? k_tiny : d);
    c = 1.0 + numerator / c;
    c = std::abs(c) < k_tiny ? k_tiny : c;
    h *= d * c;
    return std::abs(d * c - 1.0);
  };
  for (int m = 1; m < k_most_terms; ++m) {
    step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    if (step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) < k_precision) break;
  }
  return h;
}

double beta_density(double x, double a, double b) {
  return std::exp((a - 1.0) * std::log(x) + (b - 1.0) * std::log1p(-x) - log_beta(a, b));
}

/// log of n over k.
double log_choose(std::int64_t n, std::int64_t k) {
  return std::lgamma(static_cast<double>(n) + 1.0) - std::lgamma(static_cast<double>(k) + 1.0) -
         std::lgamma(static_cast<double>(n - k) + 1.0);
}

}  // namespace

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double normal_quantile(double p) {
  MYRIAD_EXPECT(p > 0.0 && p < 1.0);
  if (p > 0.5) return -normal_quantile(1.0 - p);
  // Abramowitz and Stegun 26.2.23 (error below 4.5e-4), then Newton on the logarithm, which has no
  // trouble in the tail.
  const double t = std::sqrt(-2.0 * std::log(p));
  double z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (int i = 0; i < 4; ++i) {
    const double cdf = normal_cdf(z);
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
    z -= std::log(cdf / p) * cdf / density;
  }
  return z;
}

double chi_square_tail(double x, double freedom) {
  MYRIAD_EXPECT(freedom > 0.0);
  return x <= 0.0 ? 1.0 : gamma_tail(0.5 * freedom, 0.5 * x);
}

double beta_cdf(double x, double a, double b) {
  MYRIAD_EXPECT(a > 0.0 && b > 0.0 && x >= 0.0 && x <= 1.0);
  if (x == 0.0 || x == 1.0) return x;
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) - log_beta(a, b));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(x, a, b) / a;
  return 1.0 - front * beta_fraction(1.0 - x, b, a) / b;
}

double beta_quantile(double p, double a, double b) {
  MYRIAD_EXPECT(p >= 0.0 && p <= 1.0);
  if (p == 0.0 || p == 1.0) return p;
  double low = 0.0, high = 1.0, x = a / (a + b);
  for (int i = 0; i < 200 && high - low > 1e-16 * high; ++i) {
    const double difference = beta_cdf(x, a, b) - p;
    if (difference == 0.0) break;
    (difference > 0.0 ? high : low) = x;
    const double newton = x - difference / beta_density(x, a, b);
    const double next = newton > low && newton < high ? newton : 0.5 * (low + high);
    if (next == x) break;
    x = next;
  }
  return x;
}

double student_two_sided(double t, double freedom) {
  return beta_cdf(freedom / (freedom + t * t), 0.5 * freedom, 0.5);
}

double binomial_at_most(std::int64_t k, std::int64_t n, double p) {
  if (k < 0) return 0.0;
  if (k >= n) return 1.0;
  return beta_cdf(1.0 - p, static_cast<double>(n - k), static_cast<double>(k) + 1.0);
}

double binomial_at_least(std::int64_t k, std::int64_t n, double p) {
  if (k <= 0) return 1.0;
  if (k > n) return 0.0;
  return beta_cdf(p, static_cast<double>(k), static_cast<double>(n - k) + 1.0);
}

double hypergeometric_at_most(std::int64_t k, std::int64_t draws, std::int64_t marked,
                              std::int64_t all) {
  MYRIAD_EXPECT(marked >= 0 && marked <= all && draws >= 0 && draws <= all);
  const std::int64_t least = std::max(std::int64_t{0}, draws - (all - marked));
  const std::int64_t most = std::min(draws, marked);
  if (k < least) return 0.0;
  if (k >= most) return 1.0;
  const double total = log_choose(all, draws);
  double sum = 0.0;
  for (std::int64_t i = least; i <= k; ++i)
    sum += std::exp(log_choose(marked, i) + log_choose(all - marked, draws - i) - total);
  return std::min(sum, 1.0);
}

double hypergeometric_at_least(std::int64_t k, std::int64_t draws, std::int64_t marked,
                               std::int64_t all) {
  // The unmarked ones among the draws, so that a small tail is a sum of small numbers.
  return hypergeometric_at_most(draws - k, draws, all - marked, all);
}

}  // namespace myriad::diag
