#include "src/spectral/legendre_functions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "src/grid/grid.hpp"

namespace myriad {
namespace {

using kernels::SpectralLayout;

// Golden values: sfno.md section 2.6 (acceptance test T2), but (2,2) at 2.5, misprinted there, from
// its closed form.
TEST(LegendreFunctions, AgreeWithTabulatedValues) {
  struct Row {
    std::int64_t l;
    std::int64_t m;
    double values[4];
  };
  const std::vector<double> theta{0.1, 0.7, 1.3, 2.5};
  const std::vector<Row> rows{
      {1, 0, {0.48616153450871136, 0.37370381391652463, 0.1307005995970621, -0.391440782951219}},
      {1,
       1,
       {-0.03449186137321394, -0.2225734419265768, -0.33290371573685645, -0.20676862440948293}},
      {2,
       1,
       {-0.07674083721934463, -0.38065380808526006, -0.19912488104219564, 0.3704077089961697}},
      {2, 2, {0.003849883368983006, 0.16031013976461866, 0.3586341107267127, 0.13835140884461394}},
      {5,
       3,
       {-0.0027228654795170134, -0.39446398929389437, 0.11017639026002626, -0.3541972798327449}},
      {10,
       7,
       {-1.499369052640055e-06, -0.27559734099575883, 0.32631087321360397, 0.19532717666884986}},
      {50,
       20,
       {5.594718264852723e-11, -0.13229215845931397, -0.3393693036997495, 0.43682483762953606}},
      {100,
       100,
       {8.0357726142218558e-101, 7.5979885035900621e-20, 0.023186153369302321,
        4.8064927602128024e-23}},
      {359,
       0,
       {-0.82935864182206069, 0.35478919958818349, -0.012318197617015811, 0.35492073808455213}},
      {359,
       1,
       {0.58336166505811003, 0.1766211893882168, -0.32403494780196774, 0.20882150040332542}},
      {359,
       180,
       {1.4340049977707485e-107, -0.47047359378426863, -0.27689095269880481, 0.54529271569629545}},
      {359, 359, {0.0, -3.6169470543420555e-69, -2.1271842590360696e-06, -1.1868549141996267e-80}},
      {720,
       0,
       {-0.5495874038385144, 0.24353510723743988, 0.30677020699109705, -0.38895881459008897}},
      {720,
       1,
       {-0.84051316022317027, -0.31319999058996212, 0.10503694729328257, 0.13384264924157108}},
      {720, 360, {0.0, 0.33648014732582996, 0.077330568107073203, 0.30660118866489864}},
      {720, 600, {0.0, 1.926811824459124e-44, -0.17160218174325958, 9.1323378372296102e-61}},
  };
  const SpectralLayout layout{721, 721};
  const std::vector<double> table = legendre_table(layout, theta);
  for (const Row& row : rows) {
    for (std::size_t k = 0; k < 4; ++k) {
      const double value = table[static_cast<std::size_t>(layout.index(row.l, row.m)) * 4 + k];
      EXPECT_NEAR(value, row.values[k], 2e-12) << row.l << " " << row.m << " at " << theta[k];
      if (row.values[k] != 0.0) {
        EXPECT_NEAR(value / row.values[k], 1.0, 1e-10)
            << row.l << " " << row.m << " at " << theta[k];
      }
    }
  }
}

// Addition theorem: sum over m of |Y_lm|^2 is (2l+1)/(4 pi) everywhere. Near the poles it holds
// only if functions that underflow at low degree come back at high degree.
TEST(LegendreFunctions, ObeyTheAdditionTheoremToDegree1500AlsoNearThePoles) {
  const std::vector<double> theta{
      1e-6, 1e-3, 0.01, 0.05, 0.1, 0.3, 0.8, 1.5, std::numbers::pi - 0.01};
  const SpectralLayout layout{1501, 1501};
  const std::vector<double> table = legendre_table(layout, theta);
  for (const std::int64_t l : {10, 719, 1439, 1500}) {
    for (std::size_t k = 0; k < theta.size(); ++k) {
      double sum = 0.0;
      for (std::int64_t m = 0; m <= l; ++m) {
        const double p = table[static_cast<std::size_t>(layout.index(l, m)) * theta.size() + k];
        sum += (m == 0 ? 1.0 : 2.0) * p * p;
      }
      EXPECT_NEAR(sum * 4.0 * std::numbers::pi / static_cast<double>(2 * l + 1), 1.0, 2e-12)
          << "degree " << l << " at " << theta[k];
    }
  }
}

// Acceptance test T3.
double worst_orthonormality_error(GridType type, std::int64_t nlat) {
  const SpectralLayout layout{360, 360};
  const Grid grid(type, nlat, 1);
  const Quadrature& rule = grid.quadrature();
  const auto half = static_cast<std::size_t>((nlat + 1) / 2);
  const std::vector<double> table = legendre_table(layout, std::span(rule.theta).first(half));
  double worst = 0.0;
  std::vector<double> weighted(half);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      const double* p = table.data() + static_cast<std::size_t>(layout.index(l, m)) * half;
      for (std::size_t k = 0; k < half; ++k) {
        const bool equator = 2 * k + 1 == static_cast<std::size_t>(nlat);
        weighted[k] = (equator ? 2.0 : 4.0) * std::numbers::pi * rule.weights[k] * p[k];
      }
      // Degrees of other parity are orthogonal by reflection.
      for (std::int64_t other = m + (l - m) % 2; other <= l; other += 2) {
        const double* q = table.data() + static_cast<std::size_t>(layout.index(other, m)) * half;
        double partial[8] = {};
        std::size_t k = 0;
        for (; k + 8 <= half; k += 8) {
          for (std::size_t i = 0; i < 8; ++i) partial[i] += weighted[k + i] * q[k + i];
        }
        double sum = 0.0;
        for (; k < half; ++k) sum += weighted[k] * q[k];
        for (const double part : partial) sum += part;
        worst = std::max(worst, std::abs(sum - (l == other ? 1.0 : 0.0)));
      }
    }
  }
  return worst;
}

