#include "diagnostics/families/artefacts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::mean_record;
using test::scores_of;

Grid gauss(std::int64_t nlat, std::int64_t nlon) {
  return {GridType::legendre_gauss, nlat, nlon};
}

TEST(ArtefactFamily, SpikesAreThoseOfPlainFourierSums) {
  const Case c = test::gaussian_case(4, 48, 3, 9);
  const auto family = make_artefact_family({gauss(4, 48), 2});
  const auto scores = scores_of(*family, c);
  EXPECT_EQ(test::output_of(*family, "grid_spike_ratio").axis_values,
            (std::vector<double>{4, 6, 12, 16, 24}));
  const auto power = [&](const std::vector<float>& field, std::size_t begin, int m) {
    double sum = 0.0;
    for (std::size_t row = 0; row < 4; ++row) {
      std::complex<double> coefficient;
      for (std::size_t j = 0; j < 48; ++j) {
        coefficient += static_cast<double>(field[begin + row * 48 + j]) *
                       std::polar(1.0, -2.0 * std::numbers::pi * m * static_cast<double>(j) / 48.0);
      }
      sum += std::norm(coefficient);
    }
    return sum;
  };
  const auto ratio = [&](const std::vector<float>& field, std::size_t begin, int m,
                         std::vector<int> neighbours) {
    const auto total = [&](int n) {
      double p = power(field, begin, n);
      if (&field == &c.ensemble) p += power(field, 4 * 48, n);  // the first two of three members
      return p;
    };
    std::vector<double> near;
    for (int n : neighbours) near.push_back(total(n));
    std::sort(near.begin(), near.end());
    const std::size_t half = near.size() / 2;
    return total(m) / (near.size() % 2 == 1 ? near[half] : (near[half - 1] + near[half]) / 2.0);
  };
  EXPECT_NEAR(scores.at("grid_spike_ratio")[0], ratio(c.ensemble, 0, 4, {1, 2, 3, 5, 7}), 1e-10);
  EXPECT_NEAR(scores.at("grid_spike_ratio")[2], ratio(c.ensemble, 0, 12, {9, 10, 11, 13, 14, 15}),
              1e-10);
  EXPECT_NEAR(scores.at("grid_spike_ratio_truth")[4], ratio(c.truth, 0, 24, {21, 22, 23}), 1e-10);
}

TEST(ArtefactFamily, APatternOfPatchesRaisesTheAlarmAndWhiteNoiseDoesNot) {
  Case c = test::gaussian_case(16, 64, 12, 3);
  const auto family = make_artefact_family({gauss(16, 64), 16});
  const auto smooth = scores_of(*family, c).at("grid_spike_ratio");
  for (double ratio : smooth) EXPECT_NEAR(ratio, 1.0, 0.4);
  for (std::size_t k = 0; k < c.ensemble.size(); ++k)
    c.ensemble[k] += k % 4 < 2 ? 1.0F : -1.0F;  // period of four columns: m = 16
  const auto ratios = scores_of(*family, c).at("grid_spike_ratio");
  EXPECT_GT(ratios[1], 1.5);
  EXPECT_NEAR(ratios[0], 1.0, 0.4);
  EXPECT_LT(scores_of(*family, c).at("grid_spike_ratio_truth")[1], 1.5);
}

TEST(ArtefactFamily, PolarVarianceIsComparedByArea) {
  const Grid grid = gauss(40, 8);  // rows at 88.3, 84.8, 81.4, 78.. degrees
  Case c = test::gaussian_case(40, 8, 6, 5);
  const auto latitudes = grid.latitudes_deg();
  for (std::size_t k = 0; k < c.ensemble.size(); ++k) {
    const std::size_t row = k % 320 / 8;
    if (std::abs(latitudes[row]) > 85.0) c.ensemble[k] *= 3.0F;
  }
  const auto family = make_artefact_family({grid, 16});
  const auto weights = grid.row_weights();
  double cap = 0.0, ring = 0.0, cap_area = 0.0, ring_area = 0.0;
  for (std::size_t row = 0; row < 40; ++row) {
    double variance = 0.0;
    for (std::size_t j = 0; j < 8; ++j) {
      const auto x = test::members_at(c, row * 8 + j);
      double mean = 0.0;
      for (double v : x) mean += v / 6.0;
      for (double v : x) variance += (v - mean) * (v - mean) / 5.0 / 8.0;
    }
    const double latitude = std::abs(latitudes[row]);
    if (latitude > 85.0) cap += weights[row] * variance, cap_area += weights[row];
    if (latitude <= 85.0 && latitude >= 80.0) ring += weights[row] * variance, ring_area += weights[row];
  }
  const auto scores = scores_of(*family, mean_record(*family, c, weights), 6);
  EXPECT_NEAR(scores.at("polar_variance_ratio")[0], (cap / cap_area) / (ring / ring_area), 1e-9);
  EXPECT_GT(scores.at("polar_variance_ratio")[0], 3.0);
}

TEST(ArtefactFamily, IsAbsentWhereThereAreNoPolarRowsAndNoWavenumbers) {
  const auto family = make_artefact_family({gauss(2, 6), 4});
  const auto scores = scores_of(*family, test::gaussian_case(2, 6, 3, 1));
  EXPECT_EQ(scores.count("grid_spike_ratio"), 0U);
  EXPECT_TRUE(std::isnan(scores.at("polar_variance_ratio")[0]));
}

TEST(ArtefactFamily, KeepsTheRulesOfFamilies) {
  test::expect_family_rules(*make_artefact_family({gauss(16, 32), 16}),
                            test::gaussian_case(16, 32, 4, 2));
}

TEST(ArtefactFamily, RefusesPartsOfTheSphere) {
  EXPECT_EQ(error_id_of([] {
              make_artefact_family({Grid::window({50.0, 49.0}, {0.0, 1.0, 2.0}), 16});
            }),
            "E2559");
}

}  // namespace
}  // namespace myriad::diag
