#include "src/io/field_series.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/io/grib_series.hpp"
#include "src/io/makani_series.hpp"
#include "src/io/netcdf_series.hpp"

namespace myriad::io {

std::vector<ChannelRequest> requests_for(const std::vector<Channel>& channels) {
  std::vector<ChannelRequest> requests;
  for (const Channel& channel : channels) requests.push_back({channel.name, channel.units});
  return requests;
}

std::optional<std::int64_t> FieldSeries::find(const Instant& time) const {
  // Dates are compared as written; a date that the series' calendar lacks (29 February) cannot be
  // in it.
  const CivilTime wanted = time.civil();
  const auto position =
      std::lower_bound(times_.begin(), times_.end(), wanted,
                       [](const Instant& a, const CivilTime& b) { return a.civil() < b; });
  if (position == times_.end() || position->civil() != wanted) return std::nullopt;
  return position - times_.begin();
}

std::int64_t FieldSeries::require(const Instant& time) const {
  const std::optional<std::int64_t> index = find(time);
  if (index) return *index;
  std::string nearest = "it holds no time at all";
  if (!times_.empty()) {
    nearest = fmt::format("it holds {} times from {} to {}", times_.size(), times_.front().iso(),
                          times_.back().iso());
  }
  throw Error(ErrorKind::input_missing, "E2034",
              fmt::format("no field at {} in '{}'{} ({}); choose a time it holds or add the file "
                          "that holds this one",
                          time.iso(), files_.empty() ? "" : files_.front(),
                          files_.size() > 1 ? " and others" : "", nearest));
}

std::int64_t FieldSeries::channel_index(std::string_view name) const {
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    if (channels_[c].name == name) return static_cast<std::int64_t>(c);
  }
  throw Error(
      ErrorKind::input_missing, "E2037",
      fmt::format(
          "channel '{}' was not opened (the series has {} others); add it to the channel list",
          name, channels_.size()));
}

void FieldSeries::read(std::int64_t time_index, std::span<const std::int64_t> channel_indices,
                       std::span<float> out) {
  MYRIAD_EXPECT(time_index >= 0 && time_index < static_cast<std::int64_t>(times_.size()));
  const std::size_t points = static_cast<std::size_t>(grid_->points());
  MYRIAD_EXPECT(out.size() == channel_indices.size() * points);
  for (std::size_t i = 0; i < channel_indices.size(); ++i) {
    const std::int64_t c = channel_indices[i];
    MYRIAD_EXPECT(c >= 0 && c < static_cast<std::int64_t>(channels_.size()));
    const std::span<float> field = out.subspan(i * points, points);
    const std::string& file = read_field(time_index, c, field);
    detail::check_field(channels_[static_cast<std::size_t>(c)],
                        times_[static_cast<std::size_t>(time_index)], *grid_, field, file,
                        range_check_, may_be_missing_[static_cast<std::size_t>(c)]);
  }
}

void FieldSeries::read(std::int64_t time_index, std::span<float> out) {
  std::vector<std::int64_t> all(channels_.size());
  for (std::size_t c = 0; c < all.size(); ++c) all[c] = static_cast<std::int64_t>(c);
  read(time_index, all, out);
}

