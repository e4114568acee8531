#include "src/io/netcdf_series.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "src/base/error.hpp"
#include "src/io/netcdf_match.hpp"

namespace myriad::io {

namespace {

constexpr std::size_t k_max_open_files = 16;

}  // namespace

NetcdfSeries::~NetcdfSeries() = default;

NetcdfSeries::NetcdfSeries(const SeriesOptions& options) {
  files_ = options.files;
  range_check_ = options.range_check;
  std::vector<ChannelRequest> requests;
  for (const ChannelRequest& request : options.channels) {
    requests.push_back({make_channel(request.name, request.units).name, request.units});
  }
  if (!requests.empty()) detail::check_option_names(options, requests);
  std::vector<std::vector<Source>> sources(requests.size());
  for (std::size_t f = 0; f < files_.size(); ++f) scan_file(f, options, requests, sources);
  MYRIAD_VALIDATE(!requests.empty(), ErrorKind::input_missing, "E2037",
                  "'{}' holds no field that the channel table knows (see `myriad inspect`); give "
                  "channels and variable_names",
                  files_.front());
  if (options.channels.empty()) detail::check_option_names(options, requests);
  join_times(options, requests, sources);
  for (const Channel& channel : channels_) {
    bool allowed = false;
    for (const std::string& name : options.may_be_missing)
      allowed = allowed || make_channel(name).name == channel.name;
    may_be_missing_.push_back(allowed);
  }
}

const NetcdfFile& NetcdfSeries::opened(std::size_t index) {
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    if (entry->index == index) {
      open_.splice(open_.begin(), open_, entry);
      return open_.front().file;
    }
  }
  if (open_.size() >= k_max_open_files) open_.pop_back();
  open_.push_front({index, NetcdfFile::open(files_[index])});
  return open_.front().file;
}

std::size_t NetcdfSeries::adopt_grid(const detail::Orientation& orientation,
                                     const std::string& file, const SeriesOptions& options) {
  const std::optional<Grid>& expected = options.expected_grid;
  MYRIAD_VALIDATE(!expected || *expected == orientation.grid, ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {} (expected {}); regrid it, e.g. with cdo remapbil", file,
                  orientation.grid.describe(), expected->describe());
  if (!grid_) grid_ = std::make_unique<Grid>(orientation.grid);
  MYRIAD_VALIDATE(*grid_ == orientation.grid, ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {}, but '{}' on {} (all fields of a series need one grid)",
                  file, orientation.grid.describe(), files_.front(), grid_->describe());
  const detail::PlaneOrder order{orientation.rows, orientation.columns};
  const auto known = std::find(orders_.begin(), orders_.end(), order);
  if (known != orders_.end()) return static_cast<std::size_t>(known - orders_.begin());
  orders_.push_back(order);
  return orders_.size() - 1;
}

