#include "diagnostics/rank_flatness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
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

/// Histograms [start, 10] of starts in which \p cases independent ranks are each counted very often.
std::vector<double> clustered_histograms(std::mt19937_64& engine, int starts, int cases, int copies = 1) {
  std::uniform_int_distribution<std::size_t> rank(0, 9);
  std::vector<double> histograms;
  for (int s = 0; s < starts; s += copies) {
    std::vector<double> counts(10, 0.0);
    for (int i = 0; i < cases; ++i) counts[rank(engine)] += 1000.0;
    for (int c = 0; c < copies; ++c) histograms.insert(histograms.end(), counts.begin(), counts.end());
  }
  return histograms;
}

TEST(ClusteredFlatness, ByHand) {
  // Deviations from 1/3 of five starts; the contrasts are (-1, 0, 1) and (1, -2, 1).
  const std::vector<double> shares{0.5, 0.3, 0.2, 0.3, 0.3, 0.4, 0.4, 0.2, 0.4, 0.6, 0.3, 0.1, 0.2, 0.4, 0.4};
  const ClusteredFlatness test = clustered_flatness(shares, 3);
  double mean[3] = {}, v[3][3] = {};
  for (int s = 0; s < 5; ++s) {
    for (int k = 0; k < 3; ++k) mean[k] += (shares[static_cast<std::size_t>(3 * s + k)] - 1.0 / 3.0) / 5.0;
  }
  for (int s = 0; s < 5; ++s) {
    const auto off = [&](int k) { return shares[static_cast<std::size_t>(3 * s + k)] - 1.0 / 3.0 - mean[k]; };
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 3; ++b) v[a][b] += off(a) * off(b) / 4.0 / 5.0;
    }
  }
  const double trace = v[0][0] + v[1][1] + v[2][2];
  EXPECT_EQ(test.clusters, 5U);
  EXPECT_NEAR(test.statistic, (mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]) / trace, 1e-12);
  EXPECT_NEAR(test.effective_cases, 2.0 / 3.0 / trace, 1e-9);
  const double slope = (mean[2] - mean[0]) / std::sqrt(v[0][0] + v[2][2] - 2.0 * v[0][2]);
  EXPECT_NEAR(test.slope, slope, 1e-12);
  // Student's t with 4 degrees of freedom has the tail 1 - u (3 - u^2)/2, u = t/sqrt(4 + t^2).
  const double u = std::abs(slope) / std::sqrt(4.0 + slope * slope);
  EXPECT_NEAR(test.slope_p_value, 1.0 - 0.5 * u * (3.0 - u * u), 1e-11);
}

TEST(ClusteredFlatness, CountsTheIndependentCasesBehindMillionsOfPoints) {
  std::mt19937_64 engine(3);
  const ClusteredFlatness test = clustered_flatness(clustered_histograms(engine, 4000, 6), 10);
  EXPECT_NEAR(test.effective_cases, 4000.0 * 6.0, 1200.0);
  EXPECT_NEAR(test.freedom, 9.0, 0.2);
  // Every start three times: as blocks of three the same cases, taken for independent three times as many.
  const auto copies = clustered_histograms(engine, 3000, 6, 3);
  const ClusteredFlatness blocks = clustered_flatness(copies, 10, 3), single = clustered_flatness(copies, 10);
  EXPECT_EQ(blocks.clusters, 1000U);
  EXPECT_NEAR(single.effective_cases / blocks.effective_cases, 3.0, 0.01);
}

TEST(ClusteredFlatness, RejectsAFlatHistogramAboutAsOftenAsStated) {
  std::mt19937_64 engine(5);
  for (int starts : {6, 12, 40}) {
    int all = 0, slope = 0, convexity = 0;
    const int trials = 1500;
    for (int t = 0; t < trials; ++t) {
      const auto test = clustered_flatness(clustered_histograms(engine, starts, 6), 10);
      all += test.p_value < 0.05 ? 1 : 0;
      slope += test.slope_p_value < 0.05 ? 1 : 0;
      convexity += test.convexity_p_value < 0.05 ? 1 : 0;
    }
    for (int rejected : {all, slope, convexity}) {
      EXPECT_LT(rejected, trials * 0.085) << starts;
      EXPECT_GT(rejected, trials * 0.02) << starts;
    }
  }
}

TEST(ClusteredFlatness, FindsBowlsAndSaysNothingOfFewStarts) {
  std::vector<double> histograms;
  std::mt19937_64 engine(6);
  const auto noise = clustered_histograms(engine, 20, 20);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    const double rank = static_cast<double>(i % 10) - 4.5;
    histograms.push_back(noise[i] / 2e4 + 0.01 * rank * rank);
  }
  const ClusteredFlatness test = clustered_flatness(histograms, 10);
  EXPECT_LT(test.p_value, 0.001);
  EXPECT_GT(test.convexity, 4.0);
  EXPECT_GT(test.slope_p_value, 0.01);
  const ClusteredFlatness few = clustered_flatness(std::span(histograms).first(40), 10);
  EXPECT_EQ(few.clusters, 4U);
  EXPECT_TRUE(std::isnan(few.p_value));
  EXPECT_TRUE(std::isnan(few.slope));
  EXPECT_EQ(clustered_flatness(std::vector<double>(50, 2.0), 10).p_value, 1.0);
  std::vector<double> same;
  for (int s = 0; s < 5; ++s) same.insert(same.end(), {0.5, 0.3, 0.2});
  EXPECT_LT(clustered_flatness(same, 3).p_value, 1e-12);
}

}  // namespace
}  // namespace myriad::diag
