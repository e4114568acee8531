#pragma once
/// \file
/// Distribution functions that tests and intervals need and the C++ library lacks.
///
/// All are accurate to about 1e-11, relatively (continued fractions and series to convergence), for
/// parameters up to some thousands; beyond, logarithms of Gamma functions cost digits.
/// Deterministic; no state.

#include <cstdint>

namespace myriad::diag {

double normal_cdf(double z);
/// z with normal_cdf(z) = p. Preconditions: p in (0, 1).
double normal_quantile(double p);

/// P(X > x) for X with the chi-square distribution of \p freedom degrees of freedom; 1 for x <= 0.
/// Preconditions: freedom positive.
double chi_square_tail(double x, double freedom);

/// Regularised incomplete beta function I_x(a, b). Preconditions: a, b positive, x in [0, 1].
/// Source: continued fraction DLMF 8.17.22.
double beta_cdf(double x, double a, double b);
/// x with beta_cdf(x, a, b) = p, by bisection and Newton steps. Preconditions: p in [0, 1].
double beta_quantile(double p, double a, double b);

/// P(|T| > |t|) for Student's t with \p freedom degrees of freedom.
double student_two_sided(double t, double freedom);

/// P(X <= k) and P(X >= k) for X of n draws with probability \p p each; k may lie outside 0..n.
double binomial_at_most(std::int64_t k, std::int64_t n, double p);
double binomial_at_least(std::int64_t k, std::int64_t n, double p);

/// P(X <= k) and P(X >= k) for X marked ones among \p draws without replacement from \p all, of
/// which \p marked are marked.
/// Preconditions: 0 <= marked, draws <= all. Cost: O(draws).
double hypergeometric_at_most(std::int64_t k, std::int64_t draws, std::int64_t marked,
                              std::int64_t all);
double hypergeometric_at_least(std::int64_t k, std::int64_t draws, std::int64_t marked,
                               std::int64_t all);

}  // namespace myriad::diag
