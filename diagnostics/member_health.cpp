#include "diagnostics/member_health.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/distributions.hpp"
#include "diagnostics/ensemble_health.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Place of each number in LeadHealth::numbers().
enum Place : std::size_t { k_nearest, k_duplicates, k_first, k_second, k_farthest, k_order, k_group };

/// Fisher's combination of the p-values in column \p place.
double combine_p(std::span<const double> records, Place place) {
  double sum = 0.0, tests = 0.0;
  for (std::size_t i = place; i < records.size(); i += LeadHealth::k_size) {
    sum -= 2.0 * std::log(records[i]);
    tests += 1.0;
  }
  return std::isfinite(sum) ? chi_square_tail(sum, 2.0 * tests) : k_absent;
}

}  // namespace

LeadHealth LeadHealth::from(std::span<const double> numbers) {
  MYRIAD_EXPECT(numbers.size() == k_size);
  return {numbers[k_nearest], numbers[k_duplicates], numbers[k_first], numbers[k_second],
          numbers[k_farthest], numbers[k_order], numbers[k_group]};
}

MemberHealth::MemberHealth(const Grid& grid, std::size_t channels, std::size_t leads, std::int64_t members,
                           std::vector<int> groups, const HealthOptions& options)
    : members_(static_cast<std::size_t>(members)),
      channels_(channels),
      leads_(leads),
      bands_(static_cast<std::size_t>(std::min(k_bands, grid.nlat()))),
      sectors_(static_cast<std::size_t>(std::min(k_sectors, grid.nlon()))),
      nlon_(grid.nlon()),
      groups_(std::move(groups)),
      options_(options) {
  MYRIAD_EXPECT(members >= 2 && (groups_.empty() || groups_.size() == members_));
  const auto weights = grid.row_weights();
  std::vector<double> sums(bands_, 0.0);
  for (std::size_t row = 0; row < weights.size(); ++row) {
    band_of_row_.push_back(row * bands_ / weights.size());
    sums[band_of_row_.back()] += weights[row];
  }
  for (std::size_t row = 0; row < weights.size(); ++row) row_share_.push_back(weights[row] / sums[band_of_row_[row]]);
  features_.resize(leads_ * channels_ * members_ * bands_ * sectors_);
  clear();
}

void MemberHealth::clear() {
  std::fill(features_.begin(), features_.end(), 0.0);
  added_.assign(leads_ * channels_, 0);
}

void MemberHealth::add_rows(std::size_t channel, std::size_t lead, std::int64_t first_row, std::int64_t rows,
                            std::span<const float> fields) {
  const auto nlon = static_cast<std::size_t>(nlon_), count = static_cast<std::size_t>(rows);
  MYRIAD_EXPECT(fields.size() == members_ * count * nlon);
  added_[lead * channels_ + channel] = 1;
  double* feature = features_.data() + (lead * channels_ + channel) * members_ * bands_ * sectors_;
  for (std::size_t m = 0; m < members_; ++m, feature += bands_ * sectors_) {
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t row = static_cast<std::size_t>(first_row) + k;
      const float* values = fields.data() + (m * count + k) * nlon;
      for (std::size_t s = 0; s < sectors_; ++s) {
        const std::size_t begin = s * nlon / sectors_, end = (s + 1) * nlon / sectors_;
        double sum = 0.0;
        for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(values[i]);
        feature[band_of_row_[row] * sectors_ + s] += row_share_[row] * sum / static_cast<double>(end - begin);
      }
    }
  }
}

