#include "diagnostics/verification.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/inferences/flatness.hpp"
#include "diagnostics/rank_flatness.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

VerificationShape small_shape(const Grid& grid) {
  VerificationShape shape{grid,
                          standard_regions(),
                          {{"z500", "geopotential height at 500 hPa", "m", "geopotential_height"}},
                          {0.0, 24.0, 48.0},
                          5,
                          6,
                          Sht::exact_lmax(grid)};
  return shape;
}

StartRecord record_of(const VerificationShape& shape, std::uint64_t seed, std::int64_t band_rows) {
  CaseRunner runner(test::backend(), shape, {RankWeighting::area, 1, 3});
  StartRecord record(shape);
  for (std::size_t t = 1; t < 3; ++t) {  // lead 0 has no verifying field
    const test::Case c =
        test::gaussian_case(shape.grid.nlat(), shape.grid.nlon(), 5, seed * 10 + t);
    runner.begin(0, t, static_cast<std::uint32_t>(seed * 3 + t));
    for (std::int64_t first = 0; first < c.nlat; first += band_rows) {
      const std::int64_t rows = std::min(band_rows, c.nlat - first);
      test::Case band{rows, c.nlon, 5, {}, {}, {}, {}, {}, {}};
      const auto cut = [&](const std::vector<float>& field, std::vector<float>& out) {
        for (std::size_t i = 0; i < field.size() / c.truth.size(); ++i) {
          const auto begin =
              field.begin() + static_cast<std::ptrdiff_t>(i * c.truth.size()) + first * c.nlon;
          out.insert(out.end(), begin, begin + rows * c.nlon);
        }
      };
      cut(c.ensemble, band.ensemble);
      cut(c.truth, band.truth);
      cut(c.climate_mean, band.climate_mean);
      runner.add_rows(band.view(), first);
    }
    SpectrumFields spectra;
    spectra.truth = c.truth;
    runner.store_spectra(0, t, spectra, record);
    runner.finish(record);
  }
  return record;
}

TEST(Verification, BandsOfRowsGiveTheSameRecordAsWholeFields) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  const VerificationShape shape = small_shape(grid);
  StartRecord whole = record_of(shape, 4, 8);
  StartRecord banded = record_of(shape, 4, 3);
  ASSERT_EQ(whole.data().size(), banded.data().size());
  for (std::size_t i = 0; i < whole.data().size(); ++i) {
    if (std::isnan(whole.data()[i])) {
      EXPECT_TRUE(std::isnan(banded.data()[i])) << i;
    } else {
      EXPECT_EQ(whole.data()[i], banded.data()[i]) << i;
    }
  }
}

TEST(Verification, ACaseWithoutVerifyingFieldIsAbsentAndTheOthersAreNot) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  Verification results(small_shape(grid));
  for (std::uint64_t seed : {1, 2, 3}) results.add(record_of(results.shape(), seed, 8));
  EXPECT_EQ(results.starts(), 3U);
  EXPECT_TRUE(std::isnan(results.score(find_score("rmse"), 0, 0, 0)));
  EXPECT_TRUE(results.rank_histogram(0, 0, 0).empty());
  EXPECT_TRUE(results.spectrum(0, 0, SpectrumOf::truth).empty());
  EXPECT_TRUE(results.spectrum(0, 1, SpectrumOf::control).empty());
  EXPECT_NEAR(results.score(find_score("spread_skill_ratio"), 0, 1, 0), 1.0, 0.15);
  EXPECT_EQ(results.rank_histogram(0, 1, 0).size(), 6U);
  EXPECT_EQ(results.spectrum(0, 2, SpectrumOf::truth).size(), 8U);
  const Interval interval = results.interval("rmse", 0, 1, 0);
  EXPECT_LE(interval.low, results.score(find_score("rmse"), 0, 1, 0));
  EXPECT_GE(interval.high, results.score(find_score("rmse"), 0, 1, 0));
}

TEST(Verification, AValueThatIsNotFiniteIsRefusedWithItsPlace) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  const VerificationShape shape = small_shape(grid);
  CaseRunner runner(test::backend(), shape, {});
  test::Case c = test::gaussian_case(8, 16, 5, 1);
  c.ensemble[2 * 128 + 3 * 16 + 7] = std::nanf("");
  runner.begin(0, 1, 0);
  try {
    runner.add_rows(c.view(), 0);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2510");
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
    EXPECT_NE(std::string(error.what()).find("row 3, column 7"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("z500 at lead 24 h"), std::string::npos)
        << error.what();
  }
}

TEST(Verification, RanksOfEveryStartArePooledIntoEqualGroups) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  VerificationShape shape = small_shape(grid);
  shape.members = 14;
  shape.rank_bins = 15;
  shape.inferences = {make_rank_test()};
  shape.block = 2;
  Verification results(shape);
  std::vector<double> expected;
  for (int s = 0; s < 12; ++s) {
    StartRecord record(shape);
    const auto bins = record.ranks(0, 1, 2);
    for (std::size_t k = 0; k < bins.size(); ++k) bins[k] = static_cast<double>((k * 7 + static_cast<std::size_t>(s) * 5) % 11) / 70.0;
    // Fifteen bins in ten groups: one and a half each.
    for (std::size_t g = 0; g < 10; ++g) {
      const std::size_t k = g / 2 * 3;
      expected.push_back(g % 2 == 0 ? bins[k] + 0.5 * bins[k + 1] : 0.5 * bins[k + 1] + bins[k + 2]);
    }
    results.add(record);
  }
  EXPECT_EQ(shape.rank_groups(), 10U);
  const auto groups = results.rank_groups(0, 1, 2);
  ASSERT_EQ(groups.size(), expected.size());
  for (std::size_t i = 0; i < groups.size(); ++i) EXPECT_NEAR(groups[i], expected[i], 1e-15) << i;
  const ClusteredFlatness test = clustered_flatness(groups, 10, 2);
  EXPECT_EQ(test.clusters, 6U);
  EXPECT_EQ(results.extra("rank_flatness", 0, 1, 2), std::vector{test.statistic});
  EXPECT_EQ(results.extra("rank_flatness_p", 0, 1, 2), std::vector{test.p_value});
  EXPECT_EQ(results.extra("rank_convexity_p", 0, 1, 2), std::vector{test.convexity_p_value});
  EXPECT_EQ(results.extra("rank_effective_cases", 0, 1, 2), std::vector{test.effective_cases});
  EXPECT_TRUE(std::isnan(results.extra("rank_flatness", 0, 0, 0).at(0)));  // never scored
  EXPECT_TRUE(results.extra("nothing", 0, 1, 2).empty());
}

}  // namespace
}  // namespace myriad::diag
