#include "diagnostics/ensemble_health.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

/// \p members of 4 features, shifted by \p shift from member \p first on.
std::vector<double> features(std::size_t members, std::uint64_t seed, std::size_t first = 0,
                             double shift = 0.0) {
  auto x = test::normals(4 * members, seed);
  for (std::size_t i = 4 * first; i < x.size(); i += 4) x[i] += shift;
  return x;
}

std::vector<int> halves(std::size_t members) {
  std::vector<int> groups(members, 0);
  for (std::size_t i = members / 2; i < members; ++i) groups[i] = 1;
  return groups;
}

TEST(MemberDistances, AreScaledByTheSpreadOfEachFeature) {
  // Feature 1 has variance 1, feature 2 variance 100, feature 3 none.
  const std::vector<double> x{0.0, 0.0, 7.0, 1.0, 10.0, 7.0, 2.0, 20.0, 7.0};
  const auto d = member_distances(x, 3);
  EXPECT_EQ(d, (std::vector<double>{0, 1, 2, 1, 0, 1, 2, 1, 0}));
  EXPECT_EQ(member_distances(std::vector<double>{3.0, 3.0}, 2), std::vector<double>(4, 0.0));
  try {
    member_distances(std::vector<double>{0.0, 1.0, 2.0, std::nan("")}, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2545");
    EXPECT_NE(std::string(error.what()).find("number 2 of member 1"), std::string::npos);
  }
}

TEST(Exchangeability, StatisticByHand) {
  // Members 0, 1 | 4 on a line: D_ab = 3.5, D_aa = 0.5, D_bb = 0; 2*1/(2*3) (7 - 0.5).
  const std::vector<double> d{0, 1, 4, 1, 0, 3, 4, 3, 0};
  const std::vector<int> groups{0, 0, 1};
  const auto test = exchangeability(d, groups);
  EXPECT_NEAR(test.statistic, 6.5 / 3.0, 1e-14);
  // Three arrangements, of which this one is the most extreme: a third of the permutations.
  EXPECT_NEAR(test.p_value, 1.0 / 3.0, 0.06);
}

TEST(Exchangeability, OfMembersOfOneDistributionIsRejectedAsOftenAsStated) {
  int rejected = 0;
  PermutationOptions options;
  options.permutations = 99;
  for (std::uint64_t e = 0; e < 400; ++e) {
    const auto d = member_distances(features(20, 100 + e), 20);
    rejected += exchangeability(d, halves(20), options).p_value <= 0.1 ? 1 : 0;
  }
  EXPECT_NEAR(rejected, 40, 24);  // 4 standard deviations
}

TEST(Exchangeability, FindsGroupsThatDifferInMeanOrInSpread) {
  const auto groups = halves(40);
  EXPECT_LT(exchangeability(member_distances(features(40, 5, 20, 2.5), 40), groups).p_value, 0.01);
  auto wide = features(40, 6);
  for (std::size_t i = 80; i < 160; ++i) wide[i] *= 4.0;
  EXPECT_LT(exchangeability(member_distances(wide, 40), groups).p_value, 0.01);
  // Three checkpoints, one of them off.
  std::vector<int> three(39);
  for (std::size_t i = 0; i < 39; ++i) three[i] = static_cast<int>(i / 13);
  EXPECT_LT(exchangeability(member_distances(features(39, 7, 26, 2.0), 39), three).p_value, 0.01);
}

TEST(Exchangeability, EqualMembersAreExchangeable) {
  EXPECT_EQ(exchangeability(std::vector<double>(16, 0.0), halves(4)).p_value, 1.0);
}

TEST(NearDuplicates, AreNamedNearestFirst) {
  auto x = features(30, 9);
  for (std::size_t f = 0; f < 4; ++f) {
    x[4 * 17 + f] = x[4 * 3 + f];
    x[4 * 8 + f] = x[4 * 5 + f] + 0.02;
  }
  const auto d = member_distances(x, 30);
  const auto pairs = near_duplicates(d, 30, 0.05);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].first, 3);
  EXPECT_EQ(pairs[0].second, 17);
  EXPECT_EQ(pairs[0].ratio, 0.0);
  EXPECT_EQ(pairs[1].first, 5);
  EXPECT_NEAR(pairs[1].ratio, 0.02 / 1.4, 0.005);  // mean distance of normal numbers: about sqrt 2
  EXPECT_TRUE(near_duplicates(member_distances(features(30, 9), 30), 30, 0.05).empty());
  EXPECT_EQ(near_duplicates(std::vector<double>(9, 0.0), 3, 0.05).size(), 3U);
}

TEST(Drift, IsTheMeanTrendOverItsScatter) {
  // Trends 1, 2 and 3 per day, exactly.
  const std::vector<double> leads{0.0, 1.0, 3.0};
  const std::vector<double> values{5, 6, 8, 0, 2, 6, 1, 4, 10};
  const Drift found = drift(values, leads);
  EXPECT_NEAR(found.slope, 2.0, 1e-14);
  EXPECT_NEAR(found.standard_error, 1.0 / std::sqrt(3.0), 1e-14);
  // t = 2 sqrt(3) with 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2).
  EXPECT_NEAR(found.p_value, 1.0 - std::sqrt(12.0 / 14.0), 1e-12);
}

TEST(Drift, IsRejectedAsOftenAsStatedThoughLeadsAreCorrelated) {
  int rejected = 0;
  const std::vector<double> leads{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (std::uint64_t e = 0; e < 1000; ++e) {
    auto walk = test::normals(200, 300 + e);  // 20 random walks: leads are anything but independent
    for (std::size_t i = 0; i < 200; ++i) {
      if (i % 10 != 0) walk[i] += walk[i - 1];
    }
    rejected += drift(walk, leads).p_value <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(rejected, 50, 28);  // 4 standard deviations
}

TEST(Drift, NamesTheMemberThatRunsAway) {
  auto x = test::normals(200, 12);
  const std::vector<double> leads{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (std::size_t l = 0; l < 10; ++l) x[130 + l] += static_cast<double>(l);
  const Drift found = drift(x, leads);
  EXPECT_EQ(found.worst_member, 13);
  EXPECT_GT(found.worst_deviation, 3.5);
  for (std::size_t i = 0; i < 200; ++i) x[i] = 0.5 * static_cast<double>(i % 10);
  EXPECT_EQ(drift(x, leads).p_value < 1e-6, true);
  EXPECT_EQ(drift(std::vector<double>(200, 4.0), leads).p_value, 1.0);
}

}  // namespace
}  // namespace myriad::diag
