#include "diagnostics/ranks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/random.hpp"
#include "src/base/error.hpp"
#include "src/base/random_streams.hpp"

namespace myriad::diag {
namespace {

/// Two uniform numbers in [0, 1) of one point.
std::array<double, 2> uniforms(const RankKey& key, std::int64_t point) {
  const auto words = kernels::reference::philox_block(
      {static_cast<std::uint32_t>(point), static_cast<std::uint32_t>(point >> 32), key.case_number,
       stream_number(StreamId::rank_ties)},
      {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)});
  return {words[0] * 0x1p-32, words[1] * 0x1p-32};
}

}  // namespace

void add_ranks(const CaseFields& fields, std::span<const double> weights, const RankKey& key,
               std::span<double> histogram) {
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  const std::int64_t bins = static_cast<std::int64_t>(histogram.size());
  MYRIAD_EXPECT(weights.size() == static_cast<std::size_t>(fields.nlat));
  MYRIAD_EXPECT(bins >= 2 && bins <= fields.members + 1);
  std::vector<std::int32_t> below(nlon), equal(nlon);
  for (std::int64_t k = 0; k < fields.nlat; ++k) {
    const double row_weight = weights[static_cast<std::size_t>(k)];
    if (row_weight == 0.0) continue;
    const double weight = row_weight / static_cast<double>(nlon);
    const float* truth = fields.truth.data() + k * fields.nlon;
    std::fill(below.begin(), below.end(), 0);
    std::fill(equal.begin(), equal.end(), 0);
    for (std::int64_t i = 0; i < fields.members; ++i) {
      const float* x = fields.ensemble.data() + i * fields.points() + k * fields.nlon;
      for (std::size_t j = 0; j < nlon; ++j) {
        below[j] += x[j] < truth[j] ? 1 : 0;
        equal[j] += x[j] == truth[j] ? 1 : 0;
      }
    }
    for (std::size_t j = 0; j < nlon; ++j) {
      std::int64_t rank = below[j];
      if (equal[j] > 0 || bins <= fields.members) {
        const auto u =
            uniforms(key, key.first_point + k * fields.nlon + static_cast<std::int64_t>(j));
        rank += static_cast<std::int64_t>(u[0] * static_cast<double>(equal[j] + 1));
        if (bins <= fields.members) {
          const double share =
              (static_cast<double>(rank) + u[1]) / static_cast<double>(fields.members + 1);
          rank = std::min(bins - 1, static_cast<std::int64_t>(share * static_cast<double>(bins)));
        }
      }
      histogram[static_cast<std::size_t>(rank)] += weight;
    }
  }
}

double outlier_rate(std::span<const double> histogram) {
  double total = 0.0;
  for (double h : histogram) total += h;
  return (histogram.front() + histogram.back()) / total;
}

double expected_outlier_rate(int members) {
  return 2.0 / (members + 1.0);
}

double rank_reliability_index(std::span<const double> histogram, double cases) {
  double total = 0.0;
  for (double h : histogram) total += h;
  const double bins = static_cast<double>(histogram.size());
  double sum = 0.0;
  for (double h : histogram) {
    const double d = cases * (h / total - 1.0 / bins);
    sum += d * d;
  }
  return sum / (cases * (bins - 1.0) / bins);
}

}  // namespace myriad::diag
