#include "src/io/netcdf_ensemble.hpp"

#include <algorithm>
#include <limits>

#include "src/base/error.hpp"

namespace myriad::io {
namespace {

/// One file per member is common: all members of one start at a time.
constexpr std::size_t k_max_open_files = 128;

int position_in(const NcVariable& variable, int dimension) {
  const auto at = std::find(variable.dimensions.begin(), variable.dimensions.end(), dimension);
  return dimension < 0 || at == variable.dimensions.end()
             ? -1
             : static_cast<int>(at - variable.dimensions.begin());
}

/// A variable named by the user that the channel search does not cover: a quantity without an entry
/// in the channel table, or a series without latitude and longitude. It has no level that could be
/// chosen.
detail::ChannelMatch match_named(const NetcdfFile& file, const NcVariable& variable,
                                 const ChannelRequest& request) {
  detail::ChannelMatch match;
  match.variable = &variable;
  const std::string units = file.text_attribute(&variable, "units").value_or("1");
  if (find_channel(request.name)) {
    match.channel = make_channel(request.name, request.units);
  } else {
    Channel& channel = match.channel;
    channel.name = request.name;
    channel.variable = variable.name;
    channel.units = request.units.empty() ? units : request.units;
    channel.long_name = file.text_attribute(&variable, "long_name").value_or(request.name);
    channel.standard_name = file.text_attribute(&variable, "standard_name").value_or("");
    channel.minimum = -std::numeric_limits<float>::max();
    channel.maximum = std::numeric_limits<float>::max();
  }
  // Units that the table of units does not know are left alone where nothing is to be converted.
  if (units == match.channel.units) return match;
  const auto conversion = unit_conversion(units, match.channel.units, match.channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2041",
                  "variable '{}' of '{}' has the unit '{}' (channel '{}' needs '{}' and there is "
                  "no exact conversion); "
                  "convert the file or correct its units attribute",
                  variable.name, file.path(), units, request.name, match.channel.units);
  match.conversion = *conversion;
  return match;
}

bool has_place(const detail::NetcdfAxes& axes, const NcVariable& variable) {
  return std::any_of(variable.dimensions.begin(), variable.dimensions.end(), [&](int d) {
    return axes.role(d) == detail::AxisRole::latitude ||
           axes.role(d) == detail::AxisRole::longitude;
  });
}

}  // namespace

NetcdfEnsemble::NetcdfEnsemble(const EnsembleOptions& options) {
  files_ = options.files;
  range_check_ = options.range_check;
  may_be_missing_ = options.may_be_missing;
  std::vector<ChannelRequest> requests = options.channels;
  std::vector<Block> blocks;
  std::set<std::string> notes;
  for (std::size_t f = 0; f < files_.size(); ++f) scan_file(f, options, requests, blocks, notes);
  for (std::size_t c = 0; c < requests.size(); ++c) {
    MYRIAD_VALIDATE(
        std::any_of(blocks.begin(), blocks.end(), [&](const Block& b) { return b.channel == c; }),
        ErrorKind::input_missing, "E2037",
        "channel '{}' is not in '{}'{} (no variable with its name, or standard name and level); "
        "fetch it, or give its "
        "variable under variables",
        requests[c].name, files_.front(), files_.size() > 1 ? " nor in the other files" : "");
  }
  MYRIAD_VALIDATE(!requests.empty(), ErrorKind::input_missing, "E2037",
                  "'{}' holds no field that the channel table knows (see ncdump -h); give channels "
                  "and variables",
                  files_.front());
  notes_.assign(notes.begin(), notes.end());
  adopt_blocks(std::move(blocks), *calendar_);
}

const NetcdfFile& NetcdfEnsemble::opened(std::size_t index) {
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    if (entry->first != index) continue;
    open_.splice(open_.begin(), open_, entry);
    return open_.front().second;
  }
  if (open_.size() >= k_max_open_files) open_.pop_back();
  open_.emplace_front(index, NetcdfFile::open(files_[index]));
  return open_.front().second;
}

std::size_t NetcdfEnsemble::adopt_grid(const detail::Orientation& orientation,
                                       const std::string& file, const EnsembleOptions& options) {
  MYRIAD_VALIDATE(!options.expected_grid || *options.expected_grid == orientation.grid,
                  ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {} (expected {}); regrid it, e.g. with cdo remapbil", file,
                  orientation.grid.describe(), options.expected_grid->describe());
  if (!grid_) grid_ = std::make_unique<Grid>(orientation.grid);
  MYRIAD_VALIDATE(
      *grid_ == orientation.grid, ErrorKind::input_corrupt, "E2036",
      "'{}' is on the grid {}, but '{}' on {} (all fields of an ensemble need one grid)", file,
      orientation.grid.describe(), files_.front(), grid_->describe());
  const detail::PlaneOrder order{orientation.rows, orientation.columns};
  const auto known = std::find(orders_.begin(), orders_.end(), order);
  if (known != orders_.end()) return static_cast<std::size_t>(known - orders_.begin());
  orders_.push_back(order);
  return orders_.size() - 1;
}

