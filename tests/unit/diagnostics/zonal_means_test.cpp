/// \file
/// Means along circles of latitude, of the verification.

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/case_runner.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

constexpr std::int64_t k_nlat = 6, k_nlon = 12;

/// Scores a case per start in bands of \p band rows, beside a region with weights of points.
Verification results_of(const Grid& grid, std::int64_t members, std::int64_t band) {
  std::vector<float> mask(static_cast<std::size_t>(k_nlat * k_nlon), 0.0F);
  mask[17] = 1.0F;
  VerificationShape shape{grid,
                          {{"all", "", -90.0, 90.0}, {"point", "", -90.0, 90.0, mask}},
                          {{"t2m", "temperature", "K", "air_temperature"}},
                          {24.0},
                          static_cast<int>(members),
                          static_cast<int>(members) + 1};
  Verification results(std::move(shape));
  CaseRunner runner(test::backend(), results.shape(), {});
  for (std::uint64_t start = 0; start < 3; ++start) {
    const test::Case c = test::gaussian_case(k_nlat, k_nlon, members, 40 + start, 0.8, 1.5);
    StartRecord record(results.shape());
    runner.begin(0, 0, static_cast<std::uint32_t>(start));
    for (std::int64_t row = 0; row < k_nlat; row += band) {
      CaseFields some;
      some.nlat = band;
      some.nlon = k_nlon;
      some.members = members;
      const auto begin = static_cast<std::size_t>(row * k_nlon);
      const auto size = static_cast<std::size_t>(band * k_nlon);
      some.truth = std::span(c.truth).subspan(begin, size);
      std::vector<float> ensemble;
      for (std::int64_t m = 0; m < members; ++m) {
        const auto from = c.ensemble.begin() + m * k_nlat * k_nlon + row * k_nlon;
        ensemble.insert(ensemble.end(), from, from + band * k_nlon);
      }
      some.ensemble = ensemble;
      runner.add_rows(some, row);
    }
    runner.finish(record);
    results.add(record);
  }
  return results;
}

TEST(ZonalMeans, AreThoseOfPlainLoops) {
  const Grid grid(GridType::legendre_gauss, k_nlat, k_nlon);
  constexpr std::int64_t k_members = 5;
  const Verification results = results_of(grid, k_members, k_nlat);
  for (std::size_t row = 0; row < k_nlat; ++row) {
    double mean = 0.0, truth = 0.0, variance = 0.0, squared = 0.0;
    for (std::uint64_t start = 0; start < 3; ++start) {
      const test::Case c = test::gaussian_case(k_nlat, k_nlon, k_members, 40 + start, 0.8, 1.5);
      for (std::size_t p = row * k_nlon; p < (row + 1) * k_nlon; ++p) {
        double m = 0.0, s = 0.0;
        for (std::size_t i = 0; i < k_members; ++i)
          m += static_cast<double>(c.ensemble[i * k_nlat * k_nlon + p]) / k_members;
        for (std::size_t i = 0; i < k_members; ++i) {
          const double d = static_cast<double>(c.ensemble[i * k_nlat * k_nlon + p]) - m;
          s += d * d / (k_members - 1);
        }
        const auto y = static_cast<double>(c.truth[p]);
        mean += m / (3.0 * k_nlon);
        truth += y / (3.0 * k_nlon);
        variance += s / (3.0 * k_nlon);
        squared += (m - y) * (m - y) / (3.0 * k_nlon);
      }
    }
    const auto value = [&](ZonalMeanOf of) { return results.zonal_mean(0, 0, of)[row]; };
    EXPECT_NEAR(value(ZonalMeanOf::ensemble_mean), mean, 1e-12) << row;
    EXPECT_NEAR(value(ZonalMeanOf::truth), truth, 1e-12) << row;
    EXPECT_NEAR(value(ZonalMeanOf::error), mean - truth, 1e-12) << row;
    EXPECT_NEAR(value(ZonalMeanOf::spread), std::sqrt(variance), 1e-12) << row;
    EXPECT_NEAR(value(ZonalMeanOf::rmse), std::sqrt(squared), 1e-12) << row;
  }
}

TEST(ZonalMeans, DoNotDependOnBandsOfRows) {
  const Grid grid(GridType::legendre_gauss, k_nlat, k_nlon);
  const Verification whole = results_of(grid, 4, k_nlat), bands = results_of(grid, 4, 2);
  for (int of = 0; of < k_zonal_mean_count; ++of) {
    const auto values = whole.zonal_mean(0, 0, static_cast<ZonalMeanOf>(of));
    EXPECT_EQ(values.size(), static_cast<std::size_t>(k_nlat));
    EXPECT_EQ(values, bands.zonal_mean(0, 0, static_cast<ZonalMeanOf>(of)));
  }
}

TEST(ZonalMeans, AverageToTheGlobalScores) {
  const Grid grid(GridType::equiangular, k_nlat, k_nlon);
  const Verification results = results_of(grid, 4, k_nlat);
  const auto weights = grid.row_weights();
  double bias = 0.0, variance = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double spread = results.zonal_mean(0, 0, ZonalMeanOf::spread)[k];
    bias += weights[k] * results.zonal_mean(0, 0, ZonalMeanOf::error)[k];
    variance += weights[k] * spread * spread;
  }
  EXPECT_NEAR(bias, results.score(find_score("bias"), 0, 0, 0), 1e-12);
  EXPECT_NEAR(std::sqrt(variance), results.score(find_score("spread"), 0, 0, 0), 1e-12);
}

TEST(ZonalMeans, AreAbsentWhereThereIsNoSpreadAndOnPartsOfTheSphere) {
  const Grid grid(GridType::legendre_gauss, k_nlat, k_nlon);
  const Verification single = results_of(grid, 1, k_nlat);
  EXPECT_TRUE(single.zonal_mean(0, 0, ZonalMeanOf::spread).empty());
  EXPECT_EQ(single.zonal_mean(0, 0, ZonalMeanOf::rmse).size(), static_cast<std::size_t>(k_nlat));
  std::vector<double> latitudes, longitudes;
  for (std::int64_t k = 0; k < k_nlat; ++k) latitudes.push_back(60.0 - static_cast<double>(k));
  for (std::int64_t j = 0; j < k_nlon; ++j) longitudes.push_back(static_cast<double>(j));
  const Verification window = results_of(Grid::window(latitudes, longitudes), 4, k_nlat);
  EXPECT_TRUE(window.zonal_mean(0, 0, ZonalMeanOf::truth).empty());
}

}  // namespace
}  // namespace myriad::diag
