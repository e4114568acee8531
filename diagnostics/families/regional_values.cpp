#include "diagnostics/families/regional_values.hpp"

#include <algorithm>
#include <utility>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {

void detail::regional_values(const CaseRows& rows, std::int64_t members_at_most,
                             std::span<double> record) {
  const auto& truth = rows.fields.truth;
  const auto count = static_cast<std::size_t>(rows.fields.nlat);
  const auto size = 1 + static_cast<std::size_t>(members_at_most);
  MYRIAD_EXPECT(record.size() == count * size);
  const auto average = [&](std::span<const float> field, std::size_t row) {
    return row_mean(rows.fields, row, [&](std::size_t p) { return static_cast<double>(field[p]); });
  };
  for (std::size_t row = 0; row < count; ++row) record[row * size] = average(truth, row);
  std::vector<float> member(truth.size());
  for (std::int64_t i = 0; i < std::min(members_at_most, rows.members.members()); ++i) {
    rows.members.copy_members(i, 1, member);
    for (std::size_t row = 0; row < count; ++row)
      record[row * size + 1 + static_cast<std::size_t>(i)] = average(member, row);
  }
}

namespace {

class RegionalValuesFamily final : public ScoreFamily {
 public:
  RegionalValuesFamily(std::vector<std::size_t> channels, std::int64_t members)
      : channels_(std::move(channels)), members_(members) {
    MYRIAD_EXPECT(members > 0);
  }

  std::string name() const override { return "regional_values"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  std::size_t record_size() const override { return 1 + static_cast<std::size_t>(members_); }
  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    if (std::find(channels_.begin(), channels_.end(), rows.channel) == channels_.end()) return;
    detail::regional_values(rows, members_, record);
  }
  std::vector<FamilyOutput> outputs(std::size_t) const override { return {}; }
  void evaluate(std::size_t, std::size_t, std::span<const double>, int,
                std::span<double>) const override {}

 private:
  std::vector<std::size_t> channels_;
  std::int64_t members_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_regional_values_family(std::vector<std::size_t> channels,
                                                               std::int64_t members) {
  return std::make_shared<RegionalValuesFamily>(std::move(channels), members);
}

}  // namespace myriad::diag
