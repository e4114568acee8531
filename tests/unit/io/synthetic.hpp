#pragma once
/// \file
/// Small NetCDF files made on the spot, in every shape a reader must bear.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "src/grid/grid.hpp"
#include "src/io/cf_output.hpp"
#include "src/io/field_series.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io::test {

/// A directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Physical value at a time (hours), a level (hPa; 0: none) and a point (degrees).
using Field = std::function<double(double hours, double level, double latitude, double longitude)>;

struct SyntheticVariable {
  std::string name;
  std::string units;          ///< empty: no attribute
  std::string standard_name;  ///< empty: no attribute
  Field field;
  NcType type = NcType::f32;
  double scale = 1.0;  ///< of int16 variables
  double offset = 0.0;
  bool levels = false;
  bool time = true;
  NcAttributes extra = {};
};

struct SyntheticFile {
  std::int64_t nlat = 8;
  std::int64_t nlon = 16;
  GridType grid = GridType::legendre_gauss;
  bool south_first = false;
  double first_longitude = 0.0;
  std::vector<std::string> order{"time", "level", "extra", "lat", "lon"};
  std::string time_units = "hours since 2001-01-01 00:00:00";
  std::string calendar = "proleptic_gregorian";
  std::vector<double> hours{0.0, 6.0, 12.0};
  std::vector<double> levels;  ///< hPa
  std::string level_units = "hPa";
  std::int64_t extra_length = 0;  ///< an additional dimension "number"; 0: none
  std::vector<SyntheticVariable> variables;
};

/// A field that tells every time, level and point apart, within \p low..\p high.
Field distinct(double low, double high);

/// Writes the file; values are float or, for int16, packed with _FillValue -32768 standing for NaN.
void write_synthetic(const std::filesystem::path& path, const SyntheticFile& file);

/// Variables t850 (K, float) and u850 (m s-1, float).
SyntheticFile two_channels();

/// Field of a channel at one time as the series gives it.
std::vector<float> read_one(FieldSeries& series, std::int64_t time_index,
                            const std::string& channel);

/// The value of \p field on our grid order, single precision.
std::vector<float> expected(const SyntheticFile& file, const Field& field, double hours,
                            double level);

/// The error a callable throws; fails the test when it throws none.
Error error_of(const std::function<void()>& action);

}  // namespace myriad::io::test
