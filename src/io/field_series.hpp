#pragma once
/// \file
/// Series of global fields in time, whatever the files look like: the one reader interface of
/// training, forecasts and verification.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"

namespace myriad::io {

enum class SeriesFormat : std::uint8_t {
  automatic,  ///< grib when the first file begins with "GRIB", makani for *.h5 and *.hdf5, else
              ///< netcdf
  netcdf,     ///< CF NetCDF
  makani,     ///< HDF5 archives with a dataset fields [time, channel, lat, lon]
  grib,       ///< GRIB messages, editions 1 and 2
};

enum class TimeCheck : std::uint8_t {
  uniform,     ///< one constant step; gaps are refused
  increasing,  ///< any spacing, but no duplicates and nothing out of order
};

enum class RangeCheck : std::uint8_t {
  physical,  ///< values outside Channel::minimum..maximum are refused
  none,      ///< only NaN, infinities and missing values are refused
};

enum class SidecarCheck : std::uint8_t {
  if_present,  ///< a file with a sidecar `<file>.sha256` is hashed and compared before it is opened
  ignore,
};

/// A channel asked for. Empty units: those of the file where the channel allows a choice (z500 in m
/// or m2 s-2).
struct ChannelRequest {
  std::string name;
  std::string units;
};

/// Requests for exactly the given channels, units included.
std::vector<ChannelRequest> requests_for(const std::vector<Channel>& channels);

struct SeriesOptions {
  std::vector<std::string> files;  ///< paths or glob patterns; the union, sorted by time
  std::vector<ChannelRequest>
      channels;  ///< empty: everything in the files that the channel table knows
  SeriesFormat format = SeriesFormat::automatic;
  TimeCheck time_check = TimeCheck::uniform;
  RangeCheck range_check = RangeCheck::physical;
  SidecarCheck sidecar_check = SidecarCheck::if_present;
  std::optional<Duration> expected_step;  ///< with TimeCheck::uniform: the step that must be found
  std::optional<Grid> expected_grid;      ///< refuse any other
  std::vector<std::string>
      may_be_missing;  ///< channels whose missing values are returned as NaN (sst over land)
  std::map<std::string, std::string>
      variable_names;  ///< channel name -> variable name, where the search fails
  std::map<std::string, std::int64_t>
      fixed_indices;  ///< dimension name -> index, e.g. {"realization", 3}; GRIB: {"number",
                      ///< member}
  std::optional<Instant> time_if_absent;  ///< valid time of files without a time coordinate
  std::string
      metadata_file;  ///< makani: data.json; empty: beside the archive or in its parent folder
};

/// Global fields of some channels at some times, on a grid with rows from north to south and
/// columns from longitude 0.
///
/// *Threads*: thread-compatible (one object, one thread at a time; several objects may be used at
/// once). *Determinism*: values do not depend on how the series is spread over files.
class FieldSeries {
 public:
  virtual ~FieldSeries() = default;
  FieldSeries(const FieldSeries&) = delete;
  FieldSeries& operator=(const FieldSeries&) = delete;

  const std::vector<Channel>& channels() const { return channels_; }
  const Grid& grid() const { return *grid_; }
  const std::vector<Instant>& times() const { return times_; }
  /// `standard` also for proleptic_gregorian files whose dates are all after 1582, where both
  /// agree.
  Calendar calendar() const { return calendar_; }
  /// Spacing of the times when there are two or more and it is constant.
  std::optional<Duration> step() const { return step_; }
  const std::vector<std::string>& files() const { return files_; }
  /// What was done to the data on the way in (unit conversions), one sentence each, for the log and
  /// the provenance.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Index of a time (date and time of day as written, in any calendar); nullopt when it is not in
  /// the series.
  std::optional<std::int64_t> find(const Instant& time) const;
  /// The same. Errors: ErrorKind::input_missing E2034 naming the nearest times there are.
  std::int64_t require(const Instant& time) const;
  /// Index in channels(). Errors: ErrorKind::input_missing E2037.
  std::int64_t channel_index(std::string_view name) const;

