#include "src/ensemble/hemispheric_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace myriad::test {
namespace {

/// Norms of a field that is constant along each row.
double norm(const std::vector<double>& weights, const std::vector<double>& rows) {
  double sum = 0.0;
  for (std::size_t k = 0; k < rows.size(); ++k) sum += weights[k] * rows[k] * rows[k];
  return std::sqrt(sum);
}

TEST(HemisphericNorm, PublishedWeightsMeasureOnesAs0919) {
  // T16 on the 721-row grid, and the factor 1.088 of sfno.md 7.4.
  const HemisphericRows rows =
      hemispheric_rows(Grid(GridType::equiangular, 721, 1440), HemisphericWeights::hens);
  const std::vector<double> ones(721, 1.0);
  EXPECT_NEAR(norm(rows.north, ones), 0.9189720174007755, 1e-13);
  EXPECT_NEAR(norm(rows.south, ones), 0.9189720174007755, 1e-13);
  EXPECT_NEAR(1.0 / norm(rows.north, ones), 1.088, 5e-4);
}

TEST(HemisphericNorm, AreaWeightsMeasureOnesAsOneOnAnyGrid) {
  for (const Grid& grid :
       {Grid(GridType::equiangular, 721, 1440), Grid(GridType::legendre_gauss, 32, 64),
        Grid(GridType::equiangular, 33, 64), Grid(GridType::lobatto, 19, 36)}) {
    const HemisphericRows rows = hemispheric_rows(grid, HemisphericWeights::area);
    const std::vector<double> ones(static_cast<std::size_t>(grid.nlat()), 1.0);
    EXPECT_NEAR(norm(rows.north, ones), 1.0, 1e-14) << grid.describe();
    EXPECT_NEAR(norm(rows.south, ones), 1.0, 1e-14) << grid.describe();
  }
}

TEST(HemisphericNorm, ExtratropicsAre280RowsOf721) {
  const HemisphericRows rows =
      hemispheric_rows(Grid(GridType::equiangular, 721, 1440), HemisphericWeights::hens);
  for (std::size_t k = 0; k < 721; ++k) {
    EXPECT_EQ(rows.northern_share[k] == 1.0, k <= 280)
        << k;  // row 280 is the northern end of the interpolation
    EXPECT_EQ(rows.northern_share[k] == 0.0, k >= 440) << k;
    EXPECT_NEAR(rows.south[k], rows.north[720 - k], 1e-15) << k;
  }
  EXPECT_GT(rows.north[279], 0.0);
  EXPECT_EQ(rows.north[280], 0.0);
}

TEST(HemisphericNorm, TropicalProfileIsLinearOver161RowsBothEndsIncluded) {
  // T17: dx = 1 on the northern rows, 3 on the rest.
  const HemisphericRows rows =
      hemispheric_rows(Grid(GridType::equiangular, 721, 1440), HemisphericWeights::hens);
  std::vector<double> dx(721, 3.0);
  for (std::size_t k = 0; k < 280; ++k) dx[k] = 1.0;
  const double north = norm(rows.north, dx), south = norm(rows.south, dx);
  EXPECT_NEAR(south, 3.0 * north, 1e-13);
  const std::vector<double> rho = rows.profile(north, south);
  for (std::size_t k = 0; k < 280; ++k) EXPECT_DOUBLE_EQ(rho[k], north);
  for (std::size_t i = 0; i < 161; ++i) {
    EXPECT_NEAR(rho[280 + i], north + (south - north) * static_cast<double>(i) / 160.0, 1e-12) << i;
  }
  for (std::size_t k = 441; k < 721; ++k) EXPECT_DOUBLE_EQ(rho[k], south);
}

TEST(HemisphericNorm, FactorIsFiniteWhateverDoesNotRespond) {
  const HemisphericRows rows =
      hemispheric_rows(Grid(GridType::legendre_gauss, 16, 32), HemisphericWeights::area);
  for (double f : rescaling_profile(rows, 0.0, 0.0, 2.0)) EXPECT_EQ(f, 0.0);
  for (double f : rescaling_profile(rows, 3.0, 4.0, 0.0)) EXPECT_EQ(f, 0.0);
  for (double f : rescaling_profile(rows, 0.0, 4.0, 2.0)) EXPECT_DOUBLE_EQ(f, 0.5);
  for (double f : rescaling_profile(rows, 4.0, 0.0, 2.0)) EXPECT_DOUBLE_EQ(f, 0.5);
  for (double f : rescaling_profile(rows, 1e-300, 1e-300, 2.0)) EXPECT_EQ(f, 0.0);
}

TEST(HemisphericNorm, GridWithoutTropicalRowsIsSplitAtTheEquator) {
  const HemisphericRows rows =
      hemispheric_rows(Grid(GridType::legendre_gauss, 2, 4), HemisphericWeights::area);
  EXPECT_EQ(rows.northern_share, (std::vector<double>{1.0, 0.0}));
  const HemisphericRows one =
      hemispheric_rows(Grid(GridType::equiangular, 3, 4), HemisphericWeights::area);
  EXPECT_EQ(one.northern_share, (std::vector<double>{1.0, 0.5, 0.0}));
}

}  // namespace
}  // namespace myriad::test
