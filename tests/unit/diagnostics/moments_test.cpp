#include "diagnostics/moments.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

#include "diagnostics/area.hpp"
#include "diagnostics/scores.hpp"
#include "src/backend/registry.hpp"
#include "src/base/error.hpp"
#include "src/grid/grid.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using test::Case;

/// CRPS by the definition with a double loop over members; `pair_divisor` N^2 (standard) or N(N-1)
/// (fair).
double crps_by_definition(const std::vector<double>& members, double truth, double pair_divisor) {
  double error = 0.0, distance = 0.0;
  for (double a : members) {
    error += std::abs(a - truth);
    for (double b : members) distance += std::abs(a - b);
  }
  return error / static_cast<double>(members.size()) - 0.5 * distance / pair_divisor;
}

Moments moments_of_point(const std::vector<float>& members, float truth) {
  Case c;
  c.members = static_cast<std::int64_t>(members.size());
  c.ensemble = members;
  c.truth = {truth};
  Moments row;
  test::row_moments(test::backend(), c.view(), {&row, 1});
  return row;
}

TEST(Moments, CrpsReproducesTheWorkedExampleOfFourMembers) {
  const Moments m = moments_of_point({1.0F, 2.0F, 4.0F, 7.0F}, 3.0F);
  EXPECT_DOUBLE_EQ(m(CaseMoment::crps_standard), 0.75);
  EXPECT_NEAR(m(CaseMoment::crps_fair), 1.0 / 3.0, 1e-15);
}

TEST(Moments, ThresholdWeightedCrpsIsTheCrpsOfValuesRaisedToTheThreshold) {
  const Moments m = moments_of_point({3.5F, 3.5F, 4.0F, 7.0F}, 3.5F);  // max(x, 3.5), max(3, 3.5)
  EXPECT_DOUBLE_EQ(m(CaseMoment::crps_standard), 0.3125);
}

TEST(Moments, CrpsEstimatorsReproduceTheGoldenTable) {
  struct Golden {
    std::vector<float> members;
    float truth;
    double standard, fair, almost_fair;
  };
  for (const Golden& g : {Golden{{0.0F, 1.0F}, 0.25F, 0.25, 0.0, 0.0125},
                          Golden{{0.0F, 1.0F}, 2.0F, 1.25, 1.0, 1.0125},
                          Golden{{-1.0F, 0.0F, 1.0F, 3.0F}, 0.5F, 0.4375, 0.166666667, 0.180208333},
                          Golden{{2.0F, 2.0F, 2.0F, 2.0F}, 3.0F, 1.0, 1.0, 1.0}}) {
    const Moments m = moments_of_point(g.members, g.truth);
    const std::vector<Moments> dates{m};
    const int n = static_cast<int>(g.members.size());
    EXPECT_NEAR(evaluate(find_score("crps_standard"), dates, n), g.standard, 1e-9);
    EXPECT_NEAR(evaluate(find_score("crps_fair"), dates, n), g.fair, 1e-9);
    EXPECT_NEAR(evaluate(find_score("crps_almost_fair"), dates, n), g.almost_fair, 1e-9);
  }
}

TEST(Moments, GaussianCrpsHasItsClosedFormValues) {
  EXPECT_NEAR(gaussian_crps(0.0, 1.0, 0.0), 0.23369497725510913, 1e-15);
  EXPECT_NEAR(gaussian_crps(0.0, 1.0, 1.0), 0.602441358, 1e-9);
  EXPECT_NEAR(gaussian_crps(0.3, 2.0, 1.0), 2.0 * gaussian_crps(0.0, 1.0, 0.35), 1e-14);
  EXPECT_EQ(gaussian_crps(2.0, 0.0, 5.0), 3.0);
}

TEST(Moments, CrpsOfOneMemberIsItsAbsoluteError) {
  const Moments m = moments_of_point({4.5F}, 1.25F);
  EXPECT_DOUBLE_EQ(m(CaseMoment::crps_standard), 3.25);
  EXPECT_DOUBLE_EQ(m(CaseMoment::crps_fair), 3.25);
  EXPECT_DOUBLE_EQ(m(Forecast::ensemble_mean, ErrorMoment::absolute), 3.25);
  EXPECT_TRUE(std::isnan(m(CaseMoment::variance)));
}

