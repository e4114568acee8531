#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "src/base/error.hpp"
#include "src/grid/grid.hpp"

namespace myriad {
namespace {

constexpr double k_tolerance = 1e-14;

void expect_mirrored(const Quadrature& rule, const std::vector<double>& x,
                     const std::vector<double>& w) {
  const std::size_t n = rule.weights.size();
  for (std::size_t k = 0; k < x.size(); ++k) {
    EXPECT_NEAR(rule.cos_theta[k], x[k], k_tolerance) << "node " << k;
    EXPECT_NEAR(rule.cos_theta[n - 1 - k], -x[k], k_tolerance) << "mirror of node " << k;
    EXPECT_NEAR(rule.weights[k], w[k], k_tolerance) << "weight " << k;
    EXPECT_NEAR(rule.weights[n - 1 - k], w[k], k_tolerance) << "mirror of weight " << k;
  }
}

// Golden values: sfno.md section 1.3 (acceptance test T1).
TEST(Quadrature, GaussRulesEqualTabulatedValues) {
  expect_mirrored(make_quadrature(GridType::legendre_gauss, 4),
                  {0.8611363115940526, 0.33998104358485626},
                  {0.3478548451374537, 0.6521451548625462});
  expect_mirrored(make_quadrature(GridType::legendre_gauss, 5),
                  {0.906179845938664, 0.5384693101056831, 0.0},
                  {0.23692688505618942, 0.4786286704993662, 0.568888888888889});
}

TEST(Quadrature, ClenshawCurtisRulesEqualTabulatedValues) {
  const double pi = std::numbers::pi;
  expect_mirrored(make_quadrature(GridType::equiangular, 3), {1.0, 0.0}, {1.0 / 3, 4.0 / 3});
  expect_mirrored(make_quadrature(GridType::equiangular, 4), {1.0, 0.5}, {1.0 / 9, 8.0 / 9});
  expect_mirrored(make_quadrature(GridType::equiangular, 5), {1.0, std::cos(pi / 4), 0.0},
                  {1.0 / 15, 8.0 / 15, 0.8});
  expect_mirrored(make_quadrature(GridType::equiangular, 9),
                  {1.0, std::cos(pi / 8), std::cos(pi / 4), std::cos(3 * pi / 8), 0.0},
                  {0.015873015873015872, 0.14621864921601815, 0.27936507936507937,
                   0.3617178587204898, 0.39365079365079364});
}

TEST(Quadrature, LobattoRulesEqualTabulatedValues) {
  expect_mirrored(make_quadrature(GridType::lobatto, 4), {1.0, 0.4472135954999579},
                  {1.0 / 6, 5.0 / 6});
  expect_mirrored(make_quadrature(GridType::lobatto, 5), {1.0, 0.6546536707079771, 0.0},
                  {0.1, 0.5444444444444444, 0.7111111111111111});
}

TEST(Quadrature, QuarterDegreeGridHasTabulatedWeights) {
  const Quadrature rule = make_quadrature(GridType::equiangular, 721);
  EXPECT_NEAR(rule.weights[0], 1.0 / (720.0 * 720.0 - 1.0), 1e-20) << "closed form at the pole";
  EXPECT_NEAR(rule.weights[1], 1.8588019368543128e-05, k_tolerance);
  EXPECT_NEAR(rule.weights[2], 3.8234511141783481e-05, k_tolerance);
  EXPECT_NEAR(rule.weights[3], 5.7036396450669027e-05, k_tolerance);
  EXPECT_NEAR(rule.weights[360], 0.004363323144870122, k_tolerance);
}

TEST(Quadrature, HalfDegreeGaussGridAgreesWithFortyDigitReference) {
  const Quadrature rule = make_quadrature(GridType::legendre_gauss, 360);
  const double degrees = 180.0 / std::numbers::pi;
  // Colatitudes recomputed with 60 digits; acos of a node rounded to fp64 would be off by 5e-13
  // degrees here.
  EXPECT_NEAR(rule.theta[0] * degrees, 0.38220890636698167, 1e-14);
  EXPECT_NEAR(rule.theta[1] * degrees, 0.87732892343586203, 1e-14);
  EXPECT_NEAR(rule.theta[179] * degrees, 89.75034698076288, 1e-12);
  EXPECT_NEAR(rule.weights[0] / 5.709977917366824e-05, 1.0, k_tolerance);
  EXPECT_NEAR(rule.weights[1] / 1.3291320873039115e-04, 1.0, k_tolerance);
  EXPECT_NEAR(rule.weights[179] / 0.00871445162038573, 1.0, k_tolerance);
}

TEST(Quadrature, RulesIntegratePolynomialsUpToTheirDegreeExactly) {
  struct Case {
    GridType type;
    int nodes;
    int degree;
  };
  for (const Case c : {Case{GridType::legendre_gauss, 8, 15}, Case{GridType::equiangular, 9, 9},
                       Case{GridType::equiangular, 8, 7}, Case{GridType::lobatto, 9, 15}}) {
    const Quadrature rule = make_quadrature(c.type, c.nodes);
    for (int power = 0; power <= c.degree; ++power) {
      double sum = 0.0;
      for (std::size_t k = 0; k < rule.weights.size(); ++k)
        sum += rule.weights[k] * std::pow(rule.cos_theta[k], power);
      EXPECT_NEAR(sum, power % 2 == 0 ? 2.0 / (power + 1) : 0.0, 1e-14)
          << to_string(c.type) << " x^" << power;
    }
  }
}

TEST(Quadrature, NodesAreConsistentAndWeightsSumToTwo) {
  for (const GridType type : {GridType::equiangular, GridType::legendre_gauss, GridType::lobatto}) {
    for (const int n : {3, 31, 32, 721}) {
      const Quadrature rule = make_quadrature(type, n);
      double sum = 0.0;
      for (std::size_t k = 0; k < rule.weights.size(); ++k) {
        sum += rule.weights[k];
        EXPECT_NEAR(std::cos(rule.theta[k]), rule.cos_theta[k], 3e-16);
        EXPECT_GT(rule.weights[k], 0.0);
        if (k > 0) {
          EXPECT_GT(rule.theta[k], rule.theta[k - 1]) << "rows go south";
        }
      }
      EXPECT_NEAR(sum, 2.0, 1e-14) << to_string(type) << " " << n;
    }
  }
}

TEST(Quadrature, TooFewNodesAreRefused) {
  EXPECT_THROW(make_quadrature(GridType::legendre_gauss, 1), Error);
  EXPECT_THROW(make_quadrature(GridType::equiangular, 1), Error);
  EXPECT_THROW(make_quadrature(GridType::lobatto, 2), Error);
}

}  // namespace
}  // namespace myriad
