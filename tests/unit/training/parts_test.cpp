#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "src/backend/registry.hpp"
#include "src/spectral/sht.hpp"
#include "training/adjusted_mse.hpp"
#include "training/objective.hpp"
#include "training/schedule.hpp"
#include "training/state_store.hpp"
#include "training/tree_sum.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

TEST(LearningRateSchedule, WarmsUpLinearlyAndFallsAsHalfACosine) {
  const LearningRateSchedule s{2e-3, 10, 110, 0.1};
  EXPECT_DOUBLE_EQ(s.at(0), 2e-4);
  EXPECT_DOUBLE_EQ(s.at(4), 1e-3);
  EXPECT_DOUBLE_EQ(s.at(10), 2e-3);
  EXPECT_NEAR(s.at(60), 2e-3 * (0.1 + 0.9 * 0.5), 1e-15);
  EXPECT_NEAR(s.at(110), 2e-4, 1e-15);
  EXPECT_DOUBLE_EQ(s.at(5000), s.at(110));
}

TEST(TreeSum, AlignedSubtreesGiveTheBitsOfTheWholeTree) {
  auto backend = make_backend("kokkos");
  std::mt19937 random(1);
  std::uniform_real_distribution<float> wide(-1e6F, 1e6F);
  std::vector<std::vector<float>> leaves(8, std::vector<float>(5));
  for (auto& leaf : leaves) {
    for (float& x : leaf) x = wide(random) * std::pow(10.0F, static_cast<float>(random() % 7) - 3.0F);
  }
  const auto sum = [&](std::size_t first, std::size_t count) {
    TreeSum tree(*backend);
    for (std::size_t i = first; i < first + count; ++i) {
      Tensor leaf = tree.take_buffer(DType::f32, 5);
      leaf.assign(leaves[i]);
      tree.push(std::move(leaf));
    }
    return tree.finish();
  };
  const std::vector<float> whole = sum(0, 8).to_floats();
  // Two ranks with four leaves each, then four ranks with two.
  TreeSum two(*backend), four(*backend);
  for (std::size_t r = 0; r < 2; ++r) two.push(sum(4 * r, 4));
  for (std::size_t r = 0; r < 4; ++r) four.push(sum(2 * r, 2));
  EXPECT_EQ(two.finish().to_floats(), whole);
  EXPECT_EQ(four.finish().to_floats(), whole);
  // A running sum differs for such values: the test would notice a tree that is not one.
  std::vector<float> running(5, 0.0F);
  for (const auto& leaf : leaves) {
    for (std::size_t i = 0; i < 5; ++i) running[i] += leaf[i];
  }
  EXPECT_NE(running, whole);
}

TEST(TemporalDifferenceWeights, AreRawSharesTimesTheSquaredRatioOfScales) {
  const Normalisation n{{0.0, 0.0}, {10.0, 200.0}, {2.0, 10.0}};
  const std::vector<double> w = temporal_difference_weights(n, {1.0, 3.0}, 2.0);
  EXPECT_DOUBLE_EQ(w[0], 0.25 * 25.0);
  EXPECT_DOUBLE_EQ(w[1], 0.75 * 400.0);
}

TEST(StateStore, StartsNeedUnbrokenHistoryAndTargets) {
  const Grid grid(GridType::legendre_gauss, 2, 4);
  std::vector<Instant> times;
  for (int hours : {0, 6, 12, 24, 30, 36, 42}) times.push_back(Instant::parse("2001-01-01T00Z") + Duration::hours(hours));
  const StateStore store(times, 1, grid, [](std::int64_t, std::span<float> s) { std::fill(s.begin(), s.end(), 1.0F); });
  // Between the third and the fourth time 12 hours are missing.
  EXPECT_EQ(store.starts(1, 1, Duration::hours(6)), (std::vector<std::int64_t>{0, 1, 3, 4, 5}));
  EXPECT_EQ(store.starts(2, 1, Duration::hours(6)), (std::vector<std::int64_t>{1, 4, 5}));
  EXPECT_EQ(store.starts(2, 2, Duration::hours(6)), (std::vector<std::int64_t>{4}));
}

