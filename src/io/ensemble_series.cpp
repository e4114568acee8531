#include "src/io/ensemble_series.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/io/grib_series.hpp"
#include "src/io/netcdf_ensemble.hpp"

namespace myriad::io {
namespace {

constexpr struct {
  DimNames names;
  std::string_view text;
} k_dim_names[] = {{DimNames::automatic, "auto"},
                   {DimNames::cf, "cf"},
                   {DimNames::cfgrib, "cfgrib"},
                   {DimNames::wb2, "wb2"}};

template <class Value>
std::size_t position_of(const std::vector<Value>& sorted, const Value& value) {
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                  sorted.begin());
}

bool before(const std::pair<std::int64_t, std::int64_t>& a, std::int64_t start, std::int64_t lead) {
  return a < std::pair(start, lead);
}

}  // namespace

std::string_view to_string(DimNames names) {
  for (const auto& entry : k_dim_names) {
    if (entry.names == names) return entry.text;
  }
  return "auto";
}

DimNames dim_names_from_string(std::string_view name) {
  for (const auto& entry : k_dim_names) {
    if (entry.text == name) return entry.names;
  }
  throw Error(
      ErrorKind::config_invalid, "E2049",
      fmt::format("unknown dim_names '{}' (known: auto, cf, cfgrib, wb2); use one of them", name));
}

void EnsembleSeries::adopt_blocks(std::vector<Block> blocks, Calendar calendar) {
  MYRIAD_EXPECT(!blocks.empty());
  std::set<std::int64_t> starts, leads, members;
  std::size_t fields = 0;
  for (Block& block : blocks) {
    std::sort(block.times.begin(), block.times.end(), [](const auto& a, const auto& b) {
      return std::pair(a.start, a.lead) < std::pair(b.start, b.lead);
    });
    std::sort(block.members.begin(), block.members.end());
    for (const auto& time : block.times) {
      starts.insert(time.start);
      leads.insert(time.lead);
    }
    for (const auto& [number, position] : block.members) members.insert(number);
    fields += block.times.size() * block.members.size();
  }
  for (const std::int64_t seconds : starts)
    starts_.push_back(Instant::from_seconds_since_1970(seconds, calendar));
  for (const std::int64_t seconds : leads) leads_.push_back({seconds});
  members_.assign(members.begin(), members.end());
  // Every number is the size of something that was read: no overflow below 2^64, but possibly no
  // memory either.
  const double cells = static_cast<double>(channels_.size()) * static_cast<double>(starts_.size()) *
                       static_cast<double>(leads_.size()) * static_cast<double>(members_.size());
  MYRIAD_VALIDATE(cells <= 64.0 * static_cast<double>(fields) + 1e6, ErrorKind::input_corrupt,
                  "E2057",
                  "'{}'{} hold {} fields of {} starts, {} leads and {} members (hardly any "
                  "combination is there); give "
                  "the files of one ensemble",
                  files_.front(), files_.size() > 1 ? " and others" : "", fields, starts_.size(),
                  leads_.size(), members_.size());
  table_.assign(static_cast<std::size_t>(cells), 0);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = blocks[b];
    for (const auto& time : block.times) {
      const std::size_t s =
          position_of(starts_, Instant::from_seconds_since_1970(time.start, calendar));
      const std::size_t t = position_of(leads_, Duration{time.lead});
      for (const auto& [number, position] : block.members) {
        std::uint32_t& entry = table_[slot(s, t, position_of(members_, number), block.channel)];
        MYRIAD_VALIDATE(entry == 0, ErrorKind::input_corrupt, "E2032",
                        "member {} of '{}' from {} at lead {} is in '{}' and again in '{}' (each "
                        "field may occur "
                        "once); remove one of them, or number the members",
                        number, channels_[block.channel].name, starts_[s].iso(),
                        to_string(leads_[t]), files_[blocks[entry == 0 ? b : entry - 1].file],
                        files_[block.file]);
        entry = static_cast<std::uint32_t>(b + 1);
      }
    }
  }
  blocks_ = std::move(blocks);
}

bool EnsembleSeries::has(std::size_t start, std::size_t lead, std::size_t member,
                         std::size_t channel) const {
  return table_[slot(start, lead, member, channel)] != 0;
}

void EnsembleSeries::read(std::size_t start, std::size_t lead, std::size_t member,
                          std::size_t channel, std::span<float> out) {
  MYRIAD_EXPECT(has(start, lead, member, channel));
  MYRIAD_EXPECT(out.size() == static_cast<std::size_t>(grid_->points()));
  const std::size_t index = table_[slot(start, lead, member, channel)] - 1;
  const Block& block = blocks_[index];
  const auto time =
      std::lower_bound(block.times.begin(), block.times.end(),
                       std::pair(starts_[start].seconds_since_1970(), leads_[lead].seconds),
                       [](const Block::Time& a, const auto& b) {
                         return before({a.start, a.lead}, b.first, b.second);
                       });
  const auto number = std::lower_bound(block.members.begin(), block.members.end(),
                                       std::pair(members_[member], std::int64_t{0}));
  read_field(index, *time, number->second, out);
  detail::check_field(channels_[channel], starts_[start] + leads_[lead], *grid_, out,
                      files_[block.file], range_check_, may_be_missing_);
}

std::unique_ptr<EnsembleSeries> open_ensemble_series(const EnsembleOptions& options) {
  EnsembleOptions expanded = options;
  expanded.files = expand_files(options.files);
  const auto canonical = [](const std::string& name) {
    const std::optional<Channel> channel = find_channel(name);
    return channel ? channel->name : name;
  };
  expanded.variable_names.clear();
  for (const auto& [name, variable] : options.variable_names)
    expanded.variable_names[canonical(name)] = variable;
  if (expanded.channels.empty()) {
    for (const auto& [name, variable] : expanded.variable_names)
      expanded.channels.push_back({name, ""});
  }
  std::set<std::string> names;
  std::vector<ChannelRequest> in_table;
  for (ChannelRequest& request : expanded.channels) {
    request.name = canonical(request.name);
    names.insert(request.name);
    // A name beside its variable may be one that the channel table does not have.
    if (expanded.variable_names.count(request.name) == 0 || find_channel(request.name))
      in_table.push_back(request);
  }
  detail::check_requests(in_table);
  for (const auto& [name, variable] : expanded.variable_names) {
    MYRIAD_VALIDATE(
        names.count(name) != 0, ErrorKind::config_invalid, "E2023",
        "channel '{}' under variables is not read (it is not in the channel list); remove it",
        name);
  }
  for (const std::string& file : expanded.files) {
    if (std::filesystem::exists(file + ".sha256")) verify_sha256_sidecar(file);
  }
  if (is_grib_file(expanded.files.front())) return open_grib_ensemble(expanded);
  return std::make_unique<NetcdfEnsemble>(expanded);
}

}  // namespace myriad::io
