#include "src/io/makani_series.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/io/units.hpp"

namespace myriad::io {

namespace {

constexpr std::size_t k_max_open_files = 16;

/// What data.json says; empty lists where it is silent or absent.
struct Metadata {
  std::string path;
  std::vector<std::string> channels;
  std::vector<double> latitudes;
  std::vector<double> longitudes;
  std::optional<double> step_hours;
  std::string dataset = "fields";
};

std::vector<double> numbers(const Json& list) {
  std::vector<double> values;
  for (const Json& value : list.as_array()) values.push_back(value.as_double());
  return values;
}

Metadata read_metadata(const SeriesOptions& options) {
  Metadata metadata;
  std::vector<std::filesystem::path> candidates;
  if (!options.metadata_file.empty()) {
    candidates.emplace_back(options.metadata_file);
  } else {
    const std::filesystem::path folder = std::filesystem::path(options.files.front()).parent_path();
    candidates = {folder / "data.json", folder / ".." / "data.json",
                  folder / ".." / "metadata" / "data.json"};
  }
  for (const std::filesystem::path& candidate : candidates) {
    if (options.metadata_file.empty() && !std::filesystem::exists(candidate)) continue;
    const Json document = read_json_file(candidate);
    metadata.path = candidate.string();
    if (const Json* path = document.find("h5_path")) metadata.dataset = path->as_string();
    if (const Json* hours = document.find("dhours")) metadata.step_hours = hours->as_double();
    if (const Json* coordinates = document.find("coords")) {
      if (const Json* list = coordinates->find("channel")) {
        for (const Json& name : list->as_array()) metadata.channels.push_back(name.as_string());
      }
      if (const Json* list = coordinates->find("lat")) metadata.latitudes = numbers(*list);
      if (const Json* list = coordinates->find("lon")) metadata.longitudes = numbers(*list);
    }
    break;
  }
  return metadata;
}

/// 2018 for ".../2018.h5"; nullopt unless the stem is four digits.
std::optional<int> year_of(const std::string& file) {
  const std::string stem = std::filesystem::path(file).stem().string();
  if (stem.size() != 4) return std::nullopt;
  int year = 0;
  for (char c : stem) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    year = year * 10 + (c - '0');
  }
  return year > 0 ? std::optional<int>(year) : std::nullopt;
}

std::vector<Instant> times_of(detail::Hdf5File& file, const Metadata& metadata,
                              std::int64_t count) {
  std::vector<Instant> times;
  if (file.has_dataset("timestamp")) {
    const CfTimeUnits decoder("seconds since 1970-01-01", Calendar::standard);
    for (double seconds : file.read_doubles("timestamp")) times.push_back(decoder.decode(seconds));
    MYRIAD_VALIDATE(
        static_cast<std::int64_t>(times.size()) == count, ErrorKind::input_corrupt, "E2052",
        "'{}' has {} timestamps for {} samples (one each is needed); repair the archive",
        file.path(), times.size(), count);
    return times;
  }
  const std::optional<int> year = year_of(file.path());
  MYRIAD_VALIDATE(year && metadata.step_hours, ErrorKind::input_corrupt, "E2052",
                  "times of '{}' are unknown (no dataset 'timestamp', and {}); annotate the "
                  "archive or give data.json",
                  file.path(), year ? "no dhours in a data.json" : "its name is not a year");
  const double step_seconds = *metadata.step_hours * 3600.0;
  MYRIAD_VALIDATE(step_seconds >= 1.0 && step_seconds <= 366.0 * 86400.0 &&
                      step_seconds == static_cast<double>(static_cast<std::int64_t>(step_seconds)),
                  ErrorKind::input_corrupt, "E2052",
                  "dhours is {} in '{}' (a positive number of hours is expected)",
                  *metadata.step_hours, metadata.path);
  const Instant start(CivilTime{*year, 1, 1, 0, 0, 0});
  for (std::int64_t t = 0; t < count; ++t)
    times.push_back(start + t * Duration{static_cast<std::int64_t>(step_seconds)});
  return times;
}

}  // namespace

