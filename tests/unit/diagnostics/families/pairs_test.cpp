#include "diagnostics/families/pairs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::scores_of;

double pair_fair(const Case& c, std::vector<MemberPair> pairs) {
  return scores_of(*make_pair_family({std::move(pairs), 0.95}), c).at("crps_pair_fair")[0];
}

/// Truth and pairs of members mean + e, mean - e around the mean, all of unit variance.
Case antithetic_case(std::int64_t points, std::int64_t pairs, std::uint64_t seed) {
  const auto draws = test::normals(static_cast<std::size_t>(points * (pairs + 1)), seed);
  Case c;
  c.nlon = points;
  c.members = 2 * pairs;
  const auto n = static_cast<std::size_t>(points);
  for (std::size_t p = 0; p < n; ++p) c.truth.push_back(static_cast<float>(draws[p]));
  for (std::size_t k = 1; k <= static_cast<std::size_t>(pairs); ++k) {
    for (double sign : {1.0, -1.0}) {
      for (std::size_t p = 0; p < n; ++p)
        c.ensemble.push_back(static_cast<float>(sign * draws[k * n + p]));
    }
  }
  return c;
}

TEST(PairFamily, ScoreIsThatOfPlainLoops) {
  const Case c = test::gaussian_case(3, 20, 7, 4);
  const std::vector<MemberPair> pairs{{0, 4}, {6, 1}};
  double expected = 0.0, standard = 0.0;
  for (std::size_t p = 0; p < c.truth.size(); ++p) {
    const auto x = test::members_at(c, p);
    double errors = 0.0, couples = 0.0, sum = 0.0, all = 0.0;
    for (std::size_t i = 0; i < 7; ++i) {
      errors += std::abs(x[i] - static_cast<double>(c.truth[p])) / 7.0;
      for (std::size_t j = 0; j < i; ++j) {
        all += std::abs(x[i] - x[j]);
        if ((i == 4 && j == 0) || (i == 6 && j == 1)) continue;
        couples += 1.0;
        sum += std::abs(x[i] - x[j]);
      }
    }
    EXPECT_EQ(couples, 19.0);
    expected += (errors - 0.5 * sum / couples) / 60.0;
    standard += (errors - all / 49.0) / 60.0;
  }
  const auto s = scores_of(*make_pair_family({pairs, 0.9}), c);
  EXPECT_NEAR(s.at("crps_pair_fair")[0], expected, 1e-13);
  EXPECT_NEAR(s.at("crps_pair_almost_fair")[0], 0.9 * expected + 0.1 * standard, 1e-13);
}

TEST(PairFamily, WithoutPairsItIsTheFairScore) {
  const Case c = test::row_case({{-1.0F}, {0.0F}, {1.0F}, {3.0F}}, {0.5F});
  const auto s = scores_of(*make_pair_family({{}, 0.95}), c);
  EXPECT_NEAR(s.at("crps_pair_fair")[0], 0.166666667, 1e-9);
  EXPECT_NEAR(s.at("crps_pair_almost_fair")[0], 0.180208333, 1e-9);
}

TEST(PairFamily, TwoPairsOfAReliableGaussianHaveTheScoreOfIndependentMembers) {
  // 1/sqrt(pi) exactly; the fair score that ignores the pairs is near 0.4878 (generative.md 3.7.6).
  const Case c = antithetic_case(200000, 2, 7);
  EXPECT_NEAR(pair_fair(c, neighbour_pairs(4)), 0.5641895835, 0.004);
  EXPECT_NEAR(pair_fair(c, {}), 0.4878, 0.004);
}

TEST(PairFamily, ScoreDoesNotDependOnTheNumberOfPairs) {
  test::expect_fair(
      [](std::int64_t n) {
        return make_pair_family({neighbour_pairs(n), 0.95});
      },
      "crps_pair_fair", antithetic_case(60, 20, 3), {4, 6, 20}, 2);
}

TEST(PairFamily, PartnersOfCentredPairsAreNeighboursOfOneCheckpoint) {
  const auto pairs_of = [](std::vector<std::uint32_t> numbers, std::int64_t checkpoints) {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    for (const MemberPair& p : centred_pairs(numbers, checkpoints))
      out.push_back({p.first, p.second});
    return out;
  };
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;
  // One checkpoint: 0 is the control, so that 1 is alone.
  EXPECT_EQ(pairs_of({1, 2, 3, 4, 5}, 1), (Pairs{{1, 2}, {3, 4}}));
  // Three checkpoints: 1 and 4, 2 and 5, 6 and 9; 3 shares with the control.
  EXPECT_EQ(pairs_of({0, 1, 2, 3, 4, 5, 6, 9}, 3), (Pairs{{1, 4}, {2, 5}, {6, 7}}));
  // Member 4 failed.
  EXPECT_EQ(pairs_of({1, 2, 3, 5}, 3), (Pairs{{1, 3}}));
}

TEST(PairFamily, TooFewMembersHaveNoScore) {
  const Case two = test::row_case({{1.0F}, {3.0F}}, {2.0F});
  EXPECT_TRUE(std::isnan(pair_fair(two, neighbour_pairs(2))));  // no couple but the pair
  EXPECT_TRUE(std::isnan(pair_fair(two, neighbour_pairs(4))));
  EXPECT_FALSE(std::isnan(pair_fair(two, {})));
}

TEST(PairFamily, KeepsTheRulesOfFamilies) {
  test::expect_family_rules(*make_pair_family({neighbour_pairs(8), 0.95}),
                            test::gaussian_case(5, 12, 8, 6), /*any_order=*/false);
  test::expect_family_rules(*make_pair_family({}), test::gaussian_case(5, 12, 1, 6));
}

TEST(PairFamily, RefusesPairsThatAreNone) {
  const auto with = [](std::vector<MemberPair> pairs, double alpha) {
    return error_id_of([&] { make_pair_family({pairs, alpha}); });
  };
  EXPECT_EQ(with({{0, 1}, {3, 2}}, 1.0), "");
  EXPECT_EQ(with({{0, 1}, {1, 2}}, 1.0), "E2553");
  EXPECT_EQ(with({{2, 2}}, 1.0), "E2553");
  EXPECT_EQ(with({{-1, 2}}, 1.0), "E2553");
  EXPECT_EQ(with({}, 1.5), "E2553");
}

}  // namespace
}  // namespace myriad::diag
