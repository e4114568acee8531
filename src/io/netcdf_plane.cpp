#include "src/io/netcdf_plane.hpp"

#include <limits>

#include "src/base/error.hpp"

namespace myriad::io::detail {

void PlaneReader::read(const NetcdfFile& file, const Plane& plane, const PlaneOrder& order,
                       std::span<float> out) {
  MYRIAD_VALIDATE(plane.variable < static_cast<int>(file.variables().size()),
                  ErrorKind::input_corrupt, "E2002",
                  "'{}' changed while it was being read (fewer variables than before); do not "
                  "rewrite input files in place",
                  file.path());
  const NcVariable& variable = file.variables()[static_cast<std::size_t>(plane.variable)];
  const std::size_t nlat = order.rows.size();
  const std::size_t nlon = order.columns.size();
  const std::size_t row_stride = plane.longitude_first ? 1 : nlon;
  const std::size_t column_stride = plane.longitude_first ? nlat : 1;
  constexpr float k_missing = std::numeric_limits<float>::quiet_NaN();
  const auto store = [&](const auto& stored, const auto& convert) {
    for (std::size_t k = 0; k < nlat; ++k) {
      const std::size_t row = static_cast<std::size_t>(order.rows[k]) * row_stride;
      for (std::size_t j = 0; j < nlon; ++j) {
        out[k * nlon + j] =
            convert(stored[row + static_cast<std::size_t>(order.columns[j]) * column_stride]);
      }
    }
  };
  if (variable.type == NcType::f32 && !plane.packing.packed() && plane.conversion.identity()) {
    stored_single_.resize(out.size());
    file.read(variable, plane.start, plane.count, std::span<float>(stored_single_));
    store(stored_single_, [&](float value) {
      return plane.packing.is_missing(static_cast<double>(value)) ? k_missing : value;
    });
    return;
  }
  stored_.resize(out.size());
  file.read(variable, plane.start, plane.count, std::span<double>(stored_));
  const double scale = plane.packing.scale;
  const double offset = plane.packing.offset;
  store(stored_, [&](double value) {
    if (plane.packing.is_missing(value)) return k_missing;
    const double physical = value * scale + offset;
    return static_cast<float>(physical * plane.conversion.scale + plane.conversion.offset);
  });
}

}  // namespace myriad::io::detail