MakaniSeries::~MakaniSeries() = default;

MakaniSeries::MakaniSeries(const SeriesOptions& options) {
  files_ = options.files;
  range_check_ = options.range_check;
  MYRIAD_VALIDATE(
      options.fixed_indices.empty() && options.variable_names.empty(), ErrorKind::config_invalid,
      "E2053",
      "fixed_indices and variable_names mean nothing for an HDF5 archive ('{}'); remove them",
      files_.front());
  const Metadata metadata = read_metadata(options);
  dataset_ = metadata.dataset.starts_with('/') ? metadata.dataset.substr(1) : metadata.dataset;
  // A path of several parts could lead through a link into another file.
  MYRIAD_VALIDATE(
      !dataset_.empty() && dataset_.find('/') == std::string::npos, ErrorKind::input_corrupt,
      "E2050",
      "h5_path is '{}' in '{}' (a dataset of the root group is expected, such as 'fields')",
      metadata.dataset, metadata.path);
  std::vector<ChannelRequest> requests = options.channels;
  struct Stamp {
    Instant time;
    Place place;
  };
  std::vector<Stamp> stamps;
  for (std::size_t f = 0; f < files_.size(); ++f) {
    detail::Hdf5File& file = opened(f);
    const std::vector<std::int64_t> shape = file.shape(dataset_);
    MYRIAD_VALIDATE(shape.size() == 4, ErrorKind::input_corrupt, "E2050",
                    "dataset '{}' of '{}' has {} dimensions ([time, channel, lat, lon] expected)",
                    dataset_, file.path(), shape.size());
    std::vector<std::string> names = metadata.channels;
    if (file.has_dataset("channel")) names = file.read_texts("channel");
    MYRIAD_VALIDATE(
        static_cast<std::int64_t>(names.size()) == shape[1], ErrorKind::input_corrupt, "E2051",
        "'{}' holds {} channels, but {} names are known ({}); give the data.json of the archive",
        file.path(), shape[1], names.size(),
        metadata.path.empty() ? "no data.json found" : metadata.path);
    const std::vector<double> latitudes =
        file.has_dataset("lat") ? file.read_doubles("lat") : metadata.latitudes;
    const std::vector<double> longitudes =
        file.has_dataset("lon") ? file.read_doubles("lon") : metadata.longitudes;
    MYRIAD_VALIDATE(static_cast<std::int64_t>(latitudes.size()) == shape[2] &&
                        static_cast<std::int64_t>(longitudes.size()) == shape[3],
                    ErrorKind::input_corrupt, "E2050",
                    "'{}' holds fields of {} x {} points, but {} latitudes and {} longitudes are "
                    "known; give the data.json "
                    "of the archive",
                    file.path(), shape[2], shape[3], latitudes.size(), longitudes.size());
    detail::Orientation orientation = detail::orient(latitudes, longitudes, file.path());
    MYRIAD_VALIDATE(!options.expected_grid || *options.expected_grid == orientation.grid,
                    ErrorKind::input_corrupt, "E2036",
                    "'{}' is on the grid {} (expected {}); regrid it", file.path(),
                    orientation.grid.describe(), options.expected_grid->describe());
    if (!grid_) {
      grid_ = std::make_unique<Grid>(orientation.grid);
      rows_ = orientation.rows;
      columns_ = orientation.columns;
    }
    MYRIAD_VALIDATE(
        *grid_ == orientation.grid && rows_ == orientation.rows && columns_ == orientation.columns,
        ErrorKind::input_corrupt, "E2036",
        "'{}' is on another grid than '{}' (all files need one grid)", file.path(), files_.front());
    if (requests.empty()) {
      for (const std::string& name : names) {
        const std::optional<Channel> channel = find_channel(name);
        if (channel) requests.push_back({channel->name, ""});
      }
    }
    FileInfo info;
    for (const ChannelRequest& request : requests) {
      const Channel wanted = make_channel(request.name);
      std::int64_t index = -1;
      for (std::size_t n = 0; n < names.size(); ++n) {
        const std::optional<Channel> stored = find_channel(names[n]);
        if (stored && stored->name == wanted.name) index = static_cast<std::int64_t>(n);
      }
      MYRIAD_VALIDATE(index >= 0, ErrorKind::input_missing, "E2037",
                      "channel '{}' is not in '{}' (it holds {} others); take it out of the list "
                      "or add it to the archive",
                      wanted.name, file.path(), names.size());
      info.channels.push_back(index);
    }
    info.times = times_of(file, metadata, shape[0]);
    for (std::size_t t = 0; t < info.times.size(); ++t) {
      stamps.push_back(
          {info.times[t], {static_cast<std::uint32_t>(f), static_cast<std::uint32_t>(t)}});
    }
    file_infos_.push_back(std::move(info));
  }
  MYRIAD_VALIDATE(!requests.empty() && !stamps.empty(), ErrorKind::input_missing, "E2037",
                  "'{}' holds no {} (nothing to read)", files_.front(),
                  stamps.empty() ? "samples" : "channel that the table knows");
  for (const ChannelRequest& request : requests) {
    const Channel stored = make_channel(request.name);
    const Channel wanted = make_channel(request.name, request.units);
    const std::optional<UnitConversion> conversion =
        unit_conversion(stored.units, wanted.units, wanted.standard_name);
    MYRIAD_ENSURE(conversion.has_value() && conversion->offset == 0.0);
    scales_.push_back(conversion->scale);
    if (!conversion->rule.empty())
      notes_.push_back(fmt::format("{}: {}", wanted.name, conversion->rule));
    channels_.push_back(wanted);
    bool allowed = false;
    for (const std::string& name : options.may_be_missing)
      allowed = allowed || make_channel(name).name == wanted.name;
    may_be_missing_.push_back(allowed);
  }
  std::stable_sort(stamps.begin(), stamps.end(),
                   [](const Stamp& a, const Stamp& b) { return a.time < b.time; });
  std::vector<Instant> times;
  for (const Stamp& stamp : stamps) {
    times.push_back(stamp.time);
    places_.push_back(stamp.place);
  }
  set_times(std::move(times), options);
}