TEST(LegendreFunctions, AreOrthonormalOnHalfDegreeGaussGrid) {
  EXPECT_LT(worst_orthonormality_error(GridType::legendre_gauss, 360), 2e-13);
}

TEST(LegendreFunctions, AreOrthonormalOnQuarterDegreeGridWithPoles) {
  EXPECT_LT(worst_orthonormality_error(GridType::equiangular, 721), 2e-13);
}

TEST(LegendreFunctions, DerivativeTableAgreesWithCentralDifferences) {
  const SpectralLayout layout{40, 33};
  const double h = 1e-5;
  const std::vector<double> theta{0.3, 1.1, 1.5, 2.9};
  const VectorLegendreTables tables = vector_legendre_tables(layout, theta);
  std::vector<double> after = theta;
  std::vector<double> before = theta;
  for (double& t : after) t += h;
  for (double& t : before) t -= h;
  const std::vector<double> high = legendre_table(layout, after);
  const std::vector<double> low = legendre_table(layout, before);
  for (std::size_t i = 0; i < high.size(); ++i) {
    EXPECT_NEAR(tables.d_theta[i], (high[i] - low[i]) / (2 * h), 2e-5);
  }
}

TEST(LegendreFunctions, AzimuthalTableIsOrderTimesFunctionOverSine) {
  const SpectralLayout layout{40, 40};
  const std::vector<double> theta{0.2, 0.9, 1.4, 2.2};
  const VectorLegendreTables tables = vector_legendre_tables(layout, theta);
  const std::vector<double> p = legendre_table(layout, theta);
  for (std::int64_t m = 0; m < 40; ++m) {
    for (std::int64_t l = m; l < 40; ++l) {
      for (std::size_t k = 0; k < theta.size(); ++k) {
        const std::size_t at = static_cast<std::size_t>(layout.index(l, m)) * theta.size() + k;
        EXPECT_NEAR(tables.m_over_sin[at], static_cast<double>(m) * p[at] / std::sin(theta[k]),
                    1e-12);
      }
    }
  }
}

TEST(LegendreFunctions, VectorTablesAreFiniteAtThePole) {
  const SpectralLayout layout{20, 20};
  const VectorLegendreTables tables = vector_legendre_tables(layout, std::vector<double>{0.0});
  for (std::int64_t l = 1; l < 20; ++l) {
    // Near the pole P_l1 = -theta sqrt(l(l+1)(2l+1)/(16 pi)), so dP/dtheta and P/sin(theta) have
    // the same limit.
    const double limit =
        -std::sqrt(static_cast<double>(l * (l + 1) * (2 * l + 1)) / (16.0 * std::numbers::pi));
    EXPECT_NEAR(tables.m_over_sin[static_cast<std::size_t>(layout.index(l, 1))], limit,
                1e-12 * std::abs(limit));
    EXPECT_NEAR(tables.d_theta[static_cast<std::size_t>(layout.index(l, 1))], limit,
                1e-12 * std::abs(limit));
    EXPECT_NEAR(tables.m_over_sin[static_cast<std::size_t>(layout.index(l, 0))], 0.0, 0.0);
  }
}

}  // namespace
}  // namespace myriad