TEST(Normalisation, AreaWeightedStatisticsOfAnAnalyticField) {
  // x = a cos(theta) + b t: mean of cos is 0, mean of cos^2 is 1/3 on the sphere.
  const Grid grid(GridType::legendre_gauss, 8, 4);
  std::vector<Instant> times;
  for (int i = 0; i < 3; ++i) times.push_back(Instant::parse("2001-01-01T00Z") + i * Duration::hours(6));
  const StateStore store(times, 1, grid, [&](std::int64_t t, std::span<float> s) {
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t j = 0; j < 4; ++j) {
        s[k * 4 + j] = static_cast<float>(3.0 * grid.quadrature().cos_theta[k] + 2.0 * static_cast<double>(t));
      }
    }
  });
  const Normalisation n = compute_normalisation(store, Duration::hours(6));
  EXPECT_NEAR(n.mean[0], 2.0, 1e-6);
  EXPECT_NEAR(n.stddev[0], std::sqrt(9.0 / 3.0 + 4.0 * 2.0 / 3.0), 1e-6);
  EXPECT_NEAR(n.tendency_stddev[0], 2.0, 1e-6);
}

class AdjustedMse : public ::testing::Test {
 protected:
  AdjustedMse() : prediction_(size()), truth_(size()) {
    std::mt19937 random(2);
    std::normal_distribution<double> normal;
    for (double& x : prediction_) x = normal(random);
    for (double& x : truth_) x = normal(random);
    for (std::int64_t l = 0; l < k_layout.lmax; ++l) {  // Im of m = 0 is zero
      for (std::size_t c = 0; c < 2; ++c) {
        const std::size_t i = (static_cast<std::size_t>(k_layout.index(l, 0)) * 2 + c) * 2 + 1;
        prediction_[i] = truth_[i] = 0.0;
      }
    }
  }
  static constexpr kernels::SpectralLayout k_layout{6, 6};
  static std::size_t size() { return static_cast<std::size_t>(k_layout.size()) * 4; }
  double value(const std::vector<double>& x) {
    std::vector<double> loss(2);
    adjusted_mse(k_layout, 2, weight_kind_, x, truth_, {}, loss, {});
    return 0.7 * loss[0] + 1.9 * loss[1];
  }
  std::vector<double> prediction_, truth_;
  PhaseWeight weight_kind_ = PhaseWeight::larger;
};

TEST_F(AdjustedMse, GradientMatchesFiniteDifferences) {
  std::vector<double> loss(2), gradient(size());
  const std::vector<double> weight{0.7, 1.9};
  for (const PhaseWeight kind : {PhaseWeight::larger, PhaseWeight::truth}) {
    weight_kind_ = kind;
    adjusted_mse(k_layout, 2, weight_kind_, prediction_, truth_, weight, loss, gradient);
    for (std::size_t i = 0; i < size(); i += 3) {
      std::vector<double> up = prediction_, down = prediction_;
      up[i] += 1e-6;
      down[i] -= 1e-6;
      EXPECT_NEAR((value(up) - value(down)) / 2e-6, gradient[i], 1e-7) << i;
    }
  }
}

TEST_F(AdjustedMse, EqualsTheSquaredErrorWhenPowersAgree) {
  // Rotating the phase of an order keeps the power of every degree.
  prediction_ = truth_;
  double expected = 0.0;
  for (std::int64_t l = 1; l < k_layout.lmax; ++l) {
    const auto i = static_cast<std::size_t>(k_layout.index(l, 1) * 4);
    const double re = truth_[i], im = truth_[i + 1];
    prediction_[i] = std::cos(0.4) * re - std::sin(0.4) * im;
    prediction_[i + 1] = std::sin(0.4) * re + std::cos(0.4) * im;
    expected += 2.0 * (std::pow(prediction_[i] - re, 2) + std::pow(prediction_[i + 1] - im, 2));
  }
  std::vector<double> loss(2);
  adjusted_mse(k_layout, 2, weight_kind_, prediction_, truth_, {}, loss, {});
  EXPECT_NEAR(loss[0], expected / (4.0 * std::numbers::pi), 1e-12);
}

