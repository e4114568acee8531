#include "src/io/grib_series.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "src/base/error.hpp"
#include "src/io/channel_table.hpp"
#include "src/io/grib_file.hpp"
#include "src/io/netcdf_axes.hpp"
#include "src/io/units.hpp"

namespace myriad::io {

namespace {

using detail::GribMessage;

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Parameter numbers that stand for the quantity of a channel, ours first.
std::vector<int> parameters_of(const Channel& channel) {
  std::vector<int> numbers = {channel.grib_param_id};
  // Geopotential and its height; precipitation as thickness and as mass (total precipitation of WMO
  // tables).
  if (channel.standard_name == "geopotential" || channel.standard_name == "geopotential_height")
    numbers = {channel.grib_param_id, 129, 156};
  if (channel.sum_hours > 0) numbers.push_back(228228);
  // Mean sea level pressure by the reduction of NCEP; water vapour column under its name there.
  if (channel.name == "msl") numbers.push_back(260074);
  if (channel.name == "tcwv") numbers.push_back(3054);
  return numbers;
}

bool is_quantity(const GribMessage& m, const Channel& channel) {
  const std::vector<int> numbers = parameters_of(channel);
  if (m.param_id != 0)
    return std::find(numbers.begin(), numbers.end(), m.param_id) != numbers.end();
  return m.short_name == channel.variable || listed(channel.variable_aliases, m.short_name) ||
         listed(channel.aliases, m.short_name);
}

bool is_level(const GribMessage& m, const Channel& channel) {
  if (!m.level) return false;
  if (*m.level == channel.level) return true;
  // Edition 1 of ECMWF has 2-metre and 10-metre fields at the surface; their parameter tells the
  // height.
  if (channel.level.kind == LevelKind::height) return m.level->kind == LevelKind::surface;
  // Mean sea level and the whole column are of height 0 in some files.
  return channel.level.kind == LevelKind::surface && m.level->kind == LevelKind::height &&
         m.level->value == 0.0;
}

/// The channel table's name of a message; empty when it has none.
std::string channel_name(const GribMessage& m) {
  if (!m.level || m.sum_hours < 0) return {};
  if (m.sum_hours > 0) {
    const std::string name = fmt::format("tp{:02}", m.sum_hours);
    const auto channel = find_channel(name);
    return channel && is_quantity(m, *channel) ? channel->name : std::string();
  }
  if (m.level->kind == LevelKind::pressure) {
    const auto hpa = static_cast<std::int64_t>(m.level->value / 100.0);
    if (static_cast<double>(hpa) * 100.0 != m.level->value) return {};
    for (const detail::UpperAir& quantity : detail::upper_air()) {
      const auto channel = find_channel(fmt::format("{}{}", quantity.prefix, hpa));
      if (channel && is_quantity(m, *channel) && m.param_id == channel->grib_param_id)
        return channel->name;
    }
    return {};
  }
  for (const detail::Single& quantity : detail::singles()) {
    const Channel channel = make_channel(quantity.name);
    if (is_quantity(m, channel) && is_level(m, channel)) return channel.name;
  }
  return {};
}

class GribSeries final : public FieldSeries {
 public:
  explicit GribSeries(const SeriesOptions& options);

  std::optional<Instant> forecast_reference_time() const override { return reference_time_; }
  std::optional<std::int64_t> realization() const override { return realization_; }

 private:
  struct Place {
    std::size_t file = 0;
    GribMessage message;
    UnitConversion conversion;
  };
  struct Found {
    Channel channel;                       ///< with the unit that is delivered
    std::map<std::int64_t, Place> places;  ///< by seconds since 1970
    bool other_levels = false;
    std::string seen;  ///< what was found instead
  };

  const std::string& read_field(std::int64_t time_index, std::int64_t channel_index,
                                std::span<float> out) override;
  void discover(const std::vector<std::vector<GribMessage>>& files,
                std::vector<ChannelRequest>& requests) const;
  void collect(std::size_t file, const GribMessage& message, const ChannelRequest& request,
               const SeriesOptions& options, Found& found);
  void adopt_grid(const GribMessage& message, const std::string& file,
                  const SeriesOptions& options);
  void join(std::vector<Found>& found, const SeriesOptions& options);

