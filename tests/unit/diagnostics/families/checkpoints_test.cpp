#include "diagnostics/families/checkpoints.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/inferences/checkpoints.hpp"
#include "diagnostics/stacking.hpp"
#include "diagnostics/verification.hpp"
#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

TEST(CheckpointFamily, RecordsAreThoseOfPlainLoops) {
  const test::Case c = test::gaussian_case(3, 20, 7, 4);
  const std::vector<int> groups{0, 1, 0, 2, 1, 0, 1};
  const auto family = make_checkpoint_family({groups, true});
  EXPECT_EQ(family->members(), (std::vector<int>{3, 3, 1}));
  const auto record = test::mean_record(*family, c);
  double means[3] = {}, variances[3] = {}, absolute[3] = {}, distance[3][3] = {};
  const double points = static_cast<double>(c.truth.size());
  for (std::size_t p = 0; p < c.truth.size(); ++p) {
    const auto x = test::members_at(c, p);
    for (std::size_t i = 0; i < 7; ++i) {
      const int a = groups[i];
      const double n = family->members()[static_cast<std::size_t>(a)];
      means[a] += x[i] / n / points;
      absolute[a] += std::abs(x[i] - static_cast<double>(c.truth[p])) / n / points;
      for (std::size_t k = 0; k < 7; ++k) {
        const double m = family->members()[static_cast<std::size_t>(groups[k])];
        distance[a][groups[k]] += std::abs(x[i] - x[k]) / (n * m) / points;
        // Half the mean squared difference of two of n draws with divisor n (n - 1) is their variance.
        if (groups[k] == a && n > 1.0) variances[a] += 0.5 * (x[i] - x[k]) * (x[i] - x[k]) / (n * (n - 1.0)) / points;
      }
    }
  }
  const MixtureTerms standard = family->terms(record, PairEstimator::standard);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(family->means(record)[j], means[j], 1e-12 * std::abs(means[j]));
    EXPECT_NEAR(family->variances(record)[j], variances[j], 1e-9 * (1.0 + variances[j]));
    EXPECT_NEAR(standard.absolute[j], absolute[j], 1e-12);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(standard.pair(j, k), distance[j][k], 1e-12);
  }
  const auto pairs = make_checkpoint_family({{0, 0, 0, 1, 1, 1, 1}, true});
  const auto both = test::mean_record(*pairs, c);
  EXPECT_NEAR(pairs->terms(both, PairEstimator::fair).pair(1, 1), pairs->terms(both, PairEstimator::standard).pair(1, 1) * 4.0 / 3.0, 1e-12);
  test::expect_family_rules(*family, c, false);
}

TEST(CheckpointFamily, CountsPointsByTheWeightsOfARegion) {
  const test::Case c = test::gaussian_case(1, 20, 6, 5);
  const auto family = make_checkpoint_family({{0, 1, 0, 1, 0, 1}, true});
  std::vector<float> mask(20, 0.0F);
  for (std::size_t p = 3; p < 9; ++p) mask[p] = p % 2 == 0 ? 1.0F : 0.5F;
  CaseFields fields = c.view();
  fields.weights = mask;
  MemberColumns columns(test::backend());
  columns.load(c.ensemble, 6, 20, 20);
  std::vector<double> record(family->record_size());
  family->score_rows({columns, fields, 0, 0, 0, 0}, record);
  const MixtureTerms found = family->terms(record, PairEstimator::standard);
  double mean = 0.0, absolute = 0.0;
  for (std::size_t p = 3; p < 9; ++p) {
    const auto x = test::members_at(c, p);
    for (std::size_t m = 0; m < 6; m += 2) {
      mean += static_cast<double>(mask[p]) * x[m] / 3.0 / 20.0;
      absolute += static_cast<double>(mask[p]) * std::abs(x[m] - static_cast<double>(c.truth[p])) / 3.0 / 20.0;
    }
  }
  EXPECT_NEAR(family->means(record)[0], mean, 1e-12 * (1.0 + std::abs(mean)));
  EXPECT_NEAR(found.absolute[0], absolute, 1e-12);
}

constexpr std::size_t k_starts = 12;

