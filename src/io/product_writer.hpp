#pragma once
/// \file
/// Products and scores, layout A: named dimensions, arrays with attributes, one atomic file
/// (docs/formats/netcdf.md).

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/cf_output.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io {

enum class MissingValues : std::uint8_t {
  refuse,  ///< NaN is an error
  allow,   ///< NaN is stored as _FillValue 9.969e36
};

/// A variable of a product. Map-like variables (last dimensions latitude, longitude) get the grid
/// mapping by themselves.
struct ProductVariable {
  std::string name;
  NcType type = NcType::f32;  ///< f32, f64 or int32
  std::vector<std::string> dimensions;
  NcAttributes attributes;  ///< standard_name, long_name, units, cell_methods, coordinates, ...
  MissingValues missing = MissingValues::refuse;
  int significant_bits = 0;  ///< BitRound of f32, 0: none
};

/// Writes one file of arrays: define everything, then write everything, then finish().
///
/// Tools such as cdo need `time` as the first dimension of map-like variables and at most four
/// dimensions. *Errors* cannot_create, permission, io E2003 as MemberWriter; quality E2070 for NaN
/// or infinity where it is refused; programmer mistakes (unknown names, wrong sizes) abort.
/// *Determinism* equal calls give equal bytes.
class ProductWriter {
 public:
  /// \p attributes global ones; Conventions is added when absent.
  ProductWriter(const std::filesystem::path& path, const NcAttributes& attributes,
                Existing existing = Existing::refuse);
  ~ProductWriter();
  ProductWriter(const ProductWriter&) = delete;
  ProductWriter& operator=(const ProductWriter&) = delete;

  void define_dimension(const std::string& name, std::int64_t length);
  /// A dimension with its coordinate variable: define and value in one.
  void define_axis(const std::string& name, const std::vector<double>& values,
                   const NcAttributes& attributes);
  void define_axis(const std::string& name, const std::vector<std::int32_t>& values,
                   const NcAttributes& attributes);
  /// A dimension of texts, stored as characters name(name, <name>_length): channels, regions, score
  /// names.
  void define_labels(const std::string& name, const std::vector<std::string>& labels,
                     const NcAttributes& attributes);
  /// latitude, longitude, bounds, crs and the geospatial attributes.
  void define_grid(const MapWindow& map);
  /// latitude and its bounds alone, for zonal means: variables whose last dimension is latitude and
  /// whose cell_methods say "longitude: mean". Not together with define_grid().
  void define_latitudes(const MapWindow& map);
  /// Valid times of one forecast: dimension time (fixed length), forecast_period,
  /// forecast_reference_time.
  void define_forecast_times(const Instant& start, const std::vector<Duration>& leads);
  /// Lead times of scores over many starts: dimension lead_time, hours, decoded by xarray as time
  /// differences.
  void define_lead_times(const std::vector<Duration>& leads);
  void define_scalar(const std::string& name, double value, const NcAttributes& attributes);
  void define_scalar(const std::string& name, std::int32_t value, const NcAttributes& attributes);
  void define_variable(const ProductVariable& variable);

  /// Write a whole variable, row-major.
  void write(const std::string& name, std::span<const float> values);
  void write(const std::string& name, std::span<const double> values);
  void write(const std::string& name, std::span<const std::int32_t> values);
  /// Write the part at \p index of the first dimension.
  void write_slab(const std::string& name, std::int64_t index, std::span<const float> values);
  void write_slab(const std::string& name, std::int64_t index, std::span<const double> values);
  void write_slab(const std::string& name, std::int64_t index, std::span<const std::int32_t> values);

  /// Close, read everything back, publish, write the sidecar. Every variable must have been
  /// written. *Errors* ErrorKind::io E2061 when what is on disk is not what was written.
  PublishedFile finish();

 private:
  struct Defined {
    int id = -1;
    std::vector<std::int64_t> extents;
    MissingValues missing = MissingValues::refuse;
    std::int64_t written = 0;  ///< elements
    int bits = 0;
  };
  struct PendingAxis {
    int id = -1;
    std::vector<double> values;
  };

  struct Fingerprint {
    std::string name;
    std::vector<std::int64_t> start;
    std::vector<std::int64_t> count;
    NcType type = NcType::f32;
    Hash128 hash;
  };

  int dimension_id(const std::string& name) const;
  void read_back() const;
  void start_writing();
  Defined& defined(const std::string& name);
  template <class T>
  void write_part(const std::string& name, std::optional<std::int64_t> index,
                  std::span<const T> values);

  template <class T>
  void write_checked(const std::string& name, const Defined& variable,
                     std::vector<std::int64_t> start, std::vector<std::int64_t> count,
                     std::span<const T> values);

  AtomicFile target_;
  NetcdfFile file_;
  bool defining_ = true;
  bool quantized_ = false;
  std::optional<MapWindow> map_;
  detail::HorizontalIds horizontal_;
  std::vector<PendingAxis> pending_;
  std::vector<std::pair<int, std::vector<std::string>>> pending_labels_;
  std::map<std::string, Defined> variables_;
  std::vector<Fingerprint> fingerprints_;
};

}  // namespace myriad::io
