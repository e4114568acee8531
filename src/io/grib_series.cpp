#include "src/io/grib_series.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "src/base/error.hpp"
#include "src/io/grib_match.hpp"

namespace myriad::io {

namespace {

using detail::GribMessage;
using detail::is_level;
using detail::is_quantity;

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
  void join(std::vector<Found>& found, const SeriesOptions& options);

  std::optional<std::int64_t> number_;      ///< the member asked for
  std::vector<std::vector<Place>> places_;  ///< [channel][time]
  detail::GribGrids grids_;
  std::optional<Instant> reference_time_;
  std::optional<std::int64_t> realization_;
};

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
      const std::string name = detail::channel_name(message);
      if (!name.empty() && names.insert(name).second) requests.push_back({name, ""});
    }
  }
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
  // The first message decides where there is a choice of units.
  const detail::GribMatch match =
      detail::settle_units(message, request, found.places.empty() ? nullptr : &found.channel, path);
  found.channel = match.channel;
  const Grid& grid = grids_.adopt(message, path, options.expected_grid);
  if (!grid_) grid_ = std::make_unique<Grid>(grid);
  const auto [position, added] = found.places.try_emplace(message.valid.seconds_since_1970(),
                                                          Place{file, message, match.conversion});
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
  grids_.read(path, place.message, place.conversion, out);
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