/// Starts of 9 members in 3 checkpoints with an own bias and noise each, changing between starts.
Verification results_of(const std::vector<double>& bias, const std::vector<double>& noise, const WeightOptions& options, int block = 1) {
  const std::vector<int> groups{0, 1, 2, 0, 1, 2, 0, 1, 2};
  const auto family = make_checkpoint_family({groups, true});
  VerificationShape shape{Grid(GridType::legendre_gauss, 8, 16), standard_regions(), test::two_channels(), {24.0}, 9, 10};
  shape.families = {family};
  shape.inferences = {make_agreement(family), make_weights(family, options)};
  shape.block = block;
  Verification results(shape);
  for (std::size_t s = 0; s < k_starts; ++s) {
    const auto draws = test::normals(128 * 10 + 1, 50 + s);
    test::Case c;
    c.nlon = 128;
    c.members = 9;
    for (std::size_t p = 0; p < 128; ++p) c.truth.push_back(static_cast<float>(draws[p]));
    for (std::size_t m = 0; m < 9; ++m) {
      for (std::size_t p = 0; p < 128; ++p)
        c.ensemble.push_back(static_cast<float>(bias[m % 3] + noise[m % 3] * draws[128 * (m + 1) + p]));
    }
    StartRecord record(shape);
    const auto mean = test::mean_record(*family, c);
    std::copy(mean.begin(), mean.end(), record.families(0, 0, 1).begin());
    results.add(record);
  }
  return results;
}

TEST(CheckpointWeights, GiveABadCheckpointNothingAndSayWhatThatIsWorth) {
  const Verification results = results_of({0.0, 0.0, 3.0}, {1.0, 1.0, 1.0}, {});
  const auto weights = results.extra("crps_weights", 0, 0, 1);
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-12);
  EXPECT_LT(weights[2], 0.05);
  EXPECT_NEAR(weights[0], 0.5, 0.1);
  const auto value = [&](const char* name) { return results.extra(name, 0, 0, 1).at(0); };
  EXPECT_LT(value("crps_weighted"), value("crps_weighted_left_out"));
  EXPECT_LT(value("crps_weighted_left_out"), value("crps_pooled"));
  EXPECT_NEAR(value("crps_weights_gain"), 1.0 - value("crps_weighted_left_out") / value("crps_pooled"), 1e-12);
  EXPECT_LT(value("crps_weights_gain_p"), 0.01);
  EXPECT_NEAR(value("crps_components") - value("crps_diversity"), value("crps_pooled"), 1e-12);
  const auto worth = results.extra("checkpoint_value", 0, 0, 1);
  EXPECT_LT(worth[2], 0.0);
  EXPECT_GT(worth[0], 0.0);
  // The first start left out by hand.
  const auto& family = dynamic_cast<const CheckpointFamily&>(*results.shape().families[0]);
  std::vector<MixtureTerms> terms;
  for (const auto& record : results.family_records(0, 0, 0, 1)) terms.push_back(family.terms(record, PairEstimator::standard));
  const std::vector<double> pooled(3, 1.0 / 3.0);
  double left_out = 0.0;
  for (std::size_t out = 0; out < k_starts; ++out) {
    std::vector<double> others(k_starts, 1.0);
    others[out] = 0.0;
    const MixtureTerms mean = mean_terms(terms, others);
    left_out += mixture_crps(terms[out], stack(mean, {0.01 * mixture_crps(mean, pooled)}).weights) / static_cast<double>(k_starts);
  }
  EXPECT_NEAR(value("crps_weighted_left_out"), left_out, 1e-12);
  EXPECT_TRUE(std::isnan(results.extra("crps_pooled", 1, 0, 1).at(0)));  // never scored
}

TEST(CheckpointWeights, AreNearEqualForCheckpointsAlikeAndDrawnThere) {
  const auto far = [](double regularisation) {
    const auto w = results_of({0.0, 0.05, 0.1}, {1.0, 1.0, 1.0}, {PairEstimator::fair, regularisation}).extra("crps_weights", 0, 0, 1);
    return *std::max_element(w.begin(), w.end()) - *std::min_element(w.begin(), w.end());
  };
  EXPECT_LT(far(100.0), 0.001);
  EXPECT_GT(far(0.01), far(100.0));
  // Twelve starts in blocks of three are four: too few to leave one out.
  const Verification few = results_of({0.0, 0.0, 3.0}, {1.0, 1.0, 1.0}, {}, 3);
  EXPECT_TRUE(std::isnan(few.extra("crps_weights_gain", 0, 0, 1).at(0)));
  EXPECT_FALSE(std::isnan(few.extra("crps_weighted", 0, 0, 1).at(0)));
}

TEST(CheckpointAgreement, NamesTheOneThatIsBroken) {
  const Verification sound = results_of({0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}, {});
  EXPECT_EQ(sound.extra("checkpoints_inconsistent", 0, 0, 1).at(0), 0.0);
  const Verification broken = results_of({0.0, 5.0, 0.0}, {1.0, 1.0, 1.0}, {});
  EXPECT_EQ(broken.extra("checkpoints_inconsistent", 0, 0, 1).at(0), 1.0);
  const auto weights = broken.extra("checkpoint_agreement", 0, 0, 1);
  EXPECT_NEAR(weights[1], 1.0 / 6.0, 1e-9);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-12);
}

}  // namespace
}  // namespace myriad::diag
