#include "diagnostics/ensemble_health.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/distributions.hpp"
#include "kernels/random.hpp"
#include "src/base/error.hpp"
#include "src/base/random_streams.hpp"

namespace myriad::diag {
namespace {

void check_finite(std::span<const double> values, std::size_t per_member) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    MYRIAD_VALIDATE(std::isfinite(values[i]), ErrorKind::quality, "E2545",
                    "no diagnosis of the ensemble (number {} of member {} is not finite); rerun "
                    "that member, or leave it out",
                    i % per_member + 1, i / per_member);
  }
}

/// Permute \p values (Fisher-Yates).
void shuffle(std::span<int> values, std::uint64_t seed, int permutation) {
  for (std::size_t i = values.size(); i-- > 1;) {
    const auto words = kernels::reference::philox_block(
        {static_cast<std::uint32_t>(i), 0, static_cast<std::uint32_t>(permutation),
         stream_number(StreamId::bootstrap)},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    std::swap(values[i], values[(std::uint64_t{words[0]} * (i + 1)) >> 32]);
  }
}

/// The statistic; \p sums is scratch [group, group].
double energy_statistic(std::span<const double> distances, std::span<const int> groups,
                        std::span<const double> sizes, std::vector<double>& sums) {
  const std::size_t members = groups.size(), count = sizes.size();
  sums.assign(count * count, 0.0);
  for (std::size_t i = 0; i < members; ++i) {
    double* row = sums.data() + static_cast<std::size_t>(groups[i]) * count;
    for (std::size_t k = 0; k < members; ++k)
      row[static_cast<std::size_t>(groups[k])] += distances[i * members + k];
  }
  double statistic = 0.0;
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = a + 1; b < count; ++b) {
      const double n = sizes[a], m = sizes[b];
      const double energy = 2.0 * sums[a * count + b] / (n * m) - sums[a * count + a] / (n * n) -
                            sums[b * count + b] / (m * m);
      statistic += n * m / (2.0 * static_cast<double>(members)) * energy;
    }
  }
  return statistic;
}

}  // namespace

std::vector<double> member_distances(std::span<const double> features, std::int64_t members) {
  MYRIAD_EXPECT(members >= 2 && features.size() % static_cast<std::size_t>(members) == 0);
  const auto count = static_cast<std::size_t>(members);
  const std::size_t per_member = features.size() / count;
  check_finite(features, std::max<std::size_t>(per_member, 1));
  std::vector<double> squares(count * count, 0.0);
  double varying = 0.0;
  for (std::size_t f = 0; f < per_member; ++f) {
    const auto value = [&](std::size_t i) { return features[i * per_member + f]; };
    double mean = 0.0, variance = 0.0;
    for (std::size_t i = 0; i < count; ++i) mean += value(i) / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i)
      variance += (value(i) - mean) * (value(i) - mean) / static_cast<double>(count - 1);
    if (variance == 0.0) continue;
    varying += 1.0;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < count; ++k) {
        const double d = value(i) - value(k);
        squares[i * count + k] += d * d / variance;
      }
    }
  }
  if (varying > 0.0) {
    for (double& s : squares) s = std::sqrt(s / varying);
  }
  return squares;
}

Exchangeability exchangeability(std::span<const double> distances, std::span<const int> groups,
                                const PermutationOptions& options) {
  MYRIAD_EXPECT(distances.size() == groups.size() * groups.size() && options.permutations >= 1);
  MYRIAD_EXPECT(!groups.empty() && *std::min_element(groups.begin(), groups.end()) >= 0);
  const int largest = *std::max_element(groups.begin(), groups.end());
  std::vector<double> sizes(static_cast<std::size_t>(largest) + 1, 0.0), sums;
  for (int g : groups) sizes[static_cast<std::size_t>(g)] += 1.0;
  MYRIAD_EXPECT(largest >= 1 && *std::min_element(sizes.begin(), sizes.end()) > 0.0);
  Exchangeability test;
  test.statistic = energy_statistic(distances, groups, sizes, sums);
  // Sums in another order round differently; equal arrangements must count as equal.
  double scale = 0.0;
  for (double d : distances) scale = std::max(scale, d);
  const double limit = test.statistic - 1e-12 * scale * static_cast<double>(groups.size());
  double as_large = 1.0;
  for (int p = 0; p < options.permutations; ++p) {
    std::vector<int> drawn(groups.begin(), groups.end());
    shuffle(drawn, options.seed, p);
    if (energy_statistic(distances, drawn, sizes, sums) >= limit) as_large += 1.0;
  }
  test.p_value = as_large / (1.0 + options.permutations);
  return test;
}

std::vector<NearPair> near_duplicates(std::span<const double> distances, std::int64_t members,
                                      double ratio) {
  MYRIAD_EXPECT(distances.size() == static_cast<std::size_t>(members * members));
  double mean = 0.0;
  for (double d : distances) mean += d;
  mean /= static_cast<double>(members * (members - 1));
  std::vector<NearPair> pairs;
  for (std::int64_t i = 0; i < members; ++i) {
    for (std::int64_t k = i + 1; k < members; ++k) {
      const double d = distances[static_cast<std::size_t>(i * members + k)];
      const double relative = mean > 0.0 ? d / mean : 0.0;
      if (relative < ratio) pairs.push_back({i, k, relative});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const NearPair& a, const NearPair& b) { return a.ratio < b.ratio; });
  return pairs;
}

Drift drift(std::span<const double> values, std::span<const double> leads) {
  MYRIAD_EXPECT(leads.size() >= 2 && values.size() % leads.size() == 0);
  const std::size_t members = values.size() / leads.size();
  MYRIAD_EXPECT(members >= 3);
  check_finite(values, leads.size());
  double middle = 0.0, extent = 0.0;
  for (double lead : leads) middle += lead / static_cast<double>(leads.size());
  for (double lead : leads) extent += (lead - middle) * (lead - middle);
  MYRIAD_EXPECT(extent > 0.0);
  std::vector<double> trends(members, 0.0);
  const double n = static_cast<double>(members);
  Drift result;
  for (std::size_t i = 0; i < members; ++i) {
    const double* series = values.data() + i * leads.size();
    // Less the first value, so that a constant has no trend at all.
    for (std::size_t l = 0; l < leads.size(); ++l)
      trends[i] += (leads[l] - middle) * (series[l] - series[0]) / extent;
    result.slope += trends[i] / n;
  }
  double variance = 0.0;
  for (double t : trends) variance += (t - result.slope) * (t - result.slope) / (n - 1.0);
  result.standard_error = std::sqrt(variance / n);
  for (std::size_t i = 0; i < members; ++i) {
    const double deviation = std::abs(trends[i] - result.slope);
    if (variance > 0.0 && deviation / std::sqrt(variance) > result.worst_deviation) {
      result.worst_deviation = deviation / std::sqrt(variance);
      result.worst_member = static_cast<std::int64_t>(i);
    }
  }
  if (variance > 0.0)
    result.p_value = student_two_sided(result.slope / result.standard_error, n - 1.0);
  else
    result.p_value = result.slope == 0.0 ? 1.0 : 0.0;
  return result;
}

}  // namespace myriad::diag
