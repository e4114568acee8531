#pragma once
/// \file
/// Small GRIB files made on the spot through the API of ecCodes.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace myriad::io::test {

/// One message.
struct GribSpec {
  int edition = 2;
  std::string grid = "regular_gg";  ///< or regular_ll, reduced_gg, sh
  std::int64_t rows = 8;            ///< even; for regular_ll with both poles rows = odd
  std::int64_t columns = 16;
  bool north = false;  ///< rows from south to north
  bool west = false;   ///< columns from east to west
  bool column_first = false;
  double first_longitude = 0.0;
  long param_id = 130;
  std::string level_type = "isobaricInhPa";
  long level = 850;
  long date = 20030115;
  long time = 0;           ///< HHMM
  std::string step = "0";  ///< "6", or "0-6" for an accumulation
  long number = -1;        ///< ensemble member
  std::string packing;     ///< empty: simple
  /// Value at a point; NaN: missing.
  std::function<double(double latitude, double longitude)> field;
};

/// Append messages to a file.
void append_grib(const std::filesystem::path& path, const std::vector<GribSpec>& messages);

/// Append one GRIB2 message that holds two fields.
void append_two_fields(const std::filesystem::path& path, const GribSpec& first,
                       const GribSpec& second);

/// What the reader must deliver: rows from the north, columns from longitude 0.
std::vector<float> on_our_grid(const GribSpec& spec);

}  // namespace myriad::io::test
