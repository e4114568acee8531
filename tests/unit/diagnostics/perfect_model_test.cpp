/// \file
/// A perfect-model ensemble is reliable by construction; a correct verification must find that, a
/// wrong one must not.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/ranks.hpp"
#include "diagnostics/verification.hpp"
#include "src/backend/registry.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::diag {
namespace {

std::string ensemble_file() {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? std::filesystem::path(shared)
                        : std::filesystem::path(std::getenv("MYRIAD_SOURCE_DIR")) / "../shared";
  return (root / "data/speedy/speedy_t30_ensemble_2004.nc").string();
}

/// Whole variable as floats.
std::vector<float> values_of(const io::NetcdfFile& file, const std::string& name) {
  const auto values = file.read_values(file.require(name));
  return {values.begin(), values.end()};
}

constexpr std::int64_t k_points = 32 * 64;
constexpr std::size_t k_starts = 12;
constexpr std::size_t k_members = 20;

/// Truth and members of z500 at four leads. Truth and members are exchangeable, so each of the 21
/// may play the truth.
class PerfectModel : public testing::Test {
 protected:
  static constexpr std::size_t k_roles = k_members + 1;  ///< role k_members: the real truth
  static constexpr std::array<std::size_t, 4> k_leads{0, 3, 7, 11};  // 0, 3, 7 and 15 days

  /// Results with each run in the role of the truth, the other 20 being the ensemble.
  static const std::vector<Verification>& results() {
    static const std::vector<Verification> all = verify();
    return all;
  }

  static std::vector<Verification> verify() {
    const auto file = io::NetcdfFile::open(ensemble_file());
    const auto backend = make_backend("kokkos");
    const std::vector<double> leads = file.read_all(file.require("lead"));
    const std::vector<float> members = values_of(file, "z500");
    const std::vector<float> truth = values_of(file, "z500_truth");
    std::vector<double> used;
    for (std::size_t t : k_leads) used.push_back(leads[t]);
    const VerificationShape shape{Grid(GridType::legendre_gauss, 32, 64),
                                  {standard_regions()[0]},
                                  {{"z500", "geopotential height at 500 hPa", "m", ""}},
                                  used,
                                  k_members,
                                  k_members + 1,
                                  0};
    std::vector<Verification> all;
    for (std::size_t role = 0; role < k_roles; ++role) {
      all.emplace_back(shape);
      CaseRunner runner(*backend, shape, {RankWeighting::area, role, 0});
      for (std::size_t start = 0; start < k_starts; ++start) {
        StartRecord record(shape);
        for (std::size_t t = 0; t < k_leads.size(); ++t) {
          const auto run = [&](std::size_t i) {
            return i < k_members
                       ? std::span(members).subspan(
                             ((start * k_members + i) * leads.size() + k_leads[t]) * k_points,
                             k_points)
                       : std::span(truth).subspan((start * leads.size() + k_leads[t]) * k_points,
                                                  k_points);
          };
          std::vector<float> ensemble;
          for (std::size_t i = 0; i < k_roles; ++i) {
            if (i != role) ensemble.insert(ensemble.end(), run(i).begin(), run(i).end());
          }
          CaseFields fields;
          fields.nlat = 32;
          fields.nlon = 64;
          fields.members = k_members;
          fields.ensemble = ensemble;
          fields.truth = run(role);
          runner.begin(0, t, static_cast<std::uint32_t>(start * k_leads.size() + t));
          runner.add_rows(fields, 0);
          runner.finish(record);
        }
        all.back().add(record);
      }
    }
    return all;
  }

  /// Mean and standard deviation of a score over the roles.
  struct OverRoles {
    double mean = 0.0;
    double deviation = 0.0;
  };
  static OverRoles over_roles(const char* score, std::size_t lead) {
    double sum = 0.0, squares = 0.0;
    for (const Verification& v : results()) {
      const double value = v.score(find_score(score), 0, lead, 0);
      sum += value;
      squares += value * value;
    }
    const double mean = sum / k_roles;
    return {mean, std::sqrt((squares / k_roles - mean * mean) * k_roles / (k_roles - 1.0))};
  }
};

TEST_F(PerfectModel, SpreadSkillRatioIsOneAtEveryLeadWhoeverPlaysTheTruth) {
  for (std::size_t t = 0; t < k_leads.size(); ++t) {
    const OverRoles ratio = over_roles("spread_skill_ratio", t);
    // Averaged over all roles the sampling error nearly cancels (0.003 left). A divisor N instead
    // of N - 1 or a missing factor sqrt(21/20) would move the mean by 0.025.
    EXPECT_NEAR(ratio.mean, 1.0, 0.008) << "lead " << t;
    // Twelve starts leave 0.03 to 0.07 of uncertainty for one role.
    EXPECT_LT(ratio.deviation, 0.09);
    const double truth = results().back().score(find_score("spread_skill_ratio"), 0, t, 0);
    EXPECT_NEAR(truth, 1.0, 3.0 * ratio.deviation) << "lead " << t;
  }
}

TEST_F(PerfectModel, RankHistogramOfTheTruthIsFlatWithinTheScatterOfTheRoles) {
  for (std::size_t t = 0; t < k_leads.size(); ++t) {
    for (std::size_t b = 0; b < k_members + 1; ++b) {
      double sum = 0.0, squares = 0.0;
      for (const Verification& v : results()) {
        const double share = v.rank_histogram(0, t, 0)[b] * (k_members + 1);
        sum += share;
        squares += share * share;
      }
      const double mean = sum / k_roles;
      const double deviation = std::sqrt(squares / k_roles - mean * mean);
      EXPECT_NEAR(mean, 1.0, 0.03)
          << "lead " << t << " bin " << b;  // permuted ranks, but for draws at ties
      EXPECT_NEAR(results().back().rank_histogram(0, t, 0)[b] * (k_members + 1), 1.0,
                  4.5 * deviation);
    }
    EXPECT_NEAR(outlier_rate(results().back().rank_histogram(0, t, 0)),
                expected_outlier_rate(k_members), 0.025);
  }
}

TEST_F(PerfectModel, StandardCrpsIsTheFairOneTimesOnePlusOneOverN) {
  for (std::size_t t = 0; t < k_leads.size(); ++t) {
    EXPECT_NEAR(over_roles("crps_standard", t).mean / over_roles("crps_fair", t).mean, 1.05, 1e-3);
  }
}

TEST_F(PerfectModel, ErrorOfTheMeanGrowsTowardsSaturation) {
  const auto rmse = results().back().over_leads(find_score("rmse"), 0, 0);
  for (std::size_t t = 1; t < rmse.size(); ++t) EXPECT_GT(rmse[t], 1.5 * rmse[t - 1]);
  EXPECT_LT(rmse.back(), 85.0);
}

}  // namespace
}  // namespace myriad::diag
