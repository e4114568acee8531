/// \file
/// Extreme indices of a real model's ensemble against that model's own climate.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>

#include "diagnostics/reducers/extreme_index_reducer.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

std::string speedy(const char* name) {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? std::filesystem::path(shared)
                        : std::filesystem::path(std::getenv("MYRIAD_SOURCE_DIR")) / "../shared";
  return (root / "data/speedy" / name).string();
}

constexpr std::size_t k_points = 32 * 64;
constexpr std::size_t k_members = 20;
constexpr std::size_t k_starts = 12;
constexpr std::size_t k_file_leads = 12;

class SpeedyExtremes : public testing::Test {
 protected:
  /// Members of z500 at lead number \p lead of the file.
  static test::Slab slab_of(const std::vector<double>& values, std::size_t start,
                            std::size_t lead) {
    test::Slab slab;
    for (std::size_t i = 0; i < k_members; ++i) {
      slab.members.push_back(static_cast<std::uint32_t>(i));
      const auto begin =
          values.begin() +
          static_cast<std::ptrdiff_t>(((start * k_members + i) * k_file_leads + lead) * k_points);
      for (std::size_t p = 0; p < k_points; ++p)
        slab.values.push_back(static_cast<float>(begin[static_cast<std::ptrdiff_t>(p)]));
    }
    return slab;
  }
};

TEST_F(SpeedyExtremes, TheIndexIsUnbiasedAndFadesWithTheLead) {
  const auto file = io::NetcdfFile::open(speedy("speedy_t30_ensemble_2004.nc"));
  const auto z500 = file.read_values(file.require("z500"));
  const Grid grid(GridType::legendre_gauss, 32, 64);
  const auto weights = grid.row_weights();
  double mean[2] = {}, square[2] = {};
  const std::size_t leads[2] = {1, 11};  // 1 and 15 days
  for (std::size_t start = 0; start < k_starts; ++start) {
    const Instant from = Instant({2004, static_cast<int>(start) + 1, 15}, Calendar::standard);
    const StatisticsAxes axes{
        grid, {io::make_channel("z500", "m")}, from, {Duration::days(1), Duration::days(15)}};
    const std::vector<Instant> dates{from + axes.leads[0], from + axes.leads[1]};
    const auto climate = std::make_shared<ClimateQuantiles>(
        speedy("speedy_t30_mclimate_quantiles.nc"), grid, axes.channels, dates);
    const auto reducer = make_extreme_index_reducer(axes, climate);
    for (std::size_t t = 0; t < 2; ++t) {
      test::Slab slab = slab_of(z500, start, leads[t]);
      slab.lead = t;
      const auto reduced = reduce_in_tiles(*reducer, axes, slab, 5);
      for (std::size_t p = 0; p < k_points; ++p) {
        const double efi = static_cast<double>(reduced.maps[0][p]);
        ASSERT_LE(std::abs(efi), 1.0 + 1e-6);
        mean[t] += weights[p / 64] / 64.0 * efi / k_starts;
        square[t] += weights[p / 64] / 64.0 * efi * efi / k_starts;
      }
      if (start > 0) continue;
      // The definition, point by point: F(q) is the share of the members at or below the quantile.
      const auto quantiles = climate->month_of(0, dates[t]);
      const auto& q = climate->probabilities();
      for (std::size_t p = 0; p < k_points; p += 97) {
        const auto x = test::column(slab, k_points, p);
        double integral = 0.0, before = 0.0, u_before = 0.0;
        for (std::size_t k = 0; k < q.size(); ++k) {
          double share = 0.0;
          for (double v : x)
            share += v <= static_cast<double>(quantiles[k * k_points + p]) ? 0.05 : 0.0;
          const double u = std::asin(std::sqrt(q[k]));
          if (k > 0) integral += 0.5 * (share + before) * (u - u_before);
          before = share;
          u_before = u;
        }
        EXPECT_NEAR(reduced.maps[0][p], 1.0 - 4.0 * std::numbers::inv_pi * integral, 1e-6) << p;
      }
    }
  }
  EXPECT_NEAR(mean[0], 0.0, 0.05);
  EXPECT_NEAR(mean[1], 0.0, 0.05);
  EXPECT_LT(square[1], 0.8 * square[0]);
}

}  // namespace
}  // namespace myriad::diag