detail::Hdf5File& MakaniSeries::opened(std::size_t index) {
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    if (entry->index == index) {
      open_.splice(open_.begin(), open_, entry);
      return open_.front().file;
    }
  }
  if (open_.size() >= k_max_open_files) open_.pop_back();
  open_.push_front({index, detail::Hdf5File::open(files_[index])});
  return open_.front().file;
}

const std::string& MakaniSeries::read_field(std::int64_t time_index, std::int64_t channel_index,
                                            std::span<float> out) {
  const Place place = places_[static_cast<std::size_t>(time_index)];
  const std::int64_t nlat = grid_->nlat();
  const std::int64_t nlon = grid_->nlon();
  const std::int64_t start[4] = {
      place.index, file_infos_[place.file].channels[static_cast<std::size_t>(channel_index)], 0, 0};
  const std::int64_t count[4] = {1, 1, nlat, nlon};
  stored_.resize(out.size());
  opened(place.file).read(dataset_, start, count, stored_);
  const double scale = scales_[static_cast<std::size_t>(channel_index)];
  std::size_t next = 0;
  for (const std::int32_t row : rows_) {
    const float* source = stored_.data() + static_cast<std::int64_t>(row) * nlon;
    for (const std::int32_t column : columns_) {
      // A scale of 1 must not touch the bits, and 1.0 * x does not.
      out[next++] = static_cast<float>(static_cast<double>(source[column]) * scale);
    }
  }
  return files_[place.file];
}

}  // namespace myriad::io
