#include "diagnostics/ranks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using test::Case;

std::vector<double> counts_of(const Case& c, int bins, const RankKey& key = {}) {
  std::vector<double> counts(static_cast<std::size_t>(c.nlat * bins)),
      outliers(static_cast<std::size_t>(c.nlat));
  test::count_ranks(c.view(), key, bins, counts, outliers);
  return counts;
}

std::vector<double> histogram_of(const Case& c, int bins, const RankKey& key = {}) {
  const std::vector<double> weights(static_cast<std::size_t>(c.nlat),
                                    1.0 / static_cast<double>(c.nlat));
  return rank_histogram(counts_of(c, bins, key), weights, c.nlon);
}

TEST(RankHistogram, CountsMembersBelowTheTruth) {
  const Case c{1,  4,  3, {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}, {0.5F, 1.5F, 2.5F, 3.5F}, {},
               {}, {}, {}};
  const auto histogram = histogram_of(c, 4);
  for (double share : histogram) EXPECT_DOUBLE_EQ(share, 0.25);
}

TEST(RankHistogram, OfExchangeableDrawsIsFlat) {
  const Case c = test::gaussian_case(50, 400, 9, 31);  // 20,000 points, 10 bins
  const auto histogram = histogram_of(c, 10);
  EXPECT_NEAR(std::accumulate(histogram.begin(), histogram.end(), 0.0), 1.0, 1e-12);
  for (double share : histogram) EXPECT_NEAR(share, 0.1, 4.0 * std::sqrt(0.1 * 0.9 / 20000.0));
  EXPECT_LT(rank_reliability_index(histogram, 20000.0), 3.0);
}

TEST(RankHistogram, BowlsForTooLittleSpreadAndSlopesForBias) {
  const auto narrow = histogram_of(test::gaussian_case(50, 100, 9, 31, 0.5), 10);
  EXPECT_GT(narrow.front(), 0.16);
  EXPECT_GT(narrow.back(), 0.16);
  const auto low = histogram_of(test::gaussian_case(50, 100, 9, 31, 1.0, -0.5), 10);
  EXPECT_GT(low.back(), 2.0 * low.front());
  EXPECT_GT(rank_reliability_index(narrow, 5000.0), 20.0);
}

TEST(RankHistogram, TiesAreSplitEvenlySoThatDryPointsStayFlat) {
  // All members and the truth are zero, as precipitation is over deserts: the rank is a pure draw.
  Case c{100, 200, 4, std::vector<float>(80000, 0.0F), std::vector<float>(20000, 0.0F), {},
         {},  {},  {}};
  const auto histogram = histogram_of(c, 5, {7, 1, 0});
  for (double share : histogram) EXPECT_NEAR(share, 0.2, 4.0 * std::sqrt(0.16 / 20000.0));
  EXPECT_EQ(histogram, histogram_of(c, 5, {7, 1, 0}));
  EXPECT_NE(histogram, histogram_of(c, 5, {7, 2, 0}));
}

TEST(RankHistogram, FewerBinsThanRanksKeepACalibratedEnsembleFlat) {
  const Case c = test::gaussian_case(50, 400, 9, 17);
  for (int bins : {2, 3, 4, 7}) {
    for (double share : histogram_of(c, bins)) {
      EXPECT_NEAR(share, 1.0 / bins, 5.0 * std::sqrt(0.25 / 20000.0)) << bins;
    }
  }
}

TEST(RankHistogram, CountsOfARowDoNotDependOnTheBandItComesIn) {
  Case c{4, 8, 3, std::vector<float>(96, 1.0F), std::vector<float>(32, 1.0F), {}, {}, {}, {}};
  const auto whole = counts_of(c, 4, {3, 5, 0});
  std::vector<double> banded;
  for (std::int64_t k = 0; k < 4; ++k) {
    Case row{1, 8, 3, std::vector<float>(24, 1.0F), std::vector<float>(8, 1.0F), {}, {}, {}, {}};
    const auto counts = counts_of(row, 4, {3, 5, k * 8});
    banded.insert(banded.end(), counts.begin(), counts.end());
  }
  EXPECT_EQ(whole, banded);
}

TEST(RankHistogram, WeighsRowsAndLeavesOutTheOthers) {
  const std::vector<double> counts{3, 1, 0, 4, 2, 2};  // three rows of two bins, four points each
  const auto histogram = rank_histogram(counts, std::vector<double>{0.75, 0.0, 0.25}, 4);
  EXPECT_EQ(histogram, (std::vector<double>{0.6875, 0.3125}));
}

TEST(RankHistogram, DrawsDependOnWhatTheCaseIs) {
  const Instant start = Instant::parse("2003-01-15");
  const auto number = case_number(start, "z500", Duration::hours(24));
  EXPECT_EQ(number, case_number(Instant::parse("2003-01-15T00:00Z"), "z500", Duration::days(1)));
  EXPECT_NE(number, case_number(start, "z500", Duration::hours(48)));
  EXPECT_NE(number, case_number(start, "t850", Duration::hours(24)));
  EXPECT_NE(number, case_number(start + Duration::hours(6), "z500", Duration::hours(24)));
}

TEST(OutlierRate, OfFiftyExchangeableMembersIsTwoFiftyFirsts) {
  EXPECT_NEAR(expected_outlier_rate(50), 0.0392156862745, 1e-12);
  const Case c = test::gaussian_case(50, 200, 50, 77);  // 10,000 points
  EXPECT_NEAR(outlier_rate(histogram_of(c, 51)), 0.0392, 4.0 * std::sqrt(0.0392 * 0.96 / 10000.0));
}

TEST(OutlierRate, CountsRanksBeyondAllMembersWhateverTheBins) {
  const Case c = test::gaussian_case(50, 200, 50, 77);
  for (int bins : {51, 10}) {
    std::vector<double> counts(static_cast<std::size_t>(50 * bins)), outliers(50);
    test::count_ranks(c.view(), {}, bins, counts, outliers);
    double total = 0.0;
    for (double n : outliers) total += n;
    EXPECT_DOUBLE_EQ(total / 10000.0, outlier_rate(histogram_of(c, 51))) << bins;
  }
}

}  // namespace
}  // namespace myriad::diag
