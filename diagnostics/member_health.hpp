#pragma once
/// \file
/// Health of the members of a verified ensemble at each lead: copies among them, members that went astray, groups that differ.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/grid/grid.hpp"

namespace myriad::diag {

/// What one start says of one lead, over all channels.
struct LeadHealth {
  static constexpr std::size_t k_size = 7;
  double nearest_ratio = 0.0;   ///< distance of the nearest two members over the mean distance
  double duplicates = 0.0;      ///< pairs nearer than HealthOptions::duplicate_ratio
  double first = 0.0;           ///< one of the nearest two, numbered from 0
  double second = 0.0;          ///< the other
  double farthest_ratio = 0.0;  ///< largest mean distance of a member to the others over the mean distance
  double order_p = 1.0;         ///< exchangeability of the first and the second half of the members
  double group_p = 1.0;         ///< exchangeability of the groups; NaN without groups

  std::array<double, k_size> numbers() const {
    return {nearest_ratio, duplicates, first, second, farthest_ratio, order_p, group_p};
  }
  static LeadHealth from(std::span<const double> numbers);
};

struct HealthOptions {
  double duplicate_ratio = 0.05;
  int permutations = 199;
  std::uint64_t seed = 0;
};

/// Boxes of equal rows and columns of a grid, whose means are the features that members are told apart by. Rows are added up
/// southwards, so that a box does not depend on who held which row.
class HealthBoxes {
 public:
  static constexpr std::int64_t k_bands = 4;
  static constexpr std::int64_t k_sectors = 8;

  explicit HealthBoxes(const Grid& grid);

  /// Boxes of a field; fewer than k_bands x k_sectors on the smallest grids.
  std::size_t count() const { return bands_ * sectors_; }
  std::size_t sectors() const { return sectors_; }
  /// What a row contributes to the boxes of its band. Shapes: values [lon], parts [sectors()].
  void part_of_row(std::int64_t row, std::span<const float> values, std::span<double> parts) const;
  /// Add it to the boxes [count()] of its field.
  void add_part(std::int64_t row, std::span<const double> parts, std::span<double> boxes) const;

 private:
  std::size_t bands_, sectors_;
  std::vector<std::size_t> band_of_row_;
  std::vector<double> row_share_;  ///< weight of a row in its band
};

/// Judge members by their features.
///
/// \param features [member, feature]; \param groups as of MemberHealth. Preconditions: at least 2 members.
/// *Cost* O(members^2 (features + permutations)); 40 bytes for each pair of members. *Determinism* bitwise.
LeadHealth judge_members(std::span<const double> features, std::size_t members, std::span<const int> groups,
                         const HealthOptions& options);
/// All results NaN.
LeadHealth absent_health();
/// Groups numbered from 0 in the order of their first members; empty when all members are of one group.
std::vector<int> number_groups(std::span<const int> groups);

/// Gathers features of the members while a start is scored: means over the boxes of each channel that is scored at a lead.
///
/// Memory: members x 32 numbers per channel and lead. Cost: one pass over the fields; judge() O(members^2 (features +
/// permutations)) per lead. *Determinism* bitwise, when rows come southwards, in whatever bands.
class MemberHealth {
 public:
  /// \param groups [member] numbers from 0, none left out; empty: no groups. Preconditions: at least 2 members.
  MemberHealth(const Grid& grid, std::size_t channels, std::size_t leads, std::int64_t members, std::vector<int> groups,
               const HealthOptions& options);

  /// Some whole rows of a channel and lead. Shapes: fields [member, row, lon].
  void add_rows(std::size_t channel, std::size_t lead, std::int64_t first_row, std::int64_t rows, std::span<const float> fields);
  /// All NaN when no channel was added at \p lead. Preconditions: every channel that was added came with all its rows.
  LeadHealth judge(std::size_t lead) const;
  /// Forget the fields, for the next start.
  void clear();

 private:
  std::size_t members_, channels_, leads_;
  std::int64_t nlon_;
  HealthBoxes boxes_;
  std::vector<int> groups_;
  HealthOptions options_;
  std::vector<double> features_;  ///< [lead, channel, member, box]
  std::vector<char> added_;       ///< [lead, channel]
};

/// A result per lead that belongs to no channel.
struct LeadResult {
  std::string_view name;
  std::string_view long_name;
  std::string_view definition;
};
/// Names and meanings of the results of health.
std::span<const LeadResult> health_results();
/// One of them from the records of all starts [start, LeadHealth::k_size] of a lead; NaN when a start has none, or for tests that were
/// not made. P-values of the starts are combined by Fisher's method: permutations within a start do not know its weather, so that the
/// starts are independent. Preconditions: \p name is one of health_results().
double combine_health(std::string_view name, std::span<const double> records);

}  // namespace myriad::diag