TEST_F(AdjustedMse, BlurringAPredictionOfUncertainPhaseDoesNotPay) {
  // Prediction and truth have the same power and a coherence of 0.5 in every degree. The squared error is smallest for a
  // prediction damped by the coherence, the adjusted one for an undamped prediction: (a-b)^2 + 2 max(a,b)^2 (1 - 0.5).
  for (std::size_t i = 0; i < size(); ++i) prediction_[i] = 0.0;
  for (std::int64_t l = 0; l < k_layout.lmax; ++l) {
    double power = 0.0;
    for (std::int64_t m = 0; m <= l; ++m) {
      const auto i = static_cast<std::size_t>(k_layout.index(l, m) * 4);
      power += (m == 0 ? 1.0 : 2.0) * (truth_[i] * truth_[i] + truth_[i + 1] * truth_[i + 1]);
    }
    if (l == 0) continue;
    // Half the truth plus a part orthogonal to it (order 1 turned by 90 degrees and rescaled) with the missing power.
    const auto one = static_cast<std::size_t>(k_layout.index(l, 1) * 4);
    const double re = truth_[one], im = truth_[one + 1];
    const double turn = std::sqrt(0.75 * power / (2.0 * (re * re + im * im)));
    for (std::int64_t m = 0; m <= l; ++m) {
      const auto i = static_cast<std::size_t>(k_layout.index(l, m) * 4);
      prediction_[i] = 0.5 * truth_[i];
      prediction_[i + 1] = 0.5 * truth_[i + 1];
    }
    prediction_[one] -= turn * im;
    prediction_[one + 1] += turn * re;
  }
  const auto adjusted = [&](double factor) {
    std::vector<double> x = prediction_, loss(2);
    for (double& value : x) value *= factor;
    adjusted_mse(k_layout, 2, weight_kind_, x, truth_, {}, loss, {});
    return loss[0];
  };
  const auto squared = [&](double factor) {
    double sum = 0.0;
    for (std::int64_t l = 1; l < k_layout.lmax; ++l) {
      for (std::int64_t m = 0; m <= l; ++m) {
        const auto i = static_cast<std::size_t>(k_layout.index(l, m) * 4);
        for (std::size_t part = 0; part < 2; ++part) {
          sum += (m == 0 ? 1.0 : 2.0) * std::pow(factor * prediction_[i + part] - truth_[i + part], 2);
        }
      }
    }
    return sum;
  };
  EXPECT_LT(squared(0.5), squared(1.0));
  EXPECT_LT(adjusted(1.0), adjusted(0.9));
  EXPECT_LT(adjusted(1.0), adjusted(0.5));
  EXPECT_LT(adjusted(1.0), adjusted(1.1));
}

TEST_F(AdjustedMse, WeightOfTheTruthKeepsThePowerOfAnUncertainTruth) {
  // Many truths share the prediction as a common part, so that neither phase nor power is certain.
  // The expected loss as a function of the prediction's amplitude is smallest well below the mean
  // amplitude of the truths with the published weight, and at it with the truth's. (Degree 5, 11
  // coefficients: coherence about 0.7.)
  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  const auto draw = [&](std::vector<double>& x) {
    std::fill(x.begin(), x.end(), 0.0);
    for (std::int64_t m = 0; m <= 5; ++m) {
      const auto i = static_cast<std::size_t>(k_layout.index(5, m) * 4);
      x[i] = normal(random) * (m == 0 ? 1.0 : std::sqrt(0.5));
      x[i + 1] = m == 0 ? 0.0 : normal(random) * std::sqrt(0.5);
    }
  };
  const auto amplitude = [&](const std::vector<double>& x) {
    double power = 0.0;
    for (std::int64_t m = 0; m <= 5; ++m) {
      const auto i = static_cast<std::size_t>(k_layout.index(5, m) * 4);
      power += (m == 0 ? 1.0 : 2.0) * (x[i] * x[i] + x[i + 1] * x[i + 1]);
    }
    return std::sqrt(power);
  };
  draw(prediction_);
  const double length = amplitude(prediction_);
  constexpr int k_truths = 400;
  std::vector<std::vector<double>> truths;
  double mean_amplitude = 0.0;
  for (int n = 0; n < k_truths; ++n) {
    std::vector<double> own(size());
    draw(own);
    for (std::size_t i = 0; i < size(); ++i) own[i] += prediction_[i];
    mean_amplitude += amplitude(own) / k_truths;
    truths.push_back(own);
  }
  const auto best_amplitude = [&](PhaseWeight kind) {
    weight_kind_ = kind;
    double best = 0.0, lowest = std::numeric_limits<double>::infinity();
    for (double factor = 0.5; factor <= 2.0; factor += 0.01) {
      std::vector<double> x = prediction_, loss(2);
      for (double& v : x) v *= factor;
      double sum = 0.0;
      for (const auto& own : truths) {
        adjusted_mse(k_layout, 2, weight_kind_, x, own, {}, loss, {});
        sum += loss[0];
      }
      if (sum < lowest) lowest = sum, best = factor * length;
    }
    return best;
  };
  EXPECT_NEAR(best_amplitude(PhaseWeight::truth) / mean_amplitude, 1.0, 0.02);
  EXPECT_LT(best_amplitude(PhaseWeight::larger) / mean_amplitude, 0.93);
}

}  // namespace
}  // namespace myriad::test
