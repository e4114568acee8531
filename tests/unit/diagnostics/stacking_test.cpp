#include "diagnostics/stacking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "src/base/error.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

/// Terms of \p dates cases of J components with spreads and biases of their own.
MixtureTerms drawn_terms(std::size_t components, int members, std::uint64_t seed, int dates = 40,
                         PairEstimator estimator = PairEstimator::standard) {
  const auto per_date = components * static_cast<std::size_t>(members) + 1;
  const auto draws = test::normals(per_date * static_cast<std::size_t>(dates), seed);
  std::vector<MixtureTerms> cases;
  const double* z = draws.data();
  for (int t = 0; t < dates; ++t) {
    const double truth = 1.2 * *z++;
    std::vector<std::vector<double>> x(components);
    for (std::size_t j = 0; j < components; ++j) {
      const double bias = 0.4 * std::sin(2.3 * static_cast<double>(j * j + 1));
      const double spread = 0.6 + 0.15 * static_cast<double>(j % 5);
      for (int i = 0; i < members; ++i) x[j].push_back(bias + spread * *z++);
    }
    cases.push_back(mixture_terms(x, truth, estimator));
  }
  return mean_terms(cases, std::vector<double>(cases.size(), 1.0));
}

void expect_optimal(const MixtureTerms& terms, const StackingWeights& found) {
  EXPECT_NEAR(std::accumulate(found.weights.begin(), found.weights.end(), 0.0), 1.0, 1e-12);
  for (double w : found.weights) EXPECT_GE(w, 0.0);
  EXPECT_LT(found.residual, 1e-11);
  EXPECT_DOUBLE_EQ(found.crps, mixture_crps(terms, found.weights));
}

TEST(Stacking, NumbersOfTheWorkedExample) {
  const std::vector<std::vector<double>> components{{0.0, 1.0}, {2.0, 4.0}};
  const MixtureTerms terms = mixture_terms(components, 1.5, PairEstimator::standard);
  const StackingWeights found = stack(terms);
  // w_1 = ((A_2 - A_1) + (B_12 - B_22)) / (2 B_12 - B_11 - B_22) = 2 / 3.5 (generative.md 8.3).
  EXPECT_NEAR(found.weights[0], 2.0 / 3.5, 1e-10);
  EXPECT_NEAR(found.crps, 3.0 / 7.0, 1e-12);
  expect_optimal(terms, found);
}

TEST(Stacking, NoPointOfAFineGridOverTheSimplexIsBetter) {
  for (std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    const MixtureTerms terms = drawn_terms(3, 5, seed);
    const StackingWeights found = stack(terms);
    expect_optimal(terms, found);
    double least = std::numeric_limits<double>::infinity();
    for (int a = 0; a <= 500; ++a) {
      for (int b = 0; a + b <= 500; ++b) {
        const double w1 = a / 500.0, w2 = b / 500.0;
        least = std::min(least, mixture_crps(terms, std::vector<double>{w1, w2, 1.0 - w1 - w2}));
      }
    }
    EXPECT_LE(found.crps, least + 1e-13) << seed;
    EXPECT_GT(found.crps, least - 1e-5) << seed;  // the grid is that fine
  }
}

TEST(Stacking, SatisfiesTheOptimalityConditionsForManyComponents) {
  for (std::size_t components : {1, 2, 8, 29, 60}) {
    const MixtureTerms terms = drawn_terms(components, 3, components);
    const StackingWeights found = stack(terms);
    expect_optimal(terms, found);
    const std::vector<double> equal(components, 1.0 / static_cast<double>(components));
    EXPECT_LE(found.crps, mixture_crps(terms, equal) + 1e-13);
    EXPECT_EQ(stack(terms).weights, found.weights) << "the same again";
  }
}

