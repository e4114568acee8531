#include "diagnostics/reducers/running_health.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/error.hpp"

namespace myriad::diag {

RunningHealth::RunningHealth(const Grid& grid, std::size_t channels, std::size_t members, const HealthOptions& options,
                             std::function<int(std::uint32_t member)> checkpoint_of)
    : channels_(channels), members_(members), boxes_(grid), options_(options), checkpoint_of_(std::move(checkpoint_of)) {}

void RunningHealth::reduce_row(const EnsembleTile& tile, std::size_t left_out, std::int64_t row, std::span<double> record) const {
  const auto nlon = static_cast<std::size_t>(tile.nlon);
  MYRIAD_EXPECT(record.size() == row_record_size() && tile.members.size() <= left_out + members_);
  for (std::size_t m = left_out; m < tile.members.size(); ++m) {
    record[0] = static_cast<double>(tile.members[m]);
    boxes_.part_of_row(tile.first_row + row, tile.member(m).subspan(static_cast<std::size_t>(row) * nlon, nlon),
                       record.subspan(1, boxes_.sectors()));
    record = record.subspan(1 + boxes_.sectors());
  }
}

void RunningHealth::finish_case(std::size_t channel, std::size_t lead, std::span<const std::span<const double>> rows) {
  const std::size_t step = 1 + boxes_.sectors();
  Case done;
  for (std::size_t m = 0; !rows.empty() && m < members_ && std::isfinite(rows.front()[m * step]); ++m) {
    done.members.push_back(static_cast<std::uint32_t>(rows.front()[m * step]));
    done.features.resize(done.features.size() + boxes_.count(), 0.0);
    const auto boxes = std::span(done.features).last(boxes_.count());
    for (std::size_t k = 0; k < rows.size(); ++k)
      boxes_.add_part(static_cast<std::int64_t>(k), rows[k].subspan(m * step + 1, boxes_.sectors()), boxes);
  }
  Channels& channels = open_[lead];
  channels.resize(channels_);
  channels[channel] = std::move(done);
  if (!std::all_of(channels.begin(), channels.end(), [](const auto& c) { return c.has_value(); })) return;
  judged_[lead] = judge(channels);
  open_.erase(lead);
}

LeadHealth RunningHealth::judge(const Channels& channels) const {
  std::vector<const Case*> present;
  for (const auto& channel : channels) {
    if (channel && !channel->members.empty()) present.push_back(&*channel);
  }
  if (present.empty()) return absent_health();
  const std::vector<std::uint32_t>& members = present.front()->members;
  const bool same = std::all_of(present.begin(), present.end(), [&](const Case* c) { return c->members == members; });
  if (!same || members.size() < 3) return absent_health();
  std::vector<double> features;
  for (std::size_t m = 0; m < members.size(); ++m) {
    for (const Case* c : present) {
      const auto boxes = std::span(c->features).subspan(m * boxes_.count(), boxes_.count());
      features.insert(features.end(), boxes.begin(), boxes.end());
    }
  }
  std::vector<int> checkpoints;
  for (std::size_t m = 0; checkpoint_of_ && m < members.size(); ++m) checkpoints.push_back(checkpoint_of_(members[m]));
  return judge_members(features, members.size(), number_groups(checkpoints), options_);
}

LeadHealth RunningHealth::result(std::size_t lead) const {
  if (const auto judged = judged_.find(lead); judged != judged_.end()) return judged->second;
  const auto open = open_.find(lead);
  return open == open_.end() ? absent_health() : judge(open->second);
}

}  // namespace myriad::diag
