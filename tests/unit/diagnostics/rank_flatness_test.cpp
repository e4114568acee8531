#include "diagnostics/rank_flatness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace myriad::diag {
namespace {

TEST(RankFlatness, ByHand) {
  // 40 cases in 4 bins, 10 expected: x = (5, -3, -3, 1)/sqrt(10).
  const std::vector<double> counts{15.0, 7.0, 7.0, 11.0};
  const RankFlatness test = rank_flatness(counts, 40.0);
  EXPECT_NEAR(test.chi_square, 4.4, 1e-13);
  // Contrasts (-3, -1, 1, 3)/sqrt(20) and (1, -1, -1, 1)/2.
  EXPECT_NEAR(test.slope, (-15.0 + 3.0 - 3.0 + 3.0) / std::sqrt(200.0), 1e-13);
  EXPECT_NEAR(test.convexity, (5.0 + 3.0 + 3.0 + 1.0) / 2.0 / std::sqrt(10.0), 1e-13);
  // The cubic one, (-1, 3, -3, 1)/sqrt(20), is all that is left.
  EXPECT_NEAR(test.rest, std::pow((-5.0 - 9.0 + 9.0 + 1.0) / std::sqrt(200.0), 2), 1e-13);
  EXPECT_NEAR(test.rest_p_value, std::erfc(std::sqrt(0.5 * test.rest)), 1e-12);
  // Tail of chi-square with 3 degrees: erfc(sqrt(x/2)) + sqrt(2x/pi) exp(-x/2).
  EXPECT_NEAR(test.p_value, std::erfc(std::sqrt(2.2)) + std::sqrt(8.8 / M_PI) * std::exp(-2.2),
              1e-12);
}

TEST(RankFlatness, SharesAndCountsAreTheSameAndFewerCasesProveLess) {
  const std::vector<double> counts{15.0, 7.0, 7.0, 11.0}, shares{0.375, 0.175, 0.175, 0.275};
  EXPECT_DOUBLE_EQ(rank_flatness(shares, 40.0).chi_square, rank_flatness(counts, 40.0).chi_square);
  EXPECT_NEAR(rank_flatness(shares, 10.0).chi_square, 1.1, 1e-13);
  EXPECT_GT(rank_flatness(shares, 10.0).p_value, rank_flatness(shares, 40.0).p_value);
  EXPECT_EQ(rank_flatness(std::vector<double>(5, 2.0), 1000.0).p_value, 1.0);
  EXPECT_EQ(rank_flatness(std::vector<double>{1.0, 2.0, 3.0}, 6.0).rest_p_value, 1.0);
}

TEST(RankFlatness, NamesSlopesAndBowls) {
  std::vector<double> rising, bowl;
  for (int k = 0; k < 11; ++k) {
    rising.push_back(100.0 + 4.0 * k);
    bowl.push_back(100.0 + 2.0 * (k - 5) * (k - 5));
  }
  const auto low = rank_flatness(rising, 1200.0), narrow = rank_flatness(bowl, 1200.0);
  EXPECT_GT(low.slope, 3.0);
  EXPECT_NEAR(low.convexity, 0.0, 1e-10);
  EXPECT_NEAR(low.rest, 0.0, 1e-10);
  EXPECT_GT(narrow.convexity, 3.0);
  EXPECT_NEAR(narrow.slope, 0.0, 1e-10);
  EXPECT_LT(narrow.convexity_p_value, 0.003);
}

TEST(RankFlatness, RejectsAFlatHistogramAsOftenAsStated) {
  std::mt19937_64 engine(8);
  std::uniform_int_distribution<std::size_t> rank(0, 9);
  int all = 0, slope = 0, convexity = 0, rest = 0;
  const int trials = 2000;
  for (int t = 0; t < trials; ++t) {
    std::vector<double> counts(10, 0.0);
    for (int i = 0; i < 300; ++i) counts[rank(engine)] += 1.0;
    const auto test = rank_flatness(counts, 300.0);
    all += test.p_value <= 0.1 ? 1 : 0;
    slope += test.slope_p_value <= 0.1 ? 1 : 0;
    convexity += test.convexity_p_value <= 0.1 ? 1 : 0;
    rest += test.rest_p_value <= 0.1 ? 1 : 0;
  }
  for (int rejected : {all, slope, convexity, rest}) EXPECT_NEAR(rejected, 200, 54);  // 4 sigma
}

}  // namespace
}  // namespace myriad::diag