  std::optional<std::int64_t> number_;      ///< the member asked for
  std::vector<std::vector<Place>> places_;  ///< [channel][time]
  std::map<std::string, detail::Orientation> orientations_;
  std::vector<double> stored_;
  std::optional<Instant> reference_time_;
  std::optional<std::int64_t> realization_;
};

/// Grids that are written alike share their order of points.
std::string key_of(const detail::GribGrid& g) {
  return fmt::format("{} {} {} {} {} {} {}", g.type, g.columns, g.rows, g.first_latitude,
                     g.last_latitude, g.first_longitude, g.last_longitude);
}

void check_options(const SeriesOptions& options) {
  for (const auto& [name, index] : options.fixed_indices) {
    MYRIAD_VALIDATE(name == "number" || name == "realization", ErrorKind::config_invalid, "E2055",
                    "fixed_indices names '{}' (the only one of a GRIB file is 'number', the "
                    "ensemble member); remove it",
                    name);
  }
  MYRIAD_VALIDATE(
      !options.time_if_absent, ErrorKind::config_invalid, "E2055",
      "time_if_absent is given for '{}' (a GRIB message always has its time); remove it",
      options.files.front());
  if (!options.channels.empty()) detail::check_option_names(options, options.channels);
}

GribSeries::GribSeries(const SeriesOptions& options) {
  files_ = options.files;
  range_check_ = options.range_check;
  check_options(options);
  for (const auto& [name, index] : options.fixed_indices) number_ = index;
  std::vector<std::vector<GribMessage>> files;
  for (const std::string& file : files_) files.push_back(detail::scan_grib(file));
  std::vector<ChannelRequest> requests;
  for (const ChannelRequest& request : options.channels) {
    requests.push_back({make_channel(request.name, request.units).name, request.units});
  }
  if (requests.empty()) discover(files, requests);
  MYRIAD_VALIDATE(!requests.empty(), ErrorKind::input_missing, "E2037",
                  "'{}' holds no field that the channel table knows (see grib_ls); give channels "
                  "and variable_names",
                  files_.front());
  std::vector<Found> found(requests.size());
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (const GribMessage& message : files[f]) {
      if (number_ && message.number && *message.number != *number_) continue;
      for (std::size_t c = 0; c < requests.size(); ++c)
        collect(f, message, requests[c], options, found[c]);
    }
  }
  for (std::size_t c = 0; c < requests.size(); ++c) {
    if (!found[c].places.empty()) continue;
    throw Error(ErrorKind::input_missing, found[c].other_levels ? "E2038" : "E2037",
                fmt::format("channel '{}' is not in '{}'{} ({}); fetch it, or give its short name "
                            "under variable_names",
                            requests[c].name, files_.front(),
                            files_.size() > 1 ? " nor in the other files" : "",
                            found[c].seen.empty() ? "no message of its parameter" : found[c].seen));
  }
  join(found, options);
}

void GribSeries::discover(const std::vector<std::vector<GribMessage>>& files,
                          std::vector<ChannelRequest>& requests) const {
  std::set<std::string> names;
  for (const auto& messages : files) {
    for (const GribMessage& message : messages) {
      const std::string name = channel_name(message);
      if (!name.empty() && names.insert(name).second) requests.push_back({name, ""});
    }
  }
}

void GribSeries::adopt_grid(const GribMessage& message, const std::string& file,
                            const SeriesOptions& options) {
  MYRIAD_VALIDATE(message.grid.has_value(), ErrorKind::input_corrupt, "E2035",
                  "'{}' holds {} on a grid of kind {} (regular latitude-longitude and regular "
                  "Gaussian grids are read, rows "
                  "scanned one way); interpolate it, e.g. with cdo -R or cdo remapbil",
                  file, message.short_name, message.grid_type);
  auto known = orientations_.find(key_of(*message.grid));
  if (known == orientations_.end()) {
    const detail::GribGrid& g = *message.grid;
    known = orientations_
                .emplace(key_of(g), detail::orient(g.latitudes(file), g.longitudes(file), file))
                .first;
  }
  const Grid& grid = known->second.grid;
  MYRIAD_VALIDATE(!options.expected_grid || *options.expected_grid == grid,
                  ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {} (expected {}); regrid it, e.g. with cdo remapbil", file,
                  grid.describe(), options.expected_grid->describe());
  if (!grid_) grid_ = std::make_unique<Grid>(grid);
  MYRIAD_VALIDATE(*grid_ == grid, ErrorKind::input_corrupt, "E2036",
                  "'{}' is on the grid {}, but '{}' on {} (all fields of a series need one grid)",
                  file, grid.describe(), files_.front(), grid_->describe());
}

void GribSeries::collect(std::size_t file, const GribMessage& message,
                         const ChannelRequest& request, const SeriesOptions& options,
                         Found& found) {
  const Channel asked = make_channel(request.name, request.units);
  const auto named = options.variable_names.find(request.name);
  const bool right = named == options.variable_names.end() ? is_quantity(message, asked)
                                                           : message.short_name == named->second;
  if (!right) return;
  if (!is_level(message, asked)) {
    found.other_levels = true;
    if (found.seen.empty())
      found.seen = fmt::format("{} is there at {}", message.short_name, message.level_text);
    return;
  }
  if (message.sum_hours != asked.sum_hours) {
    if (found.seen.empty()) {
      found.seen =
          message.sum_hours > 0
              ? fmt::format("{} is summed over {} h", message.short_name, message.sum_hours)
              : fmt::format("{} is another statistic over time", message.short_name);
    }
    return;
  }
  const std::string& path = files_[file];
  MYRIAD_VALIDATE(!message.units.empty() && message.units != "unknown" && message.units != "~",
                  ErrorKind::input_corrupt, "E2040",
                  "'{}' of '{}' has no unit (its parameter is unknown to ecCodes); give a file "
                  "with standard parameters",
                  message.short_name, path);
  if (found.places.empty()) {
    found.channel = asked;
    // The first message decides where there is a choice.
    if (request.units.empty() && asked.standard_name == "geopotential" && message.param_id == 156) {
      found.channel = make_channel(request.name, "m");
    }
    if (request.units.empty() && asked.sum_hours > 0 && message.units == "kg m**-2") {
      found.channel = make_channel(request.name, "kg m-2");
    }
  }
  const auto conversion =
      unit_conversion(message.units, found.channel.units, found.channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2041",
                  "'{}' of '{}' is in '{}' ('{}' wanted for channel '{}', and there is no exact "
                  "conversion); convert the file",
                  message.short_name, path, message.units, found.channel.units, found.channel.name);
  adopt_grid(message, path, options);
  const auto [position, added] = found.places.try_emplace(message.valid.seconds_since_1970(),
                                                          Place{file, message, *conversion});
  if (added) return;
  const Place& other = position->second;
  MYRIAD_VALIDATE(number_.has_value() || message.number == other.message.number,
                  ErrorKind::input_corrupt, "E2043",
                  "'{}' holds several ensemble members of {} at {} (one field is expected); choose "
                  "one under fixed_indices: number",
                  path, found.channel.name, message.valid.iso());
  throw Error(ErrorKind::input_corrupt, "E2032",
              fmt::format("time {} of '{}' is in '{}' and again in '{}' (each time may occur "
                          "once); remove one of them",
                          message.valid.iso(), found.channel.name, files_[other.file], path));
}

void GribSeries::join(std::vector<Found>& found, const SeriesOptions& options) {
  std::set<std::int64_t> all;
  for (const Found& f : found) {
    for (const auto& [seconds, place] : f.places) all.insert(seconds);
  }
  std::set<std::string> notes;
  std::set<std::int64_t> references;
  std::set<std::optional<std::int64_t>> numbers;
  for (Found& f : found) {
    std::vector<Place> places;
    for (const std::int64_t seconds : all) {
      const auto place = f.places.find(seconds);
      MYRIAD_VALIDATE(place != f.places.end(), ErrorKind::input_corrupt, "E2033",
                      "channel '{}' lacks the time {} that other channels have (gap); fetch the "
                      "missing message",
                      f.channel.name, Instant::from_seconds_since_1970(seconds).iso());
      const Place& p = place->second;
      if (!p.conversion.rule.empty())
        notes.insert(fmt::format("{}: {}", f.channel.name, p.conversion.rule));
      references.insert(p.message.reference.seconds_since_1970());
      numbers.insert(p.message.number);
      places.push_back(std::move(place->second));
    }
    bool allowed = false;
    for (const std::string& name : options.may_be_missing)
      allowed = allowed || make_channel(name).name == f.channel.name;
    may_be_missing_.push_back(allowed);
    channels_.push_back(f.channel);
    places_.push_back(std::move(places));
  }
  notes_.assign(notes.begin(), notes.end());
  // One start of all fields means a forecast; an analysis series has a start per time.
  if (references.size() == 1 && all.size() > 1)
    reference_time_ = Instant::from_seconds_since_1970(*references.begin());
  if (numbers.size() == 1) realization_ = *numbers.begin();
  std::vector<Instant> times;
  for (const std::int64_t seconds : all) times.push_back(Instant::from_seconds_since_1970(seconds));
  set_times(std::move(times), options);
}

const std::string& GribSeries::read_field(std::int64_t time_index, std::int64_t channel_index,
                                          std::span<float> out) {
  const Place& place =
      places_[static_cast<std::size_t>(channel_index)][static_cast<std::size_t>(time_index)];
  const std::string& path = files_[place.file];
  detail::read_grib_values(path, place.message, stored_);
  const detail::GribGrid& g = *place.message.grid;
  const detail::Orientation& order = orientations_.at(key_of(g));
  const auto nlat = static_cast<std::size_t>(g.rows);
  const auto nlon = static_cast<std::size_t>(g.columns);
  for (std::size_t k = 0; k < nlat; ++k) {
    const auto row = static_cast<std::size_t>(order.rows[k]);
    for (std::size_t j = 0; j < nlon; ++j) {
      const auto column = static_cast<std::size_t>(order.columns[j]);
      const double value = stored_[g.column_first ? column * nlat + row : row * nlon + column];
      out[k * nlon + j] =
          static_cast<float>(value * place.conversion.scale + place.conversion.offset);
    }
  }
  return path;
}

}  // namespace

bool grib_is_built_in() {
  return true;
}

std::unique_ptr<FieldSeries> open_grib_series(const SeriesOptions& options) {
  return std::make_unique<GribSeries>(options);
}

}  // namespace myriad::io
