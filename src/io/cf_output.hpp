#pragma once
/// \file
/// Parts that all our NetCDF outputs share: attributes, horizontal grid, forecast times,
/// publication.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/base/files.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/map_window.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io {

/// Attributes in the order in which they are written.
using NcAttributes = std::vector<std::pair<std::string, NcAttribute>>;

/// A file that is complete under its final name.
struct PublishedFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hexadecimal; also in the sidecar `<path>.sha256`
};

/// Radius of the sphere that GRIB messages of ECMWF and our grid mapping state, m.
inline constexpr double k_earth_radius = 6371229.0;
/// Epoch and unit of every time coordinate we write.
inline constexpr const char* k_time_units = "hours since 1970-01-01 00:00:00";
/// Stands for a legal missing value (the library's default for floats); forecast fields have none.
inline constexpr float k_missing_value = 9.96920996838686905e+36F;

namespace detail {

void put_attributes(NetcdfFile& file, int variable, const NcAttributes& attributes);
/// \p defaults with the values of \p given replacing or following them.
NcAttributes merged(NcAttributes defaults, const NcAttributes& given);

/// Dimensions and variables latitude, longitude, their bounds and crs.
struct HorizontalIds {
  int latitude = -1;  ///< dimensions
  int longitude = -1;
  int bounds = -1;  ///< dimension of length 2
  int latitude_variable = -1;
  int longitude_variable = -1;
  int latitude_bounds = -1;
  int longitude_bounds = -1;
  int crs = -1;  ///< -1 for rows that are not equally spaced
};
///
/// Rows that are not equally spaced (Gaussian, Lobatto) get no grid mapping: cdo 2.1.1 takes such a
/// grid with `latitude_longitude` for a map projection and weights all its points alike.
HorizontalIds define_horizontal(NetcdfFile& file, const MapWindow& map);
/// Add `grid_mapping` to a map-like variable where the grid has one.
void put_grid_mapping(NetcdfFile& file, int variable, const HorizontalIds& ids);
void write_horizontal(NetcdfFile& file, const HorizontalIds& ids, const MapWindow& map);

/// Edges of the rows, from +90 to -90 degrees, nlat + 1 values: where the quadrature weights cut
/// the sphere for Gaussian and Lobatto rows (cells then have exactly the row's area), mid-way
/// between rows otherwise.
std::vector<double> row_edges_deg(const Grid& grid);

/// geospatial_* (ACDD 1.3).
NcAttributes geospatial_attributes(const MapWindow& map);
/// time_coverage_* (ACDD 1.3).
NcAttributes coverage_attributes(const Instant& first, const Instant& last,
                                 std::optional<Duration> step);

/// "hours since 1970" of \p time; the calendar is that of the instant.
double encode_hours(const Instant& time);
/// Name for the calendar attribute: proleptic_gregorian dates are written as such, never
/// relabelled.
std::string calendar_attribute(Calendar calendar);

/// Run a read-back; whatever it finds wrong is a failure of the output (ErrorKind::io E2061), not
/// of an input.
void verified(const AtomicFile& target, const std::function<void()>& read_back);

/// Close, commit under the final name, write the sidecar.
PublishedFile publish(NetcdfFile& file, AtomicFile& target, bool sidecar = true);

}  // namespace detail
}  // namespace myriad::io
