#pragma once
/// \file
/// One field of a NetCDF variable, brought into our order and unit. Internal to src/io.

#include <cstdint>
#include <span>
#include <vector>

#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::io::detail {

/// How a file orders the points of the grid: source row of each of our rows, source column of each
/// of our columns.
struct PlaneOrder {
  std::vector<std::int32_t> rows;
  std::vector<std::int32_t> columns;
  bool operator==(const PlaneOrder&) const = default;
};

/// A hyperslab that is one latitude-longitude field.
struct Plane {
  int variable = -1;                ///< NcVariable::id
  std::vector<std::int64_t> start;  ///< one per dimension of the variable
  std::vector<std::int64_t> count;  ///< 1 but for latitude and longitude
  bool longitude_first = false;
  NcPacking packing;
  UnitConversion conversion;
};

/// Reads planes; keeps its buffers.
class PlaneReader {
 public:
  /// Unpacked and converted in double precision, missing values as NaN. *Shapes* out [rows,
  /// columns]. Errors: input_corrupt E2002 (the file has fewer variables than when it was opened),
  /// those of NetcdfFile::read.
  void read(const NetcdfFile& file, const Plane& plane, const PlaneOrder& order,
            std::span<float> out);

 private:
  std::vector<double> stored_;
  std::vector<float> stored_single_;
};

}  // namespace myriad::io::detail