void NetcdfEnsemble::scan_file(std::size_t index, const EnsembleOptions& options,
                               std::vector<ChannelRequest>& requests, std::vector<Block>& blocks,
                               std::set<std::string>& notes) {
  const NetcdfFile& file = opened(index);
  const detail::NetcdfAxes axes(file);
  if (options.channels.empty()) {
    for (const ChannelRequest& found : detail::discover_channels(file, axes)) {
      const auto same = [&](const ChannelRequest& request) { return request.name == found.name; };
      if (std::none_of(requests.begin(), requests.end(), same)) requests.push_back(found);
    }
  }
  for (std::size_t c = 0; c < requests.size(); ++c) {
    const auto named = options.variable_names.find(requests[c].name);
    const NcVariable* variable_named =
        named == options.variable_names.end() ? nullptr : file.find(named->second);
    if (named != options.variable_names.end() && variable_named == nullptr)
      continue;  // another file may hold it
    detail::MatchResult result;
    if (variable_named != nullptr &&
        (!find_channel(requests[c].name) || !has_place(axes, *variable_named))) {
      result.match = match_named(file, *variable_named, requests[c]);
    } else {
      result = detail::match_channel(file, axes, requests[c],
                                     variable_named == nullptr ? std::string() : named->second);
    }
    if (!result.match) {
      MYRIAD_VALIDATE(files_.size() > 1 || !result.other_levels, ErrorKind::input_missing, "E2038",
                      "channel '{}' is not in '{}' ({}); fetch the level", requests[c].name,
                      file.path(), result.explanation);
      continue;  // another file may hold it
    }
    const detail::ChannelMatch& match = *result.match;
    const NcVariable& variable = *match.variable;
    requests[c].units = match.channel.units;  // the first file decides where there is a choice
    if (c >= channels_.size()) channels_.resize(requests.size());
    if (channels_[c].name.empty()) channels_[c] = match.channel;

    // Levels are chosen already: the ensemble is in the dimensions that are left.
    std::vector<int> used;
    for (const int d : variable.dimensions) used.push_back(d);
    const detail::EnsembleDims dims = detail::recognise_dims(file, axes, used, options.dim_names);
    Source source;
    source.plane.variable = variable.id;
    source.plane.start.assign(variable.dimensions.size(), 0);
    source.plane.count.assign(variable.dimensions.size(), 1);
    source.plane.packing = file.packing(variable);
    source.plane.conversion = match.conversion;
    if (!match.conversion.rule.empty())
      notes.insert(fmt::format("{}: {}", match.channel.name, match.conversion.rule));
    int latitude = -1;
    int longitude = -1;
    for (std::size_t p = 0; p < variable.dimensions.size(); ++p) {
      const int d = variable.dimensions[p];
      const detail::AxisRole role = axes.role(d);
      if (role == detail::AxisRole::latitude || role == detail::AxisRole::longitude) {
        source.plane.count[p] = file.dimensions()[static_cast<std::size_t>(d)].length;
        (role == detail::AxisRole::latitude ? latitude : longitude) = d;
      } else if (static_cast<int>(p) == match.level_position) {
        source.plane.start[p] = match.level_index;
      } else if (role == detail::AxisRole::level) {
        MYRIAD_VALIDATE(file.dimensions()[static_cast<std::size_t>(d)].length == 1,
                        ErrorKind::input_corrupt, "E2043",
                        "variable '{}' of '{}' has the vertical dimension '{}' of length {} "
                        "(pressure levels are "
                        "read, or one level); select one, e.g. with ncks -d",
                        variable.name, file.path(),
                        file.dimensions()[static_cast<std::size_t>(d)].name,
                        file.dimensions()[static_cast<std::size_t>(d)].length);
      }
    }
    source.plane.longitude_first =
        position_in(variable, longitude) < position_in(variable, latitude);
    MYRIAD_VALIDATE((latitude < 0) == (longitude < 0), ErrorKind::input_corrupt, "E2043",
                    "variable '{}' of '{}' has only one of latitude and longitude (both or, for a "
                    "single place, none are "
                    "needed); give another one",
                    variable.name, file.path());
    source.order =
        latitude < 0 ? adopt_grid(detail::orient_projection({0.0}, {0.0}), file.path(), options)
                     : adopt_grid(axes.orientation(file, latitude, longitude, detail::Extent::any),
                                  file.path(), options);
    source.first_position = position_in(variable, dims.start >= 0 ? dims.start : dims.valid);
    source.lead_position = position_in(variable, dims.lead);
    source.member_position = position_in(variable, dims.member);

    Block block;
    block.channel = c;
    block.file = index;
    for (const detail::ForecastTime& t :
         detail::forecast_times(file, axes, dims, options.lead_if_absent)) {
      const Calendar calendar = t.start.calendar();
      MYRIAD_VALIDATE(
          !calendar_ || *calendar_ == calendar, ErrorKind::input_corrupt, "E2031",
          "'{}' counts time in the calendar {}, but '{}' in {} (one ensemble needs one calendar)",
          file.path(), to_string(calendar), files_.front(), to_string(*calendar_));
      calendar_ = calendar;
      block.times.push_back({t.start.seconds_since_1970(), t.lead.seconds, t.first, t.second});
    }
    std::int64_t position = 0;
    for (const std::int64_t number : detail::member_numbers(file, dims))
      block.members.emplace_back(number, position++);
    blocks.push_back(std::move(block));
    sources_.push_back(std::move(source));
  }
}

void NetcdfEnsemble::read_field(std::size_t block, const Block::Time& time,
                                std::int64_t member_position, std::span<float> out) {
  Source& source = sources_[block];
  const auto set = [&](int position, std::int64_t value) {
    if (position >= 0) source.plane.start[static_cast<std::size_t>(position)] = value;
  };
  set(source.first_position, time.first);
  set(source.lead_position, time.second);
  set(source.member_position, member_position);
  reader_.read(opened(blocks_[block].file), source.plane, orders_[source.order], out);
}

}  // namespace myriad::io
