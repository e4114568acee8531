#include "diagnostics/families/ensemble_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

using test::Case;
using test::error_id_of;
using test::Scores;
using test::scores_of;

/// Mean of \p value over all N^n draws with replacement, one after the other.
template <class Value>
double over_all_draws(const std::vector<double>& x, std::size_t n, Value&& value) {
  std::vector<std::size_t> draw(n, 0);
  double sum = 0.0, count = 0.0;
  while (true) {
    std::vector<double> drawn;
    for (const std::size_t i : draw) drawn.push_back(x[i]);
    sum += value(drawn);
    count += 1.0;
    std::size_t place = 0;
    while (place < n && ++draw[place] == x.size()) draw[place++] = 0;
    if (place == n) return sum / count;
  }
}

TEST(EnsembleSizeFamily, AgreesWithTheMeanOverAllDraws) {
  const Case c = test::gaussian_case(2, 9, 5, 31);
  const std::vector<std::int64_t> sizes{1, 2, 3, 6};
  const Scores s = scores_of(*make_ensemble_size_family(sizes), c);
  const auto points = static_cast<double>(c.truth.size());
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const auto n = static_cast<std::size_t>(sizes[k]);
    double gain = 0.0, best = 0.0, one = 0.0;
    for (std::size_t p = 0; p < c.truth.size(); ++p) {
      const std::vector<double> x = test::members_at(c, p);
      const auto y = static_cast<double>(c.truth[p]);
      double mean = 0.0, variance = 0.0;
      for (double v : x) mean += v / 5.0;
      for (double v : x) variance += (v - mean) * (v - mean) / 4.0;
      const double high = over_all_draws(x, n, [](const auto& d) { return *std::max_element(d.begin(), d.end()); });
      const double low = over_all_draws(x, n, [](const auto& d) { return *std::min_element(d.begin(), d.end()); });
      gain += std::max(high - mean, mean - low) / std::sqrt(variance) / points;
      best += over_all_draws(x, n, [&](const auto& d) {
                double nearest = std::abs(d[0] - y);
                for (double v : d) nearest = std::min(nearest, std::abs(v - y));
                return nearest;
              }) /
              points;
      for (double v : x) one += std::abs(v - y) / 5.0 / points;
    }
    EXPECT_NEAR(s.at("information_gain")[k], gain, 1e-6 * (1.0 + gain)) << n;
    EXPECT_NEAR(s.at("best_member_error_by_size")[k], best, 1e-6 * best) << n;
    EXPECT_NEAR(s.at("best_member_gain")[k], 1.0 - best / one, 1e-6) << n;
  }
}

TEST(EnsembleSizeFamily, GrowsWithTheSizeFromNothing) {
  const Scores s = scores_of(*make_ensemble_size_family({1, 4, 16, 64, 100000}), test::gaussian_case(4, 50, 64, 3));
  const auto& gain = s.at("information_gain");
  const auto& best = s.at("best_member_gain");
  EXPECT_NEAR(gain[0], 0.0, 1e-9) << "one member lies at the mean on average";
  EXPECT_NEAR(best[0], 0.0, 1e-12);
  for (std::size_t k = 1; k < 5; ++k) {
    EXPECT_GT(gain[k], gain[k - 1]);
    EXPECT_GT(best[k], best[k - 1]);
  }
  // So many draws find every member: a Gaussian sample of 64 reaches 2.35 to one side and more to the farther one.
  EXPECT_GT(gain[4], 2.3);
  EXPECT_LT(gain[4], 3.2);
}

TEST(EnsembleSizeFamily, LeavesOutPointsWhereMembersAreEqual) {
  const Case c = test::row_case({{1.0F, 5.0F}, {3.0F, 5.0F}}, {0.0F, 5.0F});
  const Scores s = scores_of(*make_ensemble_size_family({1000}), c);
  EXPECT_NEAR(s.at("information_gain")[0], 1.0 / std::sqrt(2.0), 1e-12);  // 1 off the mean, deviation sqrt(2)
  EXPECT_NEAR(s.at("best_member_error_by_size")[0], 0.5, 1e-12);
  EXPECT_NEAR(s.at("best_member_gain")[0], 0.5, 1e-12);
  const Scores none = scores_of(*make_ensemble_size_family({2}), test::row_case({{5.0F}, {5.0F}}, {5.0F}));
  EXPECT_TRUE(std::isnan(none.at("information_gain")[0]));
  EXPECT_TRUE(std::isnan(none.at("best_member_gain")[0]));
  const Scores one = scores_of(*make_ensemble_size_family({1, 9}), test::row_case({{5.0F}}, {3.0F}));
  EXPECT_TRUE(std::isnan(one.at("information_gain")[1]));
  EXPECT_EQ(one.at("best_member_error_by_size")[1], 2.0);
}

TEST(EnsembleSizeFamily, KeepsTheRulesOfFamilies) {
  for (std::int64_t members : {1, 2, 13})
    test::expect_family_rules(*make_ensemble_size_family(doubling_sizes(members)), test::gaussian_case(5, 12, members, 6));
}

TEST(EnsembleSizeFamily, SizesDoubleUpToTheMembers) {
  EXPECT_EQ(doubling_sizes(50), (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 50}));
  EXPECT_EQ(doubling_sizes(8), (std::vector<std::int64_t>{1, 2, 4, 8}));
  EXPECT_EQ(doubling_sizes(1), (std::vector<std::int64_t>{1}));
}

TEST(EnsembleSizeFamily, RefusesWhatItCannotScore) {
  EXPECT_EQ(error_id_of([] { make_ensemble_size_family({2, 5}); }), "");
  EXPECT_EQ(error_id_of([] { make_ensemble_size_family({}); }), "E2533");
  EXPECT_EQ(error_id_of([] { make_ensemble_size_family({0}); }), "E2533");
  EXPECT_EQ(error_id_of([] { make_ensemble_size_family({3, 3}); }), "E2533");
}

}  // namespace
}  // namespace myriad::diag