TEST(Moments, FairCrpsDoesNotDependOnEnsembleSizeWhileTheStandardOneFalls) {
  // Reliable Gaussian ensembles: fair 1/sqrt(pi), standard (1 + 1/N)/sqrt(pi).
  for (std::int64_t n : {2, 5, 20}) {
    const Case c = test::gaussian_case(40, 250, n, 11);
    std::vector<Moments> rows(40);
    test::row_moments(test::backend(), c.view(), rows);
    const std::vector<double> weights(40, 1.0 / 40.0);
    const Moments m = area_mean(rows, weights);
    EXPECT_NEAR(m(CaseMoment::crps_fair), 0.564189584, 0.013) << n;
    EXPECT_NEAR(m(CaseMoment::crps_standard), 0.564189584 * (1.0 + 1.0 / static_cast<double>(n)),
                0.013)
        << n;
  }
}

TEST(Moments, AreaMeansAgreeWithPlainWeightedLoops) {
  const Grid grid(GridType::legendre_gauss, 12, 24);
  const Case c = test::gaussian_case(12, 24, 7, 3, 0.7, 0.2);
  std::vector<Moments> rows(12);
  test::row_moments(test::backend(), c.view(), rows);
  const auto weights =
      region_weights(grid.latitudes_deg(), grid.row_weights(), standard_regions()[1]);
  const Moments m = area_mean(rows, weights);

  double bias = 0, mse = 0, variance = 0, covariance = 0, power = 0, truth_power = 0, standard = 0,
         fair = 0, climate = 0;
  for (std::size_t p = 0; p < c.truth.size(); ++p) {
    const double w = weights[p / 24] / 24.0;
    std::vector<double> x;
    for (std::size_t i = 0; i < 7; ++i)
      x.push_back(static_cast<double>(c.ensemble[i * c.truth.size() + p]));
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / 7.0;
    double v = 0.0;
    for (double xi : x) v += (xi - mean) * (xi - mean) / 6.0;
    const double y = static_cast<double>(c.truth[p]);
    bias += w * (mean - y);
    mse += w * (mean - y) * (mean - y);
    variance += w * v;
    covariance += w * (mean - 0.25) * (y - 0.25);
    power += w * (mean - 0.25) * (mean - 0.25);
    truth_power += w * (y - 0.25) * (y - 0.25);
    standard += w * crps_by_definition(x, y, 49.0);
    fair += w * crps_by_definition(x, y, 42.0);
    climate += w * gaussian_crps(0.25, static_cast<double>(c.climate_std[p]), y);
  }
  EXPECT_NEAR(m(Forecast::ensemble_mean, ErrorMoment::bias), bias, 1e-13);
  EXPECT_NEAR(m(Forecast::ensemble_mean, ErrorMoment::squared), mse, 1e-13);
  EXPECT_NEAR(m(Forecast::ensemble_mean, ErrorMoment::covariance), covariance, 1e-12);
  EXPECT_NEAR(m(Forecast::ensemble_mean, ErrorMoment::power), power, 1e-12);
  EXPECT_NEAR(m(CaseMoment::truth_power), truth_power, 1e-12);
  EXPECT_NEAR(m(CaseMoment::variance), variance, 1e-13);
  EXPECT_NEAR(m(CaseMoment::crps_standard), standard, 1e-13);
  EXPECT_NEAR(m(CaseMoment::crps_fair), fair, 1e-13);
  EXPECT_NEAR(m(CaseMoment::climate_crps), climate, 1e-13);
  EXPECT_NEAR(m(CaseMoment::climate_variance), 10.0, 1e-5);
}

TEST(Moments, RowsInBandsGiveTheSameBitsAsTheWholeGrid) {
  const Case whole = test::gaussian_case(9, 16, 6, 21);
  std::vector<Moments> rows(9), banded(9);
  test::row_moments(test::backend(), whole.view(), rows);
  for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 4}, {4, 2}, {6, 3}}) {
    Case band{count, 16, 6, {}, {}, {}, {}, {}, {}};
    const auto cut = [first = first, count = count](const std::vector<float>& field) {
      std::vector<float> out;
      const auto points = static_cast<std::size_t>(9 * 16);
      for (std::size_t i = 0; i < field.size() / points; ++i) {
        const auto begin = field.begin() + static_cast<std::ptrdiff_t>(i * points) + first * 16;
        out.insert(out.end(), begin, begin + count * 16);
      }
      return out;
    };
    band.ensemble = cut(whole.ensemble);
    band.truth = cut(whole.truth);
    band.control = cut(whole.control);
    band.persistence = cut(whole.persistence);
    band.climate_mean = cut(whole.climate_mean);
    band.climate_std = cut(whole.climate_std);
    test::row_moments(test::backend(), band.view(),
                      std::span(banded).subspan(static_cast<std::size_t>(first),
                                                static_cast<std::size_t>(count)));
  }
  for (std::size_t k = 0; k < 9; ++k) {
    for (std::size_t i = 0; i < k_moment_count; ++i) {  // absent moments are equal NaN
      EXPECT_EQ(std::bit_cast<std::uint64_t>(rows[k].values()[i]),
                std::bit_cast<std::uint64_t>(banded[k].values()[i]))
          << k << " " << i;
    }
  }
}

