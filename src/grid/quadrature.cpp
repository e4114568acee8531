#include <cmath>
#include <cstdint>
#include <vector>

#include "src/base/error.hpp"
#include "src/grid/grid.hpp"

namespace myriad {
namespace {

using Real = long double;

Real pi() {
  return std::acos(Real{-1});
}

/// P_n(x) and P_{n-1}(x) by the three-term recurrence.
struct LegendrePair {
  Real current;
  Real previous;
};

LegendrePair legendre_polynomials(std::int64_t n, Real x) {
  LegendrePair p{x, 1};
  for (std::int64_t l = 2; l <= n; ++l) {
    const Real a = static_cast<Real>(2 * l - 1) / static_cast<Real>(l);
    const Real b = static_cast<Real>(l - 1) / static_cast<Real>(l);
    p = {a * x * p.current - b * p.previous, p.current};
  }
  return p;
}

/// Rule under construction; the southern half mirrors the northern one exactly.
struct HalfRule {
  explicit HalfRule(std::int64_t n) : size(n) {
    const auto count = static_cast<std::size_t>(n);
    rule.theta.resize(count);
    rule.cos_theta.resize(count);
    rule.weights.resize(count);
  }

  void set(std::int64_t k, Real theta, Real x, Real weight) {
    const auto north = static_cast<std::size_t>(k);
    const auto south = static_cast<std::size_t>(size - 1 - k);
    if (north == south) {
      theta = pi() / 2;
      x = 0;
    }
    rule.theta[south] = static_cast<double>(pi() - theta);
    rule.theta[north] = static_cast<double>(theta);
    rule.cos_theta[south] = static_cast<double>(-x);
    rule.cos_theta[north] = static_cast<double>(x);
    rule.weights[south] = rule.weights[north] = static_cast<double>(weight);
  }

  std::int64_t size;
  Quadrature rule;
};

Quadrature gauss_legendre(std::int64_t n) {
  HalfRule half(n);
  const Real order = static_cast<Real>(n);
  for (std::int64_t k = 0; k < (n + 1) / 2; ++k) {
    Real x = std::cos(pi() * (static_cast<Real>(k) + Real{0.75L}) / (order + Real{0.5L}));
    Real slope = 0;
    // Newton converges quadratically from this guess; the last of ten steps is far beyond long
    // double.
    for (int step = 0; step < 10; ++step) {
      const LegendrePair p = legendre_polynomials(n, x);
      slope = order * (p.previous - x * p.current) / ((1 - x) * (1 + x));
      x -= p.current / slope;
    }
    half.set(k, std::acos(x), x, 2 / ((1 - x) * (1 + x) * slope * slope));
  }
  return half.rule;
}

Quadrature clenshaw_curtiss(std::int64_t n) {
  HalfRule half(n);
  const std::int64_t intervals = n - 1;
  std::vector<Real> cosine(static_cast<std::size_t>(intervals));
  for (std::int64_t j = 0; j < intervals; ++j) {
    cosine[static_cast<std::size_t>(j)] =
        std::cos(2 * pi() * static_cast<Real>(j) / static_cast<Real>(intervals));
  }
  for (std::int64_t j = 0; j < (n + 1) / 2; ++j) {
    Real sum = 1;
    for (std::int64_t k = 1; 2 * k <= intervals; ++k) {
      const Real factor = 2 * k == intervals ? 1 : 2;
      sum -= factor * cosine[static_cast<std::size_t>(j * k % intervals)] /
             static_cast<Real>(4 * k * k - 1);
    }
    const Real ends = j == 0 ? 1 : 2;
    const Real theta = pi() * static_cast<Real>(j) / static_cast<Real>(intervals);
    half.set(j, theta, std::cos(theta), ends * sum / static_cast<Real>(intervals));
  }
  return half.rule;
}

Quadrature gauss_lobatto(std::int64_t n) {
  HalfRule half(n);
  const Real order = static_cast<Real>(n);
  for (std::int64_t k = 0; k < (n + 1) / 2; ++k) {
    Real x = std::cos(pi() * static_cast<Real>(k) / (order - 1));
    LegendrePair p{1, 1};
    for (int step = 0; step < 12; ++step) {
      p = legendre_polynomials(n - 1, x);
      if (k > 0) x -= (x * p.current - p.previous) / (order * p.current);
    }
    half.set(k, std::acos(x), x, 2 / (order * (order - 1) * p.current * p.current));
  }
  return half.rule;
}

}  // namespace

Quadrature make_quadrature(GridType type, std::int64_t n) {
  const std::int64_t smallest = type == GridType::lobatto ? 3 : 2;
  MYRIAD_VALIDATE(
      n >= smallest, ErrorKind::config_invalid, "E2201",
      "grid with {} latitude rows is too small (a {} grid needs at least {}); raise nlat", n,
      to_string(type), smallest);
  switch (type) {
    case GridType::legendre_gauss:
      return gauss_legendre(n);
    case GridType::lobatto:
      return gauss_lobatto(n);
    case GridType::equiangular:
      break;
  }
  return clenshaw_curtiss(n);
}

}  // namespace myriad