TEST(Stacking, EqualComponentsShareTheirWeight) {
  const std::vector<std::vector<double>> components{{0.0, 1.0}, {2.0, 4.0}, {2.0, 4.0}};
  const MixtureTerms terms = mixture_terms(components, 1.5, PairEstimator::standard);
  const StackingWeights found = stack(terms);
  EXPECT_NEAR(found.weights[0], 2.0 / 3.5, 1e-6);
  EXPECT_NEAR(found.weights[1], found.weights[2], 1e-6);
  EXPECT_NEAR(found.crps, 3.0 / 7.0, 1e-12);
  const MixtureTerms nothing{{0.0, 0.0}, {0.0, 0.0, 0.0, 0.0}};
  EXPECT_NEAR(stack(nothing).weights[0], 0.5, 1e-12);
}

TEST(Stacking, GivesNothingToAComponentThatIsFarOff) {
  const std::vector<std::vector<double>> components{{0.9, 2.1}, {50.0, 51.0}, {1.0, 2.4}};
  const StackingWeights found = stack(mixture_terms(components, 1.5, PairEstimator::standard));
  EXPECT_EQ(found.weights[1], 0.0);
}

TEST(Stacking, RegularisationLeadsToEqualWeights) {
  const MixtureTerms terms = drawn_terms(4, 5, 11);
  const auto distance = [](const StackingWeights& found) {
    double sum = 0.0;
    for (double w : found.weights) sum += (w - 0.25) * (w - 0.25);
    return sum;
  };
  double before = std::numeric_limits<double>::infinity();
  for (double rho : {0.0, 0.01, 0.1, 1.0}) {
    const auto found = stack(terms, {rho});
    EXPECT_LT(distance(found), before) << rho;
    EXPECT_LT(found.residual, 1e-11);
    before = distance(found);
  }
  EXPECT_LT(distance(stack(terms, {1e6})), 1e-10);
}

TEST(Stacking, RefusesWhatHasNoBestWeights) {
  const auto id_of = [](const MixtureTerms& terms, double rho) -> std::string {
    try {
      stack(terms, {rho});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
      return error.id();
    }
    return "none";
  };
  const MixtureTerms hole{{1.0, std::nan("")}, {0.0, 1.0, 1.0, 0.0}};
  EXPECT_EQ(id_of(hole, 0.0), "E2540");
  // Two components that differ less from each other than from themselves.
  const MixtureTerms not_negative{{1.0, 1.0}, {1.0, 0.8, 0.8, 1.0}};
  EXPECT_EQ(id_of(not_negative, 0.0), "E2541");
  EXPECT_EQ(id_of(not_negative, 0.3), "none");
}

TEST(Stacking, RegularisationIsTheOneThatServesDatesLeftOut) {
  // Blocks that agree: the fit serves the others too. Blocks that contradict each other: equal
  // weights do.
  const std::vector<double> candidates{0.0, 0.1, 10.0};
  const MixtureTerms first{{1.0, 1.4}, {1.0, 1.5, 1.5, 1.0}},
      second{{1.4, 1.0}, {1.0, 1.5, 1.5, 1.0}};
  EXPECT_EQ(choose_regularisation(std::vector<MixtureTerms>{first, first, first}, candidates), 0.0);
  EXPECT_EQ(choose_regularisation(std::vector<MixtureTerms>{first, second}, candidates), 10.0);
}

TEST(Stacking, WholeMembersAddUp) {
  EXPECT_EQ(members_of_weights(std::vector<double>{0.5, 0.3, 0.2}, 10),
            (std::vector<std::int64_t>{5, 3, 2}));
  EXPECT_EQ(members_of_weights(std::vector<double>{1.0 / 3, 1.0 / 3, 1.0 / 3}, 10),
            (std::vector<std::int64_t>{4, 3, 3}));
  EXPECT_EQ(members_of_weights(std::vector<double>{0.26, 0.74}, 2),
            (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(members_of_weights(std::vector<double>{0.0, 1.0}, 0),
            (std::vector<std::int64_t>{0, 0}));
  for (std::int64_t members : {1, 7, 58, 7424}) {
    const auto weights = stack(drawn_terms(29, 3, 4)).weights;
    const auto counts = members_of_weights(weights, members);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), members);
    for (std::size_t j = 0; j < counts.size(); ++j)
      EXPECT_LT(
          std::abs(static_cast<double>(counts[j]) - weights[j] * static_cast<double>(members)),
          1.0);
  }
}

}  // namespace
}  // namespace myriad::diag
