#pragma once
/// \file
/// Ensemble forecasts in the files of any centre: members, starts and leads in one file or many.

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
#include "src/io/field_series.hpp"

namespace myriad::io {

/// How an ensemble file calls its dimensions (docs/verification.md).
enum class DimNames : std::uint8_t {
  automatic,  ///< found out from the file
  cf,  ///< standard names; else realization, forecast_reference_time, forecast_period; `time` is
       ///< the valid time
  cfgrib,  ///< number, time (the start), step
  wb2,     ///< number, time (the start), prediction_timedelta
};

std::string_view to_string(DimNames names);
/// "auto", "cf", "cfgrib" or "wb2". Errors: config_invalid E2049.
DimNames dim_names_from_string(std::string_view name);

struct EnsembleOptions {
  std::vector<std::string> files;  ///< paths or glob patterns, split in any way
  std::vector<ChannelRequest>
      channels;  ///< empty: those of variable_names; else all that the channel table knows
  DimNames dim_names = DimNames::automatic;
  /// Channel name -> variable name (GRIB: short name). A name that the channel table lacks is a
  /// channel in the unit of the file, without bounds; a variable without latitude and longitude is
  /// a single place.
  std::map<std::string, std::string> variable_names;
  std::optional<Duration> lead_if_absent;  ///< lead of files that state neither start nor lead
  std::optional<Grid> expected_grid;       ///< refuse any other
  bool may_be_missing = false;             ///< missing values are returned as NaN
  RangeCheck range_check = RangeCheck::physical;
};

/// Fields by start, lead and member, on a grid with rows from north to south and columns from
/// longitude 0.
///
/// *Threads*: thread-compatible. *Determinism*: values do not depend on how the ensemble is spread
/// over files, on the order of dimensions or on the direction of latitudes.
class EnsembleSeries {
 public:
  virtual ~EnsembleSeries() = default;
  EnsembleSeries(const EnsembleSeries&) = delete;
  EnsembleSeries& operator=(const EnsembleSeries&) = delete;

  const std::vector<Channel>& channels() const { return channels_; }
  const Grid& grid() const { return *grid_; }
  const std::vector<Instant>& starts() const { return starts_; }         ///< increasing
  const std::vector<Duration>& leads() const { return leads_; }          ///< increasing
  const std::vector<std::int64_t>& members() const { return members_; }  ///< numbers, increasing
  const std::vector<std::string>& files() const { return files_; }
  /// What was done to the data on the way in (unit conversions), one sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Whether the files hold that field; indices into the lists above.
  bool has(std::size_t start, std::size_t lead, std::size_t member, std::size_t channel) const;

  /// Read one field. *Shapes* out [nlat, nlon]. *Preconditions* has().
  /// *Errors* input_corrupt E2044 (missing value, NaN or infinity) and E2045 (outside the physical
  /// range), both with place and value; those of the file reader.
  void read(std::size_t start, std::size_t lead, std::size_t member, std::size_t channel,
            std::span<float> out);

 protected:
  /// Fields of one channel that lie together: every member at every time.
  struct Block {
    struct Time {
      std::int64_t start = 0;  ///< seconds since 1970
      std::int64_t lead = 0;   ///< seconds
      std::int64_t first = 0;  ///< meaning of both up to the reader
      std::int64_t second = 0;
    };
    std::size_t channel = 0;
    std::size_t file = 0;
    std::vector<Time> times;  ///< sorted by start and lead once indexed
    std::vector<std::pair<std::int64_t, std::int64_t>> members;  ///< number and position
  };

  EnsembleSeries() = default;
  /// Take the blocks of all channels and find starts, leads and members. Errors: input_corrupt
  /// E2032 (a field twice), E2057 (fields too scattered for a table).
  void adopt_blocks(std::vector<Block> blocks, Calendar calendar);
  /// One field of block \p block in channels()' units, oriented as grid(); missing values as NaN.
  virtual void read_field(std::size_t block, const Block::Time& time, std::int64_t member_position,
                          std::span<float> out) = 0;

  std::vector<Channel> channels_;
  std::unique_ptr<Grid> grid_;
  std::vector<std::string> files_;
  std::vector<std::string> notes_;
  std::vector<Block> blocks_;
  RangeCheck range_check_ = RangeCheck::physical;
  bool may_be_missing_ = false;

 private:
  std::size_t slot(std::size_t start, std::size_t lead, std::size_t member,
                   std::size_t channel) const {
    return ((channel * starts_.size() + start) * leads_.size() + lead) * members_.size() + member;
  }
  std::vector<Instant> starts_;
  std::vector<Duration> leads_;
  std::vector<std::int64_t> members_;
  std::vector<std::uint32_t> table_;  ///< [channel, start, lead, member] -> 1 + block, 0: absent
};

/// Open the files of an ensemble and check all that can be checked without reading fields.
///
/// *Errors* those of open_field_series for files, channels, units and grids; input_corrupt E2046 to
/// E2048 (dimensions and their coordinates), E2032 (a field twice), E2057 (scattered);
/// config_invalid E2055 (an option that means nothing for GRIB); unavailable E2056 (GRIB without
/// ecCodes).
std::unique_ptr<EnsembleSeries> open_ensemble_series(const EnsembleOptions& options);

}  // namespace myriad::io