  /// Read fields at one time.
  ///
  /// *Shapes* out [channel_indices.size(), nlat, nlon], row-major. *Units* of channels().
  /// *Errors* ErrorKind::input_corrupt E2044 (missing value, NaN or infinity) and E2045 (outside
  /// the physical range), both with field, level, time, latitude, longitude and value; those of the
  /// file reader.
  void read(std::int64_t time_index, std::span<const std::int64_t> channel_indices,
            std::span<float> out);
  /// All channels, in order.
  void read(std::int64_t time_index, std::span<float> out);

  /// Start of the forecast these files hold, where they say so.
  virtual std::optional<Instant> forecast_reference_time() const { return std::nullopt; }
  /// Ensemble member these files hold, where they say so.
  virtual std::optional<std::int64_t> realization() const { return std::nullopt; }

 protected:
  FieldSeries() = default;
  /// One field in channels()' units, oriented as grid(); missing values as NaN. Returns the file it
  /// came from.
  virtual const std::string& read_field(std::int64_t time_index, std::int64_t channel_index,
                                        std::span<float> out) = 0;

  /// Set times_, calendar_ and step_ from sorted instants. Errors: E2032 (duplicate), E2033 (gap,
  /// irregular).
  void set_times(std::vector<Instant> sorted, const SeriesOptions& options);

  std::vector<Channel> channels_;
  std::unique_ptr<Grid> grid_;
  std::vector<Instant> times_;
  Calendar calendar_ = Calendar::standard;
  std::optional<Duration> step_;
  std::vector<std::string> files_;
  std::vector<std::string> notes_;
  std::vector<bool> may_be_missing_;  ///< per channel
  RangeCheck range_check_ = RangeCheck::physical;
};

/// Open a series and check everything that can be checked without reading fields: presence and
/// units of every channel at every time, one grid, the order of times.
///
/// *Errors* ErrorKind::input_missing: no file (E2030), channel (E2037) or level (E2038);
/// input_corrupt: E2002, E2005 (file), E2031-E2033 (time), E2035, E2036 (grid), E2039-E2043
/// (variables, units, dimensions), E2050-E2053 (makani), E2054 (GRIB); config_invalid: E2020-E2023
/// (channel list), E2055 (GRIB); unavailable: E2056 (GRIB without ecCodes).
std::unique_ptr<FieldSeries> open_field_series(const SeriesOptions& options);

/// Whether a file begins as GRIB does.
bool is_grib_file(const std::string& path);

/// Existing files behind paths and glob patterns, each once, in byte order. Errors: input_missing
/// E2030.
std::vector<std::string> expand_files(const std::vector<std::string>& patterns);

namespace detail {

/// First value of a field that must not be used, and how many there are.
struct BadValue {
  std::size_t index = 0;
  std::size_t count = 0;
};
std::optional<BadValue> find_bad_value(const Channel& channel, std::span<const float> field,
                                       RangeCheck range);

/// Refuse a field with NaN or values outside the believed range; NaN passes where \p
/// missing_allowed.
void check_field(const Channel& channel, const Instant& time, const Grid& grid,
                 std::span<const float> field, const std::string& file, RangeCheck range,
                 bool missing_allowed);

/// Reject unknown and doubled names before any file is opened. Errors: E2020-E2023.
void check_requests(const std::vector<ChannelRequest>& requests);
/// Names in options that refer to none of the \p requests are mistakes, not wishes.
/// Errors: ErrorKind::config_invalid (E2023).
void check_option_names(const SeriesOptions& options, const std::vector<ChannelRequest>& requests);

/// "850 hPa", "2 m", "surface".
std::string level_text(const Level& level);

/// proleptic_gregorian dates after the reform are standard dates.
std::vector<Instant> unify_calendar(std::vector<Instant> times);

}  // namespace detail
}  // namespace myriad::io
