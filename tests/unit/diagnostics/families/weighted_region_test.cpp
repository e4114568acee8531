/// \file
/// Regions whose points count by weights of their own: boxes, land, catchments.

#include <gtest/gtest.h>

#include <cmath>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/families/artefacts.hpp"
#include "diagnostics/families/energy.hpp"
#include "diagnostics/families/events.hpp"
#include "diagnostics/families/gaussian.hpp"
#include "diagnostics/families/pairs.hpp"
#include "diagnostics/families/quantiles.hpp"
#include "diagnostics/families/regional_mean.hpp"
#include "diagnostics/families/spread_skill.hpp"
#include "diagnostics/families/tails.hpp"
#include "diagnostics/families/variogram.hpp"
#include "diagnostics/score_extras.hpp"
#include "tests/unit/diagnostics/families/family_fixture.hpp"

namespace myriad::diag {
namespace {

constexpr std::int64_t k_nlat = 8, k_nlon = 16;
constexpr std::size_t k_points = k_nlat * k_nlon;
constexpr int k_members = 6;
constexpr std::uint64_t k_starts = 2;

Grid grid() {
  return Grid(GridType::legendre_gauss, k_nlat, k_nlon);
}

/// Between 0 and 1, a third of them 0; nothing in the third row.
std::vector<float> patchy() {
  std::vector<float> weights(k_points);
  const auto noise = test::normals(k_points, 5);
  for (std::size_t p = 0; p < k_points; ++p) {
    const double w = 0.5 * (1.0 + std::tanh(noise[p]));
    weights[p] = w < 0.33 || p / k_nlon == 2 ? 0.0F : static_cast<float>(w);
  }
  return weights;
}

ScoreFamilies all_families() {
  EventOptions events;
  events.channels = test::two_channels();
  events.events = {{"t2m", Relation::above, 0.5, ""}};
  events.members = k_members;
  GaussianOptions gaussian;
  gaussian.channels = test::two_channels();
  PairOptions pairs;
  pairs.pairs = neighbour_pairs(k_members);
  SpreadSkillOptions spread;
  spread.channels = test::two_channels();
  spread.relative_edges = {0.5, 1.0};
  VariogramOptions variogram;
  variogram.nlon = k_nlon;
  variogram.lags_degrees = {22.5, 45.0};
  return {make_event_family(events),
          make_tail_family({test::two_channels(), {{"t2m", Relation::above, 0.5, ""}}}),
          make_quantile_family({}),
          make_gaussian_family(gaussian),
          make_pair_family(pairs),
          make_spread_skill_family(spread),
          make_regional_mean_family({k_members}),
          make_energy_family({k_members}),
          make_variogram_family(variogram),
          make_artefact_family({grid()})};
}

test::Case case_of(std::uint64_t start) {
  return test::gaussian_case(k_nlat, k_nlon, k_members, 31 + start);
}

/// The globe, the same with weights 1, the tropics, the same with weights, a patchy region.
Verification results(RankWeighting ranks = RankWeighting::area, std::int64_t band = k_nlat) {
  VerificationShape shape{grid(), standard_regions(), test::two_channels(),
                          {24.0}, k_members,          k_members + 1};
  shape.regions = {standard_regions()[0],
                   {"ones", "", -90.0, 90.0, std::vector<float>(k_points, 1.0F)},
                   standard_regions()[2],
                   {"tropical", "", -20.0, 20.0, std::vector<float>(k_points, 0.25F)},
                   {"patchy", "", -90.0, 90.0, patchy()}};
  shape.families = all_families();
  Verification results(std::move(shape));
  CaseOptions options;
  options.rank_weighting = ranks;
  for (std::uint64_t start = 0; start < k_starts; ++start) {
    CaseRunner runner(test::backend(), results.shape(), options);
    StartRecord record(results.shape());
    const test::Case c = case_of(start);
    runner.begin(0, 0, 0);
    for (std::int64_t row = 0; row < k_nlat; row += band) {
      CaseFields some = c.view();
      some.nlat = band;
      const auto begin = static_cast<std::size_t>(row * k_nlon);
      const auto size = static_cast<std::size_t>(band * k_nlon);
      std::vector<float> members;
      for (std::size_t m = 0; m < k_members; ++m) {
        const auto from = c.ensemble.begin() + static_cast<std::ptrdiff_t>(m * k_points + begin);
        members.insert(members.end(), from, from + static_cast<std::ptrdiff_t>(size));
      }
      some.ensemble = members;
      for (auto* field :
           {&some.truth, &some.control, &some.persistence, &some.climate_mean, &some.climate_std}) {
        if (!field->empty()) *field = field->subspan(begin, size);
      }
      runner.add_rows(some, row);
    }
    runner.finish(record);
    results.add(record);
  }
  return results;
}

/// Every result of every family of a region, by name.
test::Scores families_of(const Verification& results, std::size_t region) {
  test::Scores out;
  const auto& families = results.shape().families;
  for (std::size_t f = 0; f < families.size(); ++f) {
    const auto outputs = families[f]->outputs(0);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      out[outputs[k].name] = results.family_values(f, outputs[k], k, 0, 0, region);
  }
  return out;
}

TEST(WeightedRegion, ConstantWeightsChangeNothing) {
  const Verification found = results();
  for (const auto& [plain, weighted] : {std::pair<std::size_t, std::size_t>{0, 1}, {2, 3}}) {
    for (const Score& score : scores()) {
      const double wanted = found.score(score, 0, 0, plain);
      const double value = found.score(score, 0, 0, weighted);
      EXPECT_EQ(std::isnan(value), std::isnan(wanted)) << score.name;
      if (std::isnan(wanted)) continue;
      EXPECT_NEAR(value, wanted, 1e-12) << score.name;
    }
    const auto wanted = found.rank_histogram(0, 0, plain);
    const auto ranks = found.rank_histogram(0, 0, weighted);
    ASSERT_EQ(ranks.size(), wanted.size());
    for (std::size_t b = 0; b < ranks.size(); ++b) EXPECT_NEAR(ranks[b], wanted[b], 1e-13);
    auto all = families_of(found, plain), again = families_of(found, weighted);
    EXPECT_TRUE(std::isfinite(all.at("variogram_score")[0]));
    EXPECT_TRUE(std::isfinite(all.at("grid_spike_ratio")[0]));
    EXPECT_TRUE(std::isnan(again.at("grid_spike_ratio")[0])) << "circles are cut";
    for (auto* some : {&all, &again}) {
      std::erase_if(*some, [](const auto& entry) { return entry.first.starts_with("grid_spike"); });
    }
    EXPECT_GT(all.size(), 30U);
    EXPECT_TRUE(test::agree(all, again, 1e-12));
  }
}

/// Mean over points of weight times area, and over starts.
template <class Value>
double plain_mean(const Value& value) {
  const auto rows = grid().row_weights();
  const auto weights = patchy();
  double sum = 0.0, total = 0.0;
  for (std::uint64_t start = 0; start < k_starts; ++start) {
    const test::Case c = case_of(start);
    for (std::size_t p = 0; p < k_points; ++p) {
      const double w = rows[p / k_nlon] * static_cast<double>(weights[p]);
      sum += w * value(test::members_at(c, p), static_cast<double>(c.truth[p]));
      total += w;
    }
  }
  return sum / total;
}

double mean_of(const std::vector<double>& x) {
  double sum = 0.0;
  for (double v : x) sum += v / static_cast<double>(x.size());
  return sum;
}

TEST(WeightedRegion, ScoresAreWeightedMeansOverPoints) {
  constexpr std::size_t k_patchy = 4;
  const Verification found = results();
  const auto score = [&](const char* name) {
    return found.score(find_score(name), 0, 0, k_patchy);
  };
  EXPECT_NEAR(score("bias"), plain_mean([](const auto& x, double y) { return mean_of(x) - y; }),
              1e-12);
  EXPECT_NEAR(score("rmse"), std::sqrt(plain_mean([](const auto& x, double y) {
                return (mean_of(x) - y) * (mean_of(x) - y);
              })),
              1e-12);
  EXPECT_NEAR(score("crps_fair"), plain_mean([](const auto& x, double y) {
                double error = 0.0, apart = 0.0;
                for (double a : x) {
                  error += std::abs(a - y) / k_members;
                  for (double b : x) apart += std::abs(a - b);
                }
                return error - apart / (2.0 * k_members * (k_members - 1));
              }),
              1e-12);
  const auto ranks = found.rank_histogram(0, 0, k_patchy);
  for (std::size_t b = 0; b <= k_members; ++b) {
    EXPECT_NEAR(ranks[b], plain_mean([&](const auto& x, double y) {
                  std::size_t below = 0;
                  for (double v : x) below += v < y ? 1 : 0;
                  return below == b ? 1.0 : 0.0;
                }),
                1e-12);
  }
  const auto share = [](const std::vector<double>& x) {
    double k = 0.0;
    for (double v : x) k += v > 0.5 ? 1.0 : 0.0;
    return k / k_members;
  };
  const auto families = families_of(found, k_patchy);
  EXPECT_NEAR(families.at("brier_above_0p5")[0], plain_mean([&](const auto& x, double y) {
                const double e = share(x) - (y > 0.5 ? 1.0 : 0.0);
                return e * e;
              }),
              1e-12);
  EXPECT_NEAR(families.at("forecast_share_above_0p5")[2], plain_mean([&](const auto& x, double) {
                return std::abs(share(x) - 2.0 / k_members) < 1e-9 ? 1.0 : 0.0;
              }),
              1e-12);
}

TEST(WeightedRegion, PairsOfTheVariogramCountWithBothWeights) {
  const auto rows = grid().row_weights();
  const auto weights = patchy();
  const auto found = families_of(results(), 4);
  const std::size_t lags[] = {1, 2};
  for (std::size_t k = 0; k < 2; ++k) {
    double sum = 0.0, fair = 0.0, total = 0.0;
    for (std::uint64_t start = 0; start < k_starts; ++start) {
      const test::Case c = case_of(start);
      for (std::size_t p = 0; p < k_points; ++p) {
        const std::size_t q = p / k_nlon * k_nlon + (p % k_nlon + lags[k]) % k_nlon;
        const double w = rows[p / k_nlon] * static_cast<double>(weights[p]) *
                         static_cast<double>(weights[q]);
        const auto x = test::members_at(c, p), z = test::members_at(c, q);
        double mean = 0.0, variance = 0.0;
        for (std::size_t i = 0; i < k_members; ++i)
          mean += std::sqrt(std::abs(x[i] - z[i])) / k_members;
        for (std::size_t i = 0; i < k_members; ++i)
          variance += std::pow(std::sqrt(std::abs(x[i] - z[i])) - mean, 2) / (k_members - 1.0);
        const double d = std::sqrt(std::abs(static_cast<double>(c.truth[p]) -
                                            static_cast<double>(c.truth[q]))) -
                         mean;
        sum += w * d * d;
        fair += w * (d * d - variance / k_members);
        total += w;
      }
    }
    EXPECT_NEAR(found.at("variogram_score")[k], sum / total, 1e-12) << k;
    EXPECT_NEAR(found.at("variogram_score_fair")[k], fair / total, 1e-12) << k;
  }
}

TEST(WeightedRegion, VarianceAtThePolesIsWeighted) {
  // Rows at 90 (cap), 82.5 (ring), ... degrees; all of the cap, three points of the ring.
  const Grid g(GridType::equiangular, 25, 8);
  const auto family = make_artefact_family({g});
  test::Case c = test::gaussian_case(25, 8, 5, 3);
  std::vector<float> weights(200, 0.0F);
  for (std::size_t p = 0; p < 8; ++p) weights[p] = 1.0F;
  weights[8] = 1.0F, weights[9] = 0.5F, weights[12] = 0.25F;
  const auto variance = [&](std::size_t p) {
    const auto x = test::members_at(c, p);
    double s = 0.0;
    for (double v : x) s += (v - mean_of(x)) * (v - mean_of(x)) / 4.0;
    return s;
  };
  double cap = 0.0;
  for (std::size_t p = 0; p < 8; ++p) cap += variance(p) / 8.0;
  const double ring = (variance(8) + 0.5 * variance(9) + 0.25 * variance(12)) / 1.75;
  VerificationShape shape{g,    {{"pole", "", -90.0, 90.0, weights}}, test::two_channels(),
                          {24}, 5,                                    6};
  shape.families = {family};
  Verification results(std::move(shape));
  CaseRunner runner(test::backend(), results.shape(), {});
  StartRecord record(results.shape());
  runner.begin(0, 0, 0);
  runner.add_rows(c.view(), 0);
  runner.finish(record);
  results.add(record);
  EXPECT_NEAR(results.extra("polar_variance_ratio", 0, 0, 0)[0], cap / ring, 1e-12);
  const auto spikes = test::output_of(*family, "grid_spike_ratio");
  EXPECT_EQ(detail::absence_text(spikes, results.shape()),
            "no value in pole (zonal wavenumbers need whole circles of latitude)");
  EXPECT_EQ(detail::absence_text(test::output_of(*family, "polar_variance_ratio"), results.shape()),
            "");
}

TEST(WeightedRegion, BandsOfRowsAndEqualRanksAreWeightedToo) {
  const Verification whole = results(), banded = results(RankWeighting::area, 2);
  EXPECT_TRUE(test::agree(families_of(whole, 4), families_of(banded, 4), 1e-15));
  EXPECT_EQ(whole.score(find_score("rmse"), 0, 0, 4), banded.score(find_score("rmse"), 0, 0, 4));
  const auto equal = results(RankWeighting::equal).rank_histogram(0, 0, 4);
  const auto weights = patchy();
  std::vector<double> wanted(k_members + 1, 0.0);
  double total = 0.0;
  for (std::uint64_t start = 0; start < k_starts; ++start) {
    const test::Case c = case_of(start);
    for (std::size_t p = 0; p < k_points; ++p) {
      std::size_t below = 0;
      for (double v : test::members_at(c, p)) below += v < static_cast<double>(c.truth[p]) ? 1 : 0;
      wanted[below] += static_cast<double>(weights[p]);
      total += static_cast<double>(weights[p]);
    }
  }
  for (std::size_t b = 0; b <= k_members; ++b) EXPECT_NEAR(equal[b], wanted[b] / total, 1e-12);
}

TEST(WeightedRegion, WithoutAnyWeightIsRefused) {
  const Grid g = grid();
  std::vector<float> weights(k_points, 0.0F);
  weights[3] = 1.0F;  // in the northernmost row
  const Region region{"nowhere", "", -90.0, 60.0, weights};
  const auto id = test::error_id_of(
      [&] { static_cast<void>(region_weights(g.latitudes_deg(), g.row_weights(), region)); });
  EXPECT_EQ(id, "E2501");
}

}  // namespace
}  // namespace myriad::diag
