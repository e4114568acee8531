#include "diagnostics/return_levels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "diagnostics/rank_flatness.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// A block maximum and the start it belongs to.
struct Maximum {
  double value;
  std::size_t start;
};

/// Absent instead of an error: one cell of many must not end a verification.
std::optional<ExtremeDistribution> try_fit(std::span<const double> ascending,
                                           ExtremeFamily family) {
  try {
    return fit_extremes(ascending, family);
  } catch (const Error& error) {
    if (error.id() != "E2542") throw;
    return std::nullopt;
  }
}

/// Level by rank of an ascending sample; NaN beyond it.
double level_by_rank(std::span<const double> ascending, double period) {
  const auto n = static_cast<double>(ascending.size());
  const double rank = (n + 1.0) * (1.0 - 1.0 / period);  // counted from 1
  if (rank < 1.0 || rank > n) return k_absent;
  const auto low = static_cast<std::size_t>(rank) - 1;
  const std::size_t high = std::min(low + 1, ascending.size() - 1);
  const double share = rank - std::floor(rank);
  return ascending[low] + share * (ascending[high] - ascending[low]);
}

}  // namespace

ReturnLevels pooled_return_levels(const std::vector<std::vector<double>>& members,
                                  std::span<const double> truth,
                                  const ReturnLevelOptions& options) {
  MYRIAD_EXPECT(truth.empty() || truth.size() == members.size());
  const std::size_t starts = members.size(), periods = options.periods.size();
  ReturnLevels out;
  out.fit = {k_absent, k_absent, k_absent};
  for (auto* list :
       {&out.level, &out.low, &out.high, &out.members, &out.truth, &out.exceedance})
    list->assign(periods, k_absent);

  // Smallest values are fitted as the largest of their negatives.
  const double sign = options.extreme == Extreme::largest ? 1.0 : -1.0;
  std::vector<Maximum> maxima;
  for (std::size_t s = 0; s < starts; ++s) {
    MYRIAD_EXPECT(members[s].size() == members[0].size());
    for (double v : members[s]) maxima.push_back({sign * v, s});
  }
  std::sort(maxima.begin(), maxima.end(),
            [](const Maximum& a, const Maximum& b) { return a.value < b.value; });
  std::vector<double> sample;
  for (const Maximum& m : maxima) sample.push_back(m.value);
  std::vector<double> happened(truth.begin(), truth.end());
  for (double& v : happened) v *= sign;
  std::sort(happened.begin(), happened.end());

  out.values = sample.size();
  for (std::size_t i = 0; i < periods; ++i) {
    out.members[i] = sign * level_by_rank(sample, options.periods[i]);
    out.truth[i] = sign * level_by_rank(happened, options.periods[i]);
  }
  if (sample.size() < k_least_maxima) return out;
  const auto fit = try_fit(sample, options.family);
  if (!fit) return out;
  out.fit = {sign * fit->location, fit->scale, fit->shape};
  for (std::size_t i = 0; i < periods; ++i) {
    const double level = return_level(*fit, options.periods[i]);
    out.level[i] = sign * level;
    if (happened.empty()) continue;
    const auto beyond =
        happened.end() - std::upper_bound(happened.begin(), happened.end(), level);
    out.exceedance[i] = static_cast<double>(beyond) / static_cast<double>(happened.size());
  }

  if (starts / static_cast<std::size_t>(options.bootstrap.block) < k_least_clusters) return out;
  std::vector<std::size_t> times(starts);
  const auto intervals = bootstrap_intervals(
      starts, periods, options.bootstrap, [&](std::span<const std::size_t> drawn) {
        std::fill(times.begin(), times.end(), std::size_t{0});
        for (std::size_t s : drawn) ++times[s];
        sample.clear();
        // The maxima are in order, so a resample is too.
        for (const Maximum& m : maxima) sample.insert(sample.end(), times[m.start], m.value);
        std::vector<double> levels(periods, k_absent);
        if (const auto again = try_fit(sample, options.family)) {
          for (std::size_t i = 0; i < periods; ++i)
            levels[i] = return_level(*again, options.periods[i]);
        }
        return levels;
      });
  for (std::size_t i = 0; i < periods; ++i) {
    out.low[i] = sign * intervals[i].low;
    out.high[i] = sign * intervals[i].high;
    if (sign < 0.0) std::swap(out.low[i], out.high[i]);
  }
  return out;
}

}  // namespace myriad::diag
