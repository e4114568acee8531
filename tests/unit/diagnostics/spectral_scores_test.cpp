#include "diagnostics/spectral_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "diagnostics/case_runner.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

const Grid& grid() {
  static const Grid g(GridType::legendre_gauss, 16, 32);
  return g;
}

/// a cos(theta) + b sin(theta) cos(lambda): degree 1 with m = 0 and |m| = 1.
std::vector<float> degree_one(double a, double b) {
  std::vector<float> out;
  for (std::int64_t k = 0; k < grid().nlat(); ++k) {
    const double theta = grid().quadrature().theta[static_cast<std::size_t>(k)];
    for (std::int64_t j = 0; j < grid().nlon(); ++j) {
      const double lambda = 2.0 * std::numbers::pi * static_cast<double>(j) / 32.0;
      out.push_back(
          static_cast<float>(a * std::cos(theta) + b * std::sin(theta) * std::cos(lambda)));
    }
  }
  return out;
}

/// All scores of cases, one per start; the first \p looked_at members have their spectra taken.
std::map<std::string, std::vector<double>> scores_of(
    const std::vector<std::vector<float>>& truths,
    const std::vector<std::vector<std::vector<float>>>& ensembles, std::int64_t looked_at) {
  const auto members = static_cast<int>(ensembles[0].size());
  Verification results({grid(),
                        standard_regions(),
                        {{"t850", "temperature", "K", "air_temperature"}},
                        {24.0},
                        members,
                        members + 1,
                        Sht::exact_lmax(grid())});
  CaseRunner runner(test::backend(), results.shape(), {RankWeighting::area, 0, looked_at});
  for (std::size_t s = 0; s < truths.size(); ++s) {
    std::vector<float> all, mean(truths[s].size(), 0.0F);
    for (const auto& member : ensembles[s]) {
      all.insert(all.end(), member.begin(), member.end());
      for (std::size_t p = 0; p < mean.size(); ++p)
        mean[p] += member[p] / static_cast<float>(members);
    }
    StartRecord record(results.shape());
    SpectrumFields fields;
    fields.truth = truths[s];
    fields.mean = mean;
    fields.members = members;
    fields.member = [&](std::int64_t i, std::span<float> out) {
      std::copy_n(ensembles[s][static_cast<std::size_t>(i)].begin(), out.size(), out.begin());
    };
    runner.store_spectra(0, 0, fields, record);
    results.add(record);
  }
  std::map<std::string, std::vector<double>> out;
  for (const SpectralScore& score : spectral_scores())
    out[std::string(score.name)] = score.value(results, 0, 0);
  return out;
}

TEST(SpectralScores, FollowTheirClosedFormWhereFieldsAreMultiplesOfOneHarmonic) {
  const std::vector<double> b{1.0, 2.0, 4.0, -1.0, 2.5};
  const double a = 1.5, n = 5.0;
  std::vector<std::vector<float>> members;
  double sum = 0.0, squares = 0.0, products = 0.0;
  for (double x : b) {
    members.push_back(degree_one(x, 0.0));
    sum += x;
    squares += x * x;
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j)
      if (i != j) products += b[i] * b[j];
  }
  const double mean = sum / n, variance = (squares - n * mean * mean) / (n - 1.0);
  const auto scores = scores_of({degree_one(a, 0.0)}, {members}, 5);
  const auto at_one = [&](const char* name) { return scores.at(name)[1]; };
  EXPECT_NEAR(at_one("power_ratio"), squares / n / (a * a), 1e-6);
  EXPECT_NEAR(at_one("spread_skill_ratio_by_degree"),
              std::sqrt((n + 1.0) / n * variance) / std::abs(mean - a), 1e-5);
  EXPECT_NEAR(at_one("coherence_of_mean"), 1.0, 1e-5);
  EXPECT_NEAR(at_one("coherence_with_truth"), mean / std::sqrt(squares / n), 1e-5);
  EXPECT_NEAR(at_one("coherence_of_members"), products / (n * (n - 1.0)) / (squares / n), 1e-5);
  EXPECT_NEAR(at_one("isotropy_of_members"), 0.0, 1e-9);
}

TEST(SpectralScores, IsotropyTellsZonalFromMeridionalStructure) {
  const auto members = std::vector{degree_one(0.0, 1.0), degree_one(0.0, 2.0)};
  const auto scores = scores_of({degree_one(1.0, 1.0)}, {members}, 2);
  // |m| = 1 holds all the power; isotropic fields have 2/3 on average.
  EXPECT_NEAR(scores.at("isotropy_of_members")[1], 1.5, 1e-6);
  // Equal amplitudes of cos(theta) and sin(theta) cos(lambda) have equal power.
  EXPECT_NEAR(scores.at("isotropy_of_truth")[1], 0.75, 1e-6);
  EXPECT_TRUE(std::isnan(scores.at("isotropy_of_truth")[0]));
}

TEST(SpectralScores, AReliableEnsembleHasARatioOfOneAndEqualCoherencesAtEveryDegree) {
  // Members and truth: a common signal plus noise of their own, white on the grid of 2 (l, m).
  std::vector<std::vector<float>> truths;
  std::vector<std::vector<std::vector<float>>> ensembles;
  const std::size_t points = 512;
  for (std::uint64_t s = 0; s < 60; ++s) {
    const auto draws = test::normals(points * 8, 100 + s);
    const auto field = [&](std::size_t i) {
      std::vector<float> out;
      for (std::size_t p = 0; p < points; ++p)
        out.push_back(static_cast<float>(draws[p] + draws[(i + 1) * points + p]));
      return out;
    };
    truths.push_back(field(0));
    ensembles.emplace_back();
    for (std::size_t i = 1; i <= 6; ++i) ensembles.back().push_back(field(i));
  }
  // Three of six members are looked at: the spread is unbiased all the same.
  const auto scores = scores_of(truths, ensembles, 3);
  for (std::size_t l = 4; l < 16; ++l) {
    EXPECT_NEAR(scores.at("spread_skill_ratio_by_degree")[l], 1.0, 0.1) << l;
    EXPECT_NEAR(scores.at("coherence_of_members")[l], 0.5, 0.08) << l;
    EXPECT_NEAR(scores.at("coherence_with_truth")[l], 0.5, 0.08) << l;
    EXPECT_NEAR(scores.at("power_ratio")[l], 1.0, 0.1) << l;
  }
}

TEST(SpectralScores, AreAbsentWithoutSpectra) {
  const auto scores = scores_of({degree_one(1.0, 0.0)}, {{degree_one(1.0, 0.0)}}, 1);
  EXPECT_TRUE(scores.at("spread_skill_ratio_by_degree").empty());  // one member has no spread
  EXPECT_FALSE(scores.at("power_ratio").empty());
}

}  // namespace
}  // namespace myriad::diag
