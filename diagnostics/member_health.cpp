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

HealthBoxes::HealthBoxes(const Grid& grid)
    : bands_(static_cast<std::size_t>(std::min(k_bands, grid.nlat()))),
      sectors_(static_cast<std::size_t>(std::min(k_sectors, grid.nlon()))) {
  const auto weights = grid.row_weights();
  std::vector<double> sums(bands_, 0.0);
  for (std::size_t row = 0; row < weights.size(); ++row) {
    band_of_row_.push_back(row * bands_ / weights.size());
    sums[band_of_row_.back()] += weights[row];
  }
  for (std::size_t row = 0; row < weights.size(); ++row) row_share_.push_back(weights[row] / sums[band_of_row_[row]]);
}

void HealthBoxes::part_of_row(std::int64_t row, std::span<const float> values, std::span<double> parts) const {
  const std::size_t nlon = values.size(), shortest = nlon / sectors_;
  std::array<std::size_t, k_sectors + 1> begin{};
  for (std::size_t s = 0; s <= sectors_; ++s) begin[s] = s * nlon / sectors_;
  // Eastwards within a sector, all sectors abreast: a sum by itself would wait for each of its additions.
  std::array<double, k_sectors> sums{};
  if (sectors_ == sums.size()) {
    for (std::size_t i = 0; i < shortest; ++i) {
      for (std::size_t s = 0; s < sums.size(); ++s) sums[s] += static_cast<double>(values[begin[s] + i]);
    }
  } else {
    for (std::size_t s = 0; s < sectors_; ++s) sums[s] = static_cast<double>(values[begin[s]]);  // a column each
  }
  for (std::size_t s = 0; s < sectors_; ++s) {
    for (std::size_t i = begin[s] + shortest; i < begin[s + 1]; ++i) sums[s] += static_cast<double>(values[i]);
    parts[s] = row_share_[static_cast<std::size_t>(row)] * sums[s] / static_cast<double>(begin[s + 1] - begin[s]);
  }
}

void HealthBoxes::add_part(std::int64_t row, std::span<const double> parts, std::span<double> boxes) const {
  const std::size_t begin = band_of_row_[static_cast<std::size_t>(row)] * sectors_;
  for (std::size_t s = 0; s < sectors_; ++s) boxes[begin + s] += parts[s];
}

LeadHealth absent_health() { return {k_absent, k_absent, k_absent, k_absent, k_absent, k_absent, k_absent}; }

std::vector<int> number_groups(std::span<const int> groups) {
  std::vector<int> seen, numbers;
  for (const int group : groups) {
    const auto found = std::find(seen.begin(), seen.end(), group);
    numbers.push_back(static_cast<int>(found - seen.begin()));
    if (found == seen.end()) seen.push_back(group);
  }
  return seen.size() < 2 ? std::vector<int>() : numbers;
}

LeadHealth judge_members(std::span<const double> features, std::size_t members, std::span<const int> groups,
                         const HealthOptions& options) {
  MYRIAD_EXPECT(members >= 2 && (groups.empty() || groups.size() == members));
  const auto count = static_cast<std::int64_t>(members);
  const std::vector<double> distances = member_distances(features, count);
  LeadHealth health;
  const auto nearest = near_duplicates(distances, count, std::numeric_limits<double>::infinity());
  health.nearest_ratio = nearest.front().ratio;
  health.first = static_cast<double>(nearest.front().first);
  health.second = static_cast<double>(nearest.front().second);
  for (const NearPair& pair : nearest) health.duplicates += pair.ratio < options.duplicate_ratio ? 1.0 : 0.0;
  double all = 0.0, farthest = 0.0;
  for (std::size_t i = 0; i < members; ++i) {
    double own = 0.0;
    for (std::size_t k = 0; k < members; ++k) own += distances[i * members + k];
    farthest = std::max(farthest, own);
    all += own;
  }
  health.farthest_ratio = all > 0.0 ? farthest * static_cast<double>(members) / all : 1.0;
  const PermutationOptions draws{options.permutations, options.seed};
  std::vector<int> halves(members, 0);
  std::fill(halves.begin() + static_cast<std::ptrdiff_t>((members + 1) / 2), halves.end(), 1);
  health.order_p = exchangeability(distances, halves, draws).p_value;
  health.group_p = groups.empty() ? k_absent : exchangeability(distances, groups, draws).p_value;
  return health;
}

MemberHealth::MemberHealth(const Grid& grid, std::size_t channels, std::size_t leads, std::int64_t members,
                           std::vector<int> groups, const HealthOptions& options)
    : members_(static_cast<std::size_t>(members)),
      channels_(channels),
      leads_(leads),
      nlon_(grid.nlon()),
      boxes_(grid),
      groups_(std::move(groups)),
      options_(options) {
  MYRIAD_EXPECT(members >= 2 && (groups_.empty() || groups_.size() == members_));
  features_.resize(leads_ * channels_ * members_ * boxes_.count());
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
  std::vector<double> parts(boxes_.sectors());
  for (std::size_t m = 0; m < members_; ++m) {
    const auto boxes = std::span(features_).subspan(((lead * channels_ + channel) * members_ + m) * boxes_.count(), boxes_.count());
    for (std::int64_t k = 0; k < rows; ++k) {
      boxes_.part_of_row(first_row + k, fields.subspan((m * count + static_cast<std::size_t>(k)) * nlon, nlon), parts);
      boxes_.add_part(first_row + k, parts, boxes);
    }
  }
}

LeadHealth MemberHealth::judge(std::size_t lead) const {
  std::vector<std::size_t> present;
  for (std::size_t c = 0; c < channels_; ++c) {
    if (added_[lead * channels_ + c] != 0) present.push_back(c);
  }
  if (present.empty()) return absent_health();
  std::vector<double> features;
  for (std::size_t m = 0; m < members_; ++m) {
    for (std::size_t c : present) {
      const auto boxes = std::span(features_).subspan(((lead * channels_ + c) * members_ + m) * boxes_.count(), boxes_.count());
      features.insert(features.end(), boxes.begin(), boxes.end());
    }
  }
  return judge_members(features, members_, groups_, options_);
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
