#include "src/spectral/legendre_functions.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace myriad {
namespace {

using kernels::SpectralLayout;
using Real = long double;

/// A number is mantissa * 2^(512 exponent); mantissas stay within 2^-256 .. 2^256.
constexpr Real k_radix_inverse = 0x1p-512L;
constexpr Real k_radix = 0x1p+512L;
constexpr Real k_large = 0x1p+256L;
constexpr Real k_small = 0x1p-256L;

double to_double(Real mantissa, int exponent) {
  if (exponent == 0) return static_cast<double>(mantissa);
  // Anything below 2^-768 may as well be 0.
  return exponent == -1 ? static_cast<double>(mantissa * k_radix_inverse) : 0.0;
}

/// State of one colatitude.
struct Column {
  Real sine = 0;
  Real cosine = 0;
  Real sectoral = 0;  ///< mantissa of P_mm
  int sectoral_exponent = 0;
  Real previous = 0;  ///< P_{l-2,m} and P_{l-1,m} share an exponent
  Real current = 0;
  int exponent = 0;
};

void start_order(Column& c) {
  c.previous = 0;
  c.current = c.sectoral;
  c.exponent = c.sectoral_exponent;
}

void next_sectoral(Column& c, std::int64_t m) {
  const Real order = static_cast<Real>(m);
  c.sectoral *= -std::sqrt((2 * order + 3) / (2 * order + 2)) * c.sine;
  if (c.sectoral != 0 && std::abs(c.sectoral) < k_small) {
    c.sectoral *= k_radix;
    --c.sectoral_exponent;
  }
}

void next_degree(Column& c, Real a, Real b) {
  const Real next = a * c.cosine * c.current - b * c.previous;
  c.previous = c.current;
  c.current = next;
  if (std::abs(next) >= k_large) {
    c.previous *= k_radix_inverse;
    c.current *= k_radix_inverse;
    ++c.exponent;
  }
}

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

std::vector<double> legendre_table(const SpectralLayout& layout, std::span<const double> theta) {
  const std::size_t rows = theta.size();
  std::vector<double> table(at(layout.size()) * rows);
  std::vector<Column> columns(rows);
  for (std::size_t k = 0; k < rows; ++k) {
    const Real angle = static_cast<Real>(theta[k]);
    columns[k].sine = std::sin(angle);
    columns[k].cosine = std::cos(angle);
    columns[k].sectoral = 1 / std::sqrt(4 * std::numbers::pi_v<Real>);
  }
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (Column& c : columns) start_order(c);
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      if (l > m) {
        const Real degree = static_cast<Real>(l);
        const Real order = static_cast<Real>(m);
        const Real a =
            std::sqrt((2 * degree - 1) / (degree - order) * (2 * degree + 1) / (degree + order));
        const Real b = l < m + 2
                           ? 0
                           : std::sqrt((degree + order - 1) / (degree - order) * (2 * degree + 1) /
                                       (2 * degree - 3) * (degree - order - 1) / (degree + order));
        for (Column& c : columns) next_degree(c, a, b);
      }
      double* out = table.data() + at(layout.index(l, m)) * rows;
      for (std::size_t k = 0; k < rows; ++k)
        out[k] = to_double(columns[k].current, columns[k].exponent);
    }
    for (Column& c : columns) next_sectoral(c, m);
  }
  return table;
}

VectorLegendreTables vector_legendre_tables(const SpectralLayout& layout,
                                            std::span<const double> theta) {
  const std::size_t rows = theta.size();
  // d1 needs degree l + 1 and both need order m + 1.
  const SpectralLayout wide{layout.lmax + 1, layout.orders() + 1};
  const std::vector<double> p = legendre_table(wide, theta);
  VectorLegendreTables tables;
  tables.d_theta.assign(at(layout.size()) * rows, 0.0);
  tables.m_over_sin.assign(at(layout.size()) * rows, 0.0);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      double* d0 = tables.d_theta.data() + at(layout.index(l, m)) * rows;
      double* d1 = tables.m_over_sin.data() + at(layout.index(l, m)) * rows;
      const auto function = [&](std::int64_t degree, std::int64_t order) {
        return p.data() + at(wide.index(degree, order)) * rows;
      };
      const auto root = [](std::int64_t x, std::int64_t y) {
        return std::sqrt(static_cast<double>(x) * static_cast<double>(y));
      };
      // The phase (-1)^m turns the sign of both neighbouring orders.
      if (m == 0) {
        if (l == 0) continue;
        const double factor = root(l, l + 1);
        const double* up = function(l, 1);
        for (std::size_t k = 0; k < rows; ++k) d0[k] = factor * up[k];
        continue;
      }
      const double below = -0.5 * root(l + m, l - m + 1);
      const double above = 0.5 * root(l - m, l + m + 1);
      const double* down = function(l, m - 1);
      const double* up = l > m ? function(l, m + 1) : down;
      for (std::size_t k = 0; k < rows; ++k) d0[k] = below * down[k] + above * up[k];

      const double ratio =
          -0.5 * std::sqrt(static_cast<double>(2 * l + 1) / static_cast<double>(2 * l + 3));
      const double low = ratio * root(l - m + 1, l - m + 2);
      const double high = ratio * root(l + m + 1, l + m + 2);
      const double* next_down = function(l + 1, m - 1);
      const double* next_up = function(l + 1, m + 1);
      for (std::size_t k = 0; k < rows; ++k) d1[k] = low * next_down[k] + high * next_up[k];
    }
  }
  return tables;
}

}  // namespace myriad