LeadHealth MemberHealth::judge(std::size_t lead) const {
  const std::size_t boxes = bands_ * sectors_;
  std::vector<std::size_t> present;
  for (std::size_t c = 0; c < channels_; ++c) {
    if (added_[lead * channels_ + c] != 0) present.push_back(c);
  }
  if (present.empty()) return {k_absent, k_absent, k_absent, k_absent, k_absent, k_absent, k_absent};
  std::vector<double> features;
  for (std::size_t m = 0; m < members_; ++m) {
    for (std::size_t c : present) {
      const auto begin = features_.begin() + static_cast<std::ptrdiff_t>(((lead * channels_ + c) * members_ + m) * boxes);
      features.insert(features.end(), begin, begin + static_cast<std::ptrdiff_t>(boxes));
    }
  }
  const auto count = static_cast<std::int64_t>(members_);
  const std::vector<double> distances = member_distances(features, count);
  LeadHealth health;
  const auto nearest = near_duplicates(distances, count, std::numeric_limits<double>::infinity());
  health.nearest_ratio = nearest.front().ratio;
  health.first = static_cast<double>(nearest.front().first);
  health.second = static_cast<double>(nearest.front().second);
  for (const NearPair& pair : nearest) health.duplicates += pair.ratio < options_.duplicate_ratio ? 1.0 : 0.0;
  double all = 0.0, farthest = 0.0;
  for (std::size_t i = 0; i < members_; ++i) {
    double own = 0.0;
    for (std::size_t k = 0; k < members_; ++k) own += distances[i * members_ + k];
    farthest = std::max(farthest, own);
    all += own;
  }
  health.farthest_ratio = all > 0.0 ? farthest * static_cast<double>(members_) / all : 1.0;
  const PermutationOptions draws{options_.permutations, options_.seed};
  std::vector<int> halves(members_, 0);
  std::fill(halves.begin() + static_cast<std::ptrdiff_t>((members_ + 1) / 2), halves.end(), 1);
  health.order_p = exchangeability(distances, halves, draws).p_value;
  health.group_p = groups_.empty() ? k_absent : exchangeability(distances, groups_, draws).p_value;
  return health;
}

std::span<const LeadResult> health_results() {
  static constexpr std::array<LeadResult, 5> results{{
      {"health_nearest_ratio", "distance of the nearest two members over the mean distance, smallest of the starts",
       "distance: root mean square over channels and 4 x 8 boxes of differences of box means, each in standard deviations over the "
       "members"},
      {"health_duplicates", "pairs of members nearer than the configured share of the mean distance, all starts",
       "count of pairs i < j with D_ij < duplicate_ratio mean(D)"},
      {"health_farthest_ratio", "mean distance of the farthest member over the mean distance, largest of the starts",
       "max_i mean_j D_ij / mean(D)"},
      {"health_order_p", "probability of a difference as large between the first and second half of the members if they are alike",
       "energy statistic, permutations within each start, starts combined by Fisher's method"},
      {"health_group_p", "probability of a difference as large between checkpoints if their members are alike",
       "energy statistic, permutations within each start, starts combined by Fisher's method"},
  }};
  return results;
}

double combine_health(std::string_view name, std::span<const double> records) {
  MYRIAD_EXPECT(!records.empty() && records.size() % LeadHealth::k_size == 0);
  double smallest = std::numeric_limits<double>::infinity(), largest = 0.0, sum = 0.0;
  const auto gather = [&](Place place) {
    for (std::size_t i = place; i < records.size(); i += LeadHealth::k_size) {
      smallest = std::min(smallest, records[i]);
      largest = std::max(largest, records[i]);
      sum += records[i];  // an absent start makes it absent
    }
  };
  if (name == "health_order_p") return combine_p(records, k_order);
  if (name == "health_group_p") return combine_p(records, k_group);
  if (name == "health_nearest_ratio") {
    gather(k_nearest);
    return std::isfinite(sum) ? smallest : k_absent;
  }
  if (name == "health_duplicates") {
    gather(k_duplicates);
    return std::isfinite(sum) ? sum : k_absent;
  }
  MYRIAD_EXPECT(name == "health_farthest_ratio");
  gather(k_farthest);
  return std::isfinite(sum) ? largest : k_absent;
}

}  // namespace myriad::diag
