#include "diagnostics/consistency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

constexpr std::size_t k_points = 500;

/// 8 checkpoints that differ from the truth (0) by 1 each, independently.
std::vector<double> checkpoints(std::uint64_t seed) {
  return test::normals(8 * k_points, seed);
}

const std::vector<double> k_scale(k_points, 1.0);
const std::vector<double> k_area(k_points, 1.0 / k_points);
const std::vector<double> k_alike(8, 1.0);

double rms(const std::vector<double>& field) {
  double sum = 0.0;
  for (double v : field) sum += v * v / static_cast<double>(field.size());
  return std::sqrt(sum);
}

TEST(Consistency, OfOnePointByHand) {
  // Median 0; differences 0, 1.5 and 30 of a scale 1: delta 0, 0.5 and 1.
  const std::vector<double> means{0.0, -1.5, 30.0}, one{1.0}, alike{1.0, 1.0, 1.0};
  const auto found = checkpoint_consistency(means, one, one, alike);
  const double s = (std::exp(-1.0) - std::exp(-2.0)) / (1.0 - std::exp(-2.0));
  EXPECT_NEAR(found.agreement[0], 3.0 / (1.0 + s), 1e-14);
  EXPECT_NEAR(found.agreement[1], 3.0 * s / (1.0 + s), 1e-14);
  EXPECT_EQ(found.agreement[2], 0.0);
  EXPECT_NEAR(std::accumulate(found.weights.begin(), found.weights.end(), 0.0), 1.0, 1e-14);
  EXPECT_NEAR(found.weights[2], 1.0 / 6.0, 1e-12);
  EXPECT_EQ(found.inconsistent, std::vector<int>{2});
  EXPECT_NEAR(found.weights[1] / found.weights[0], s, 1e-12);
  EXPECT_NEAR(consistent_mean(means, found)[0], -1.5 * s * s / (1.0 + s * s), 1e-12);
}

TEST(Consistency, ADamagedCheckpointHardlyHurtsTheWeightedMean) {
  // All share an error of size 1, as models do.
  auto means = checkpoints(3);
  const auto shared = test::normals(k_points, 33);
  std::vector<double> clean(k_points, 0.0), plain(k_points, 0.0);
  for (std::size_t p = 0; p < k_points; ++p) {
    for (std::size_t j = 0; j < 8; ++j) {
      means[j * k_points + p] += shared[p] + (j == 5 ? 3.0 : 0.0);
      plain[p] += means[j * k_points + p] / 8.0;
      if (j != 5) clean[p] += means[j * k_points + p] / 7.0;
    }
  }
  const auto found = checkpoint_consistency(means, k_scale, k_area, k_alike);
  const auto weighted = consistent_mean(means, found);
  EXPECT_LT(rms(weighted), 1.05 * rms(clean));
  const auto pulled = [&](const std::vector<double>& field) {
    double sum = 0.0;
    for (std::size_t p = 0; p < k_points; ++p) sum += (field[p] - clean[p]) / k_points;
    return sum;
  };
  EXPECT_LT(std::abs(pulled(weighted)), 0.12);
  EXPECT_NEAR(pulled(plain), 0.375, 0.02) << "equal weights are pulled by 3/8";
  EXPECT_EQ(std::min_element(found.weights.begin(), found.weights.end()) - found.weights.begin(),
            5);
}

TEST(Consistency, ACheckpointOfNoUseIsFlaggedAndLikeOnesAreNot) {
  auto means = checkpoints(4);
  EXPECT_TRUE(checkpoint_consistency(means, k_scale, k_area, k_alike).inconsistent.empty());
  for (std::size_t p = 0; p < k_points; ++p) means[2 * k_points + p] = 100.0;
  const auto found = checkpoint_consistency(means, k_scale, k_area, k_alike);
  EXPECT_EQ(found.inconsistent, std::vector<int>{2});
  EXPECT_NEAR(found.weights[2], 1.0 / 16.0, 1e-12);
  for (double w : found.weights) EXPECT_LE(w, 2.0 / 8.0 + 1e-12);
}

TEST(Consistency, WhoSpreadsMoreSaysLess) {
  const std::vector<double> means(8 * k_points, 1.0);
  auto spread = k_alike;
  spread[0] = 1.25;
  const auto found = checkpoint_consistency(means, k_scale, k_area, spread);
  EXPECT_NEAR(found.weights[0] / found.weights[1], 0.8, 1e-12);
}

TEST(Consistency, WhereNobodyAgreesAllCountTheSame) {
  const std::vector<double> one{1.0}, alike(4, 1.0), apart{-100.0, -50.0, 50.0, 100.0};
  const auto found = checkpoint_consistency(apart, one, one, alike);
  EXPECT_EQ(found.agreement, std::vector<double>(4, 1.0));
  EXPECT_EQ(found.weights, std::vector<double>(4, 0.25));
  EXPECT_TRUE(found.inconsistent.empty());
  try {
    checkpoint_consistency(std::vector<double>{1.0, std::nan(""), 2.0}, one, one,
                           std::vector<double>(3, 1.0));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2545");
  }
}

}  // namespace
}  // namespace myriad::diag
