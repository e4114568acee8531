#pragma once
/// \file
/// Forecast output, layout B: one CF NetCDF file per ensemble member (docs/formats/netcdf.md).

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/cf_output.hpp"
#include "src/io/channel.hpp"
#include "src/io/field_series.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io {

enum class Grouping : std::uint8_t {
  by_quantity,  ///< u(time, plev, latitude, longitude): one variable per quantity on pressure
                ///< levels
  by_channel,   ///< u850(time, latitude, longitude): one variable per channel
};

enum class Rounding : std::uint8_t {
  bitround,  ///< keep the mantissa bits a channel needs (significant_bits of channel.hpp)
  none,      ///< all 23 bits
};

/// How much is read back and compared bit for bit before a file is published.
enum class ReadBack : std::uint8_t {
  sample,  ///< one channel of every lead time, in rotation
  all,
};

struct MemberWriterOptions {
  Grouping grouping = Grouping::by_quantity;
  Rounding rounding = Rounding::bitround;
  std::map<std::string, double> tolerances;     ///< channel -> largest rounding error, in its units
  std::map<std::string, int> significant_bits;  ///< channel -> mantissa bits, wins over tolerances
  int deflate_level = 1;                        ///< 0 (none) to 9
  ReadBack read_back = ReadBack::sample;
  RangeCheck range_check = RangeCheck::physical;  ///< what is refused besides NaN and infinities
  Existing existing = Existing::refuse;
  bool sidecar = true;  ///< write <file>.sha256 too
};

/// What a member is. Everything here enters the file; nothing else does (no clock, host or user).
struct MemberMetadata {
  std::int64_t member = 0;      ///< realization; the control is 0
  std::string label;            ///< realization_label; empty: left out
  Instant start;                ///< forecast_reference_time
  std::vector<Duration> leads;  ///< increasing whole hours, the first >= 0
  NcAttributes attributes;  ///< global ACDD and MYRIAD_* attributes; they replace derived ones of
                            ///< the same name
};

/// Writes one member, lead time after lead time, and publishes it whole or not at all.
///
/// Until finish() the file exists under a temporary name only; destruction without finish() removes
/// it. *Determinism* equal metadata, options and fields give equal bytes (one NetCDF and HDF5
/// version), hence equal SHA-256. *Cost* one chunk per field: shuffle, deflate, fletcher32; no copy
/// of the fields but one is kept.
class MemberWriter {
 public:
  /// *Errors* ErrorKind::cannot_create (output exists, folder missing), permission, io;
  /// config_invalid E2062 (lead times), E2064 (accumulations of different length, unknown channel
  /// in the options).
  MemberWriter(const std::filesystem::path& path, const MapWindow& map,
               const std::vector<Channel>& channels, const MemberMetadata& metadata,
               const MemberWriterOptions& options = {});
  ~MemberWriter();
  MemberWriter(const MemberWriter&) = delete;
  MemberWriter& operator=(const MemberWriter&) = delete;

  /// Write all channels of one lead time.
  ///
  /// *Shapes* fields [channel, nlat, nlon] of the window, in the units of the channels. *Preconditions*
  /// lead_index counts 0, 1, 2, ... *Errors* ErrorKind::quality E2060 (NaN or infinity) and E2063
  /// (outside the physical range), naming member, channel, level, lead, latitude, longitude and
  /// value; io E2003.
  void append(std::int64_t lead_index, std::span<const float> fields);

  /// Close, read back, publish, write the sidecar. *Preconditions* every lead time was appended.
  /// *Errors* ErrorKind::io E2003 and E2061 (what is on disk is not what was written); those of
  /// AtomicFile::commit.
  PublishedFile finish();

 private:
  struct Place {
    int variable = -1;
    std::int64_t level = -1;  ///< index along the variable's level axis; -1: no axis
    int bits = 0;             ///< 0: not rounded
  };
  struct Fingerprint {
    std::int64_t lead;
    std::size_t channel;
    Hash128 hash;
  };

  void define(const NcAttributes& attributes);
  void define_times();
  void define_fields();
  void define_quantized(int variable, int bits);
  int bits_of(const Channel& channel) const;
  void write_coordinates();
  void read_back() const;
  void check_values(std::int64_t lead_index, std::span<const float> fields) const;

  MapWindow map_;
  std::vector<Channel> channels_;
  MemberMetadata metadata_;
  MemberWriterOptions options_;
  AtomicFile target_;
  NetcdfFile file_;
  detail::HorizontalIds horizontal_;
  int time_dimension_ = -1;
  int time_variable_ = -1;
  int period_variable_ = -1;
  int time_bounds_ = -1;
  std::int64_t sum_hours_ = 0;
  std::vector<std::pair<int, std::vector<double>>>
      axes_;  ///< coordinate variables to fill once: id, values
  std::vector<Place> places_;
  std::vector<Fingerprint> fingerprints_;
  std::vector<float> rounded_;
  std::int64_t appended_ = 0;
};

}  // namespace myriad::io