void NetcdfSeries::scan_file(std::size_t index, const SeriesOptions& options,
                             std::vector<ChannelRequest>& requests,
                             std::vector<std::vector<Source>>& sources) {
  const NetcdfFile& file = opened(index);
  const detail::NetcdfAxes axes(file);
  for (const auto& [name, fixed] : options.fixed_indices) {
    bool present = false;
    for (const NcDimension& dimension : file.dimensions())
      present = present || dimension.name == name;
    MYRIAD_VALIDATE(
        present, ErrorKind::config_invalid, "E2043",
        "fixed_indices names the dimension '{}' (not in '{}'); remove it or correct the name", name,
        file.path());
  }
  if (index == 0) {
    reference_time_ = axes.forecast_reference_time();
    realization_ = axes.realization();
  }
  if (options.channels.empty()) {
    for (const ChannelRequest& found : detail::discover_channels(file, axes)) {
      const auto same = [&](const ChannelRequest& request) { return request.name == found.name; };
      if (std::none_of(requests.begin(), requests.end(), same)) {
        requests.push_back(found);
        sources.emplace_back();
      }
    }
  }
  for (std::size_t c = 0; c < requests.size(); ++c) {
    const auto named = options.variable_names.find(requests[c].name);
    detail::MatchResult result = detail::match_channel(
        file, axes, requests[c],
        named == options.variable_names.end() ? std::string() : named->second);
    if (!result.match) {
      // Another file may hold it; only the last file can tell.
      if (index + 1 < files_.size() || !sources[c].empty()) continue;
      const std::string seen = result.explanation.empty()
                                   ? "no variable with its name or standard name"
                                   : result.explanation;
      throw Error(ErrorKind::input_missing, result.other_levels ? "E2038" : "E2037",
                  fmt::format("channel '{}' is not in '{}'{} ({}); fetch it, or give its variable "
                              "under variable_names",
                              requests[c].name, file.path(),
                              files_.size() > 1 ? " nor in the other files" : "", seen));
    }
    const detail::ChannelMatch& match = *result.match;
    requests[c].units = match.channel.units;  // the first file decides where there is a choice
    Source source;
    source.file = index;
    source.plane.variable = match.variable->id;
    source.plane.count.assign(match.variable->dimensions.size(), 1);
    source.plane.start.assign(match.variable->dimensions.size(), 0);
    source.plane.packing = file.packing(*match.variable);
    source.plane.conversion = match.conversion;
    source.channel = match.channel;
    int latitude_position = -1;
    int longitude_position = -1;
    for (std::size_t p = 0; p < match.variable->dimensions.size(); ++p) {
      const int d = match.variable->dimensions[p];
      const NcDimension& dimension = file.dimensions()[static_cast<std::size_t>(d)];
      const detail::AxisRole role = axes.role(d);
      if (role == detail::AxisRole::latitude || role == detail::AxisRole::longitude) {
        (role == detail::AxisRole::latitude ? latitude_position : longitude_position) =
            static_cast<int>(p);
        source.plane.count[p] = dimension.length;
      } else if (static_cast<int>(p) == match.level_position) {
        source.plane.start[p] = match.level_index;
      } else if (role == detail::AxisRole::time &&
                 options.fixed_indices.count(dimension.name) == 0) {
        MYRIAD_VALIDATE(source.time_position < 0, ErrorKind::input_corrupt, "E2043",
                        "variable '{}' of '{}' has two time dimensions (one is expected); fix one "
                        "under fixed_indices",
                        match.variable->name, file.path());
        source.time_position = static_cast<int>(p);
        source.times = axes.times(d);
      } else {
        const auto fixed = options.fixed_indices.find(dimension.name);
        MYRIAD_VALIDATE(fixed != options.fixed_indices.end() || dimension.length == 1,
                        ErrorKind::input_corrupt, "E2043",
                        "variable '{}' of '{}' has the extra dimension '{}' of length {} (only "
                        "time, level, latitude and "
                        "longitude are expected); choose one index of it under fixed_indices",
                        match.variable->name, file.path(), dimension.name, dimension.length);
        source.plane.start[p] = fixed == options.fixed_indices.end() ? 0 : fixed->second;
        MYRIAD_VALIDATE(source.plane.start[p] >= 0 && source.plane.start[p] < dimension.length,
                        ErrorKind::config_invalid, "E2043",
                        "index {} of dimension '{}' under fixed_indices is outside 0..{} in '{}'",
                        source.plane.start[p], dimension.name, dimension.length - 1, file.path());
      }
    }
    source.plane.longitude_first = longitude_position < latitude_position;
    // Only who has such a grid already can use part of the sphere.
    const detail::Extent extent = options.expected_grid && !options.expected_grid->is_global()
                                      ? detail::Extent::any
                                      : detail::Extent::global;
    const auto dimension_at = [&](int position) {
      return match.variable->dimensions[static_cast<std::size_t>(position)];
    };
    const detail::Orientation& orientation = axes.orientation(
        file, dimension_at(latitude_position), dimension_at(longitude_position), extent);
    source.order = adopt_grid(orientation, file.path(), options);
    if (source.time_position < 0) {
      const std::optional<Instant> time =
          axes.scalar_time() ? axes.scalar_time() : options.time_if_absent;
      // A field without time in a file with a time axis (land mask) holds at each of its times.
      for (std::size_t d = 0; !time && d < file.dimensions().size(); ++d) {
        if (axes.role(static_cast<int>(d)) == detail::AxisRole::time && source.times.empty()) {
          source.times = axes.times(static_cast<int>(d));
        }
      }
      if (time) source.times = {*time};
      MYRIAD_VALIDATE(!source.times.empty(), ErrorKind::input_corrupt, "E2031",
                      "'{}' has no time coordinate (each field needs its valid time); add one or "
                      "give time_if_absent",
                      file.path());
    }
    source.times = detail::unify_calendar(std::move(source.times));
    for (std::size_t t = 1; t < source.times.size(); ++t) {
      MYRIAD_VALIDATE(source.times[t - 1] < source.times[t], ErrorKind::input_corrupt, "E2032",
                      "time {} of '{}' follows {} (times must increase); sort the file, e.g. with "
                      "cdo mergetime",
                      source.times[t].iso(), file.path(), source.times[t - 1].iso());
    }
    sources[c].push_back(std::move(source));
  }
}

