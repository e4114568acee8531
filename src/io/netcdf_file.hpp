#pragma once
/// \file
/// NetCDF-C behind one checked, move-only class; the only place that includes netcdf.h is
/// netcdf_file.cpp.

#include "src/base/variant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace myriad::io {

/// Element types of the variables we meet; values outside this list (unsigned integers, user types) are
/// `other`. Coordinates of xarray are int64; all its values below 2^53 pass through double unchanged.
enum class NcType : std::uint8_t { int8, text, int16, int32, int64, f32, f64, string, other };

std::string_view to_string(NcType type);

struct NcDimension {
  std::string name;
  std::int64_t length = 0;
  bool unlimited = false;
};

struct NcVariable {
  int id = -1;
  std::string name;
  NcType type = NcType::other;
  std::vector<int> dimensions;  ///< indices into NetcdfFile::dimensions()
};

/// Value of an attribute to write. Text is stored as characters, never as the NC_STRING type (old
/// tools).
using NcAttribute =
    Variant<std::string, std::int16_t, std::int32_t, double, float, std::vector<double>, std::vector<std::int32_t>>;

/// Whether the library keeps chunks of a variable in memory.
enum class NcCache : std::uint8_t { library, none };

/// How the values of a new variable are laid out on disk.
struct NcStorage {
  std::vector<std::int64_t>
      chunk;              ///< one extent per dimension; empty: contiguous or the library's choice
  int deflate_level = 0;  ///< 0 none, 1..9; shuffle goes with it
  bool checksum = false;  ///< fletcher32 per chunk
  int significant_bits = 0;          ///< BitRound mantissa bits kept, 1..23; 0 stores all bits
  NcCache cache = NcCache::library;  ///< none: every write covers whole chunks
};

/// How stored numbers of a variable turn into physical ones, and which of them mean "missing"
/// (CF 1.12, 2.5.1 and 8.1).
struct NcPacking {
  double scale = 1.0;
  double offset = 0.0;
  std::vector<double>
      missing;  ///< _FillValue and missing_value in stored units; NaN is always missing
  std::optional<double> valid_min;
  std::optional<double> valid_max;

  bool packed() const { return scale != 1.0 || offset != 0.0; }
  bool is_missing(double stored) const;
};

/// An open NetCDF file (classic, 64-bit or NetCDF-4).
///
/// Every library call is checked; a failure throws myriad::Error that names call, object, file and
/// reason. *Errors* reading: ErrorKind::input_missing (no such file), input_corrupt (not NetCDF,
/// damaged, sizes out of bounds), permission; writing: cannot_create, io (disk full, failed close).
/// Ids E2001-E2009. *Threads*: objects may be used from different threads (one process-wide lock);
/// one object from one thread at a time.
class NetcdfFile {
 public:
  /// Open for reading and load the header. Counts from the file are bounded before anything is
  /// allocated for them.
  static NetcdfFile open(const std::string& path);
  /// Create a NetCDF-4 file, replacing what is there; in define mode until end_definitions().
  static NetcdfFile create(const std::string& path);

  NetcdfFile(NetcdfFile&& other) noexcept;
  NetcdfFile& operator=(NetcdfFile&& other) noexcept;
  NetcdfFile(const NetcdfFile&) = delete;
  NetcdfFile& operator=(const NetcdfFile&) = delete;
  /// Closes without reporting; a writer calls close() to learn about failures.
  ~NetcdfFile();

  const std::string& path() const { return path_; }
  std::int64_t file_bytes() const { return file_bytes_; }

  // ---- header ----
  const std::vector<NcDimension>& dimensions() const { return dimensions_; }
  const std::vector<NcVariable>& variables() const { return variables_; }
  /// Variable by name or null.
  const NcVariable* find(std::string_view name) const;
  /// Variable by name; ErrorKind::input_missing when absent.
  const NcVariable& require(std::string_view name) const;
  std::vector<std::int64_t> shape(const NcVariable& variable) const;
  std::vector<std::string> dimension_names(const NcVariable& variable) const;

  /// Text attribute of \p variable (of the file when null); absent or not text: nullopt. At most 1
  /// MiB is read.
  std::optional<std::string> text_attribute(const NcVariable* variable,
                                            std::string_view name) const;
  /// Numeric attribute, all its values as doubles; absent or not numeric: empty.
  std::vector<double> number_attribute(const NcVariable* variable, std::string_view name) const;
  std::vector<std::string> attribute_names(const NcVariable* variable) const;
  /// scale_factor, add_offset, _FillValue, missing_value, valid_min/max/range.
  NcPacking packing(const NcVariable& variable) const;

  // ---- reading ----
  /// Stored values of a hyperslab, converted to the type of \p out without unpacking; sizes must
  /// agree.
  void read(const NcVariable& variable, std::span<const std::int64_t> start,
            std::span<const std::int64_t> count, std::span<double> out) const;
  void read(const NcVariable& variable, std::span<const std::int64_t> start,
            std::span<const std::int64_t> count, std::span<float> out) const;
  /// Whole variable as stored numbers. Refuses one larger than 2 x file size + 64 MiB (a lying
  /// header).
  std::vector<double> read_all(const NcVariable& variable) const;
  /// Whole variable, unpacked, missing values as NaN; the same bound.
  std::vector<double> read_values(const NcVariable& variable) const;
  /// Hyperslab, unpacked, missing values as NaN; the same bound.
  std::vector<double> read_values(const NcVariable& variable, std::span<const std::int64_t> start,
                                  std::span<const std::int64_t> count) const;
  /// Rows of a character variable [n, length], trailing blanks and NULs removed; or a string
  /// variable [n].
  std::vector<std::string> read_texts(const NcVariable& variable) const;

  // ---- writing ----
  /// Returns the dimension's index; \p length 0 makes it unlimited.
  int define_dimension(const std::string& name, std::int64_t length);
  /// Returns the variable's index in variables().
  int define_variable(const std::string& name, NcType type, const std::vector<int>& dimensions,
                      const NcStorage& storage = {});
  /// \p variable -1 is the file itself.
  void put_attribute(int variable, const std::string& name, const NcAttribute& value);
  void end_definitions();
  void write(int variable, std::span<const std::int64_t> start, std::span<const std::int64_t> count,
             std::span<const double> values);
  void write(int variable, std::span<const std::int64_t> start, std::span<const std::int64_t> count,
             std::span<const float> values);
  void write(int variable, std::span<const std::int64_t> start, std::span<const std::int64_t> count,
             std::span<const std::int32_t> values);
  /// Rows of a character variable [n, length], padded with NULs.
  void write_texts(int variable, const std::vector<std::string>& texts);
  /// Flush and close; a failed close (disk full shows up here) throws.
  void close();

 private:
  NetcdfFile() = default;
  void load_header();
  void check(int status, const char* call, std::string_view object) const;
  void check_bound(std::int64_t elements, const NcVariable& variable) const;

  std::string path_;
  int id_ = -1;
  bool writing_ = false;
  mutable bool failed_ = false;  ///< a call on a file being written failed: it must not be closed
  std::int64_t file_bytes_ = 0;
  std::vector<NcDimension> dimensions_;
  std::vector<NcVariable> variables_;
};

/// Version text of the NetCDF library, e.g. "4.9.0".
std::string netcdf_library_version();

}  // namespace myriad::io