void FieldSeries::set_times(std::vector<Instant> sorted, const SeriesOptions& options) {
  MYRIAD_EXPECT(!sorted.empty());
  times_ = std::move(sorted);
  calendar_ = times_.front().calendar();
  const std::string place =
      fmt::format("'{}'{}", files_.front(), files_.size() > 1 ? " and others" : "");
  std::optional<Duration> smallest;
  bool constant = true;
  for (std::size_t t = 1; t < times_.size(); ++t) {
    const Duration difference = times_[t] - times_[t - 1];
    MYRIAD_VALIDATE(difference.seconds > 0, ErrorKind::input_corrupt, "E2032",
                    "time {} comes {} in {} (each time may occur once, in increasing order); "
                    "remove the overlapping file "
                    "or repair the time axis",
                    times_[t].iso(), difference.seconds == 0 ? "twice" : "out of order", place);
    if (smallest && difference != *smallest) constant = false;
    if (!smallest || difference < *smallest) smallest = difference;
  }
  if (smallest && constant) step_ = smallest;
  if (options.time_check != TimeCheck::uniform || !smallest) return;
  const Duration step = options.expected_step.value_or(*smallest);
  for (std::size_t t = 1; t < times_.size(); ++t) {
    const Duration difference = times_[t] - times_[t - 1];
    if (difference == step) continue;
    MYRIAD_VALIDATE(difference.seconds % step.seconds != 0 || difference < step,
                    ErrorKind::input_corrupt, "E2033",
                    "gap in time in {}: {} is followed by {} ({} missing at a step of {}); fetch "
                    "the missing times",
                    place, times_[t - 1].iso(), times_[t].iso(),
                    difference.seconds / step.seconds - 1, to_string(step));
    throw Error(ErrorKind::input_corrupt, "E2033",
                fmt::format("irregular time axis in {}: {} is followed by {} (a step of {} is "
                            "expected); correct the axis "
                            "or the expected step",
                            place, times_[t - 1].iso(), times_[t].iso(), to_string(step)));
  }
}

std::vector<std::string> expand_files(const std::vector<std::string>& patterns) {
  std::set<std::string> found;
  for (const std::string& pattern : patterns) {
    if (pattern.find_first_of("*?[") == std::string::npos) {
      found.insert(pattern);  // opening it reports what is wrong with it
      continue;
    }
    glob_t matches{};
    const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
    for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i)
      found.insert(matches.gl_pathv[i]);
    ::globfree(&matches);
    MYRIAD_VALIDATE(status == 0, ErrorKind::input_missing, "E2030",
                    "no file matches '{}' (nothing to read); check the folder or wait until the "
                    "files have arrived",
                    pattern);
  }
  MYRIAD_VALIDATE(
      !found.empty(), ErrorKind::input_missing, "E2030",
      "no input files are given (the list is empty); name at least one file or pattern");
  return {found.begin(), found.end()};
}

bool is_grib_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> start{};
  return file.read(start.data(), start.size()) &&
         std::string_view(start.data(), start.size()) == "GRIB";
}

std::unique_ptr<FieldSeries> open_field_series(const SeriesOptions& options) {
  detail::check_requests(options.channels);
  SeriesOptions expanded = options;
  expanded.files = expand_files(options.files);
  if (options.sidecar_check == SidecarCheck::if_present) {
    for (const std::string& file : expanded.files) {
      if (std::filesystem::exists(file + ".sha256")) verify_sha256_sidecar(file);
    }
  }
  SeriesFormat format = options.format;
  if (format == SeriesFormat::automatic) {
    const std::string extension =
        std::filesystem::path(expanded.files.front()).extension().string();
    format =
        extension == ".h5" || extension == ".hdf5" ? SeriesFormat::makani : SeriesFormat::netcdf;
    if (is_grib_file(expanded.files.front())) format = SeriesFormat::grib;
  }
  if (format == SeriesFormat::grib) return open_grib_series(expanded);
  if (format == SeriesFormat::makani) return std::make_unique<MakaniSeries>(expanded);
  return std::make_unique<NetcdfSeries>(expanded);
}