void NetcdfSeries::join_times(const SeriesOptions& options,
                              const std::vector<ChannelRequest>& requests,
                              std::vector<std::vector<Source>>& sources) {
  const Calendar calendar = sources.front().front().times.front().calendar();
  std::set<std::int64_t> all;  // seconds since 1970
  for (const auto& of_channel : sources) {
    for (const Source& source : of_channel) {
      MYRIAD_VALIDATE(
          source.times.front().calendar() == calendar, ErrorKind::input_corrupt, "E2031",
          "'{}' counts time in the calendar {}, but '{}' in {} (one series needs one calendar)",
          files_[source.file], to_string(source.times.front().calendar()),
          files_[sources.front().front().file], to_string(calendar));
      for (const Instant& time : source.times) all.insert(time.seconds_since_1970());
    }
  }
  std::vector<Instant> times;
  for (std::int64_t seconds : all)
    times.push_back(Instant::from_seconds_since_1970(seconds, calendar));
  std::set<std::string> notes;
  for (std::size_t c = 0; c < requests.size(); ++c) {
    std::map<std::int64_t, Place> where;
    for (std::size_t s = 0; s < sources[c].size(); ++s) {
      const Source& source = sources[c][s];
      for (std::size_t t = 0; t < source.times.size(); ++t) {
        const auto [position, added] =
            where.try_emplace(source.times[t].seconds_since_1970(),
                              Place{static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(t)});
        MYRIAD_VALIDATE(added, ErrorKind::input_corrupt, "E2032",
                        "time {} of '{}' is in '{}' and in '{}' (each time may occur once); remove "
                        "one of the files",
                        source.times[t].iso(), requests[c].name,
                        files_[sources[c][position->second.source].file], files_[source.file]);
      }
      if (!source.plane.conversion.rule.empty())
        notes.insert(fmt::format("{}: {}", source.channel.name, source.plane.conversion.rule));
    }
    std::vector<Place> places;
    for (const Instant& time : times) {
      const auto found = where.find(time.seconds_since_1970());
      MYRIAD_VALIDATE(
          found != where.end(), ErrorKind::input_corrupt, "E2033",
          "channel '{}' lacks the time {} that other channels have (gap); fetch the missing file",
          requests[c].name, time.iso());
      places.push_back(found->second);
    }
    places_.push_back(std::move(places));
    channels_.push_back(sources[c].front().channel);
  }
  notes_.assign(notes.begin(), notes.end());
  sources_ = std::move(sources);
  set_times(std::move(times), options);
}

const std::string& NetcdfSeries::read_field(std::int64_t time_index, std::int64_t channel_index,
                                            std::span<float> out) {
  const Place place =
      places_[static_cast<std::size_t>(channel_index)][static_cast<std::size_t>(time_index)];
  Source& source = sources_[static_cast<std::size_t>(channel_index)][place.source];
  if (source.time_position >= 0)
    source.plane.start[static_cast<std::size_t>(source.time_position)] = place.index;
  reader_.read(opened(source.file), source.plane, orders_[source.order], out);
  return files_[source.file];
}

}  // namespace myriad::io
