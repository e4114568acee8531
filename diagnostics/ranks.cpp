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

std::uint32_t case_number(const Instant& start, std::string_view channel, Duration lead) {
  // 32-bit FNV-1a. Two cases that share a number share draws, which does no harm.
  std::uint32_t hash = 2166136261U;
  const auto add = [&](std::string_view text) {
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  };
  add(fmt::format("{} {} {}", start.iso(), channel, lead.seconds));
  return hash;
}

void count_ranks(const MemberErrors& errors, std::int64_t members, std::int64_t nlon,
                 const RankKey& key, std::int64_t bins, std::span<double> counts,
                 std::span<double> outliers, std::span<const float> weights) {
  const std::size_t rows = outliers.size();
  MYRIAD_EXPECT(counts.size() == rows * static_cast<std::size_t>(bins));
  MYRIAD_EXPECT(errors.below.size() == rows * static_cast<std::size_t>(nlon));
  MYRIAD_EXPECT(bins >= 2 && bins <= members + 1);
  MYRIAD_EXPECT(weights.empty() || weights.size() == errors.below.size());
  std::fill(counts.begin(), counts.end(), 0.0);
  std::fill(outliers.begin(), outliers.end(), 0.0);
  for (std::size_t point = 0; point < errors.below.size(); ++point) {
    const std::size_t row = point / static_cast<std::size_t>(nlon);
    const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[point]);
    auto bin = static_cast<std::int64_t>(errors.below[point]);
    std::array<double, 2> u{};
    if (errors.equal[point] > 0.0 || bins <= members) {
      u = uniforms(key, key.first_point + static_cast<std::int64_t>(point));
      bin += static_cast<std::int64_t>(u[0] * (errors.equal[point] + 1.0));
    }
    if (bin == 0 || bin == members) outliers[row] += weight;
    if (bins <= members) {
      const double share = (static_cast<double>(bin) + u[1]) / static_cast<double>(members + 1);
      bin = std::min(bins - 1, static_cast<std::int64_t>(share * static_cast<double>(bins)));
    }
    counts[row * static_cast<std::size_t>(bins) + static_cast<std::size_t>(bin)] += weight;
  }
}

std::vector<double> rank_histogram(std::span<const double> counts, std::span<const double> weights,
                                   std::int64_t nlon) {
  const std::size_t bins = counts.size() / weights.size();
  MYRIAD_EXPECT(bins * weights.size() == counts.size());
  std::vector<double> histogram(bins, 0.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double weight = weights[k] / static_cast<double>(nlon);
    for (std::size_t b = 0; b < bins; ++b) histogram[b] += weight * counts[k * bins + b];
  }
  return histogram;
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