namespace detail {

std::string level_text(const Level& level) {
  switch (level.kind) {
    case LevelKind::pressure:
      return fmt::format("{:g} hPa", level.value / 100.0);
    case LevelKind::height:
      return fmt::format("{:g} m", level.value);
    case LevelKind::surface:
      break;
  }
  return "surface";
}

void check_option_names(const SeriesOptions& options, const std::vector<ChannelRequest>& requests) {
  const auto known = [&](const std::string& name) {
    const std::optional<Channel> channel = find_channel(name);
    for (const ChannelRequest& request : requests) {
      if (channel && make_channel(request.name).name == channel->name) return true;
    }
    return false;
  };
  for (const std::string& name : options.may_be_missing) {
    MYRIAD_VALIDATE(
        known(name), ErrorKind::config_invalid, "E2023",
        "channel '{}' under may_be_missing is not read (it is not in the channel list); remove it",
        name);
  }
  for (const auto& [name, variable] : options.variable_names) {
    MYRIAD_VALIDATE(
        known(name), ErrorKind::config_invalid, "E2023",
        "channel '{}' under variable_names is not read (it is not in the channel list); remove it",
        name);
  }
}

void check_requests(const std::vector<ChannelRequest>& requests) {
  std::set<std::string> seen;
  for (const ChannelRequest& request : requests) {
    const Channel channel = make_channel(request.name, request.units);
    MYRIAD_VALIDATE(seen.insert(channel.name).second, ErrorKind::config_invalid, "E2023",
                    "channel '{}' is listed twice (each may be asked for once); remove one",
                    channel.name);
  }
}

std::optional<BadValue> find_bad_value(const Channel& channel, std::span<const float> field,
                                       RangeCheck range) {
  const bool bounded = range == RangeCheck::physical;
  const float lower =
      bounded ? static_cast<float>(channel.minimum) : -std::numeric_limits<float>::max();
  const float upper =
      bounded ? static_cast<float>(channel.maximum) : std::numeric_limits<float>::max();
  // Written so that NaN is bad; the common case is one sweep without branches.
  BadValue bad;
  for (const float value : field) bad.count += value >= lower && value <= upper ? 0U : 1U;
  if (bad.count == 0) return std::nullopt;
  while (field[bad.index] >= lower && field[bad.index] <= upper) ++bad.index;
  return bad;
}

void check_field(const Channel& channel, const Instant& time, const Grid& grid,
                 std::span<const float> field, const std::string& file, RangeCheck range,
                 bool missing_allowed) {
  std::optional<BadValue> bad = find_bad_value(channel, field, range);
  if (bad && missing_allowed) {
    std::vector<float> present;
    std::vector<std::size_t> where;
    for (std::size_t i = 0; i < field.size(); ++i) {
      if (std::isnan(field[i])) continue;
      present.push_back(field[i]);
      where.push_back(i);
    }
    bad = find_bad_value(channel, present, range);
    if (bad) bad->index = where[bad->index];
  }
  if (!bad) return;
  const float value = field[bad->index];
  const std::size_t nlon = static_cast<std::size_t>(grid.nlon());
  const double latitude = grid.latitudes_deg()[bad->index / nlon];
  const std::string point =
      std::isnan(latitude) ? fmt::format("row {}, column {}", bad->index / nlon, bad->index % nlon)
                           : fmt::format("latitude {:.4f}, longitude {:.4f}", latitude,
                                         grid.longitudes_deg()[bad->index % nlon]);
  const std::string place = fmt::format("{} (level {}) at {}, {} in '{}'", channel.name,
                                        level_text(channel.level), time.iso(), point, file);
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::input_corrupt, "E2044",
                fmt::format("{} value {} of {} ({} of {} points are unusable); fetch the field "
                            "again or leave it out",
                            std::isnan(value) ? "missing or NaN" : "infinite", value, place,
                            bad->count, field.size()));
  }
  throw Error(ErrorKind::input_corrupt, "E2045",
              fmt::format("value {:g} {} of {} is outside {:g} to {:g} ({} of {} points; wrong "
                          "unit or damaged field); "
                          "check the units attribute",
                          value, channel.units, place, channel.minimum, channel.maximum, bad->count,
                          field.size()));
}

std::vector<Instant> unify_calendar(std::vector<Instant> times) {
  const CivilTime reform{1582, 10, 15, 0, 0, 0};
  for (const Instant& time : times) {
    if (time.calendar() != Calendar::proleptic_gregorian || time.civil() < reform) return times;
  }
  for (Instant& time : times) time = time.in_calendar(Calendar::standard);
  return times;
}

}  // namespace detail
}  // namespace myriad::io