TEST(Moments, OfALargeEnsembleAreThoseOfItsRowsAlone) {
  const auto fast = make_backend("kokkos");
  const Case whole = test::gaussian_case(3, 512, 5000, 3);  // 10 MB a row
  std::vector<Moments> rows(3);
  test::row_moments(*fast, whole.view(), rows);
  for (std::size_t k = 0; k < 3; ++k) {
    Case row{1, 512, 5000, {}, {}, {}, {}, {}, {}};
    const auto cut = [&](const std::vector<float>& field) {
      std::vector<float> out;
      for (std::size_t i = 0; i < field.size() / 1536; ++i) {
        const auto begin = field.begin() + static_cast<std::ptrdiff_t>(i * 1536 + k * 512);
        out.insert(out.end(), begin, begin + 512);
      }
      return out;
    };
    row.ensemble = cut(whole.ensemble);
    row.truth = cut(whole.truth);
    Moments alone;
    test::row_moments(*fast, row.view(), {&alone, 1});
    for (CaseMoment m : {CaseMoment::crps_fair, CaseMoment::crps_standard, CaseMoment::variance,
                         CaseMoment::best_absolute})
      EXPECT_EQ(rows[k](m), alone(m)) << k;
    // Gaussian: fair E|x - y| - E|x - x'|/2; here the closed form within sampling error.
    EXPECT_NEAR(alone(CaseMoment::crps_standard) - alone(CaseMoment::crps_fair),
                1.0 / std::sqrt(std::numbers::pi) / 5000.0, 1e-5);
  }
}

TEST(Moments, TheBestMemberIsTheNearestOneAndTheFirstOnTies) {
  Case c{1, 3, 3, {1, 5, 9, 3, 4, 9, 2, 6, 9}, {2.0F, 5.0F, 8.0F}, {}, {}, {}, {}};
  MemberColumns columns(test::backend());
  columns.load(c.ensemble, 3, 3, 3);
  const MemberErrors errors = columns.errors(c.truth);
  EXPECT_EQ(std::vector<double>(errors.best.begin(), errors.best.end()),
            (std::vector<double>{0.0, 0.0, 1.0}));
  EXPECT_EQ(std::vector<double>(errors.best_at.begin(), errors.best_at.end()),
            (std::vector<double>{2.0, 0.0, 0.0}));
  Moments row;
  test::row_moments(test::backend(), c.view(), {&row, 1});
  EXPECT_DOUBLE_EQ(row(CaseMoment::best_absolute), 1.0 / 3.0);
}

TEST(Moments, WithoutClimateOrBaselinesTheirMomentsAreAbsent) {
  const Moments m = moments_of_point({1.0F, 2.0F}, 1.5F);
  EXPECT_TRUE(std::isnan(m(CaseMoment::truth_power)));
  EXPECT_TRUE(std::isnan(m(Forecast::climatology, ErrorMoment::bias)));
  EXPECT_TRUE(std::isnan(m(Forecast::persistence, ErrorMoment::squared)));
  EXPECT_TRUE(std::isnan(m(Forecast::ensemble_mean, ErrorMoment::covariance)));
  EXPECT_TRUE(std::isfinite(m(Forecast::ensemble_mean, ErrorMoment::squared)));
}

TEST(Regions, WeightsOfARegionSumToOneAndVanishOutside) {
  const Grid grid(GridType::equiangular, 37, 72);
  const auto latitudes = grid.latitudes_deg();
  for (const Region& region : standard_regions()) {
    const auto weights = region_weights(latitudes, grid.row_weights(), region);
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-14);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const bool inside = latitudes[k] >= region.south_deg && latitudes[k] <= region.north_deg;
      EXPECT_EQ(weights[k] != 0.0, inside);
    }
  }
  EXPECT_THROW(region_weights(latitudes, grid.row_weights(), {"gap", "", 1.0, 2.0}), Error);
}

}  // namespace
}  // namespace myriad::diag
