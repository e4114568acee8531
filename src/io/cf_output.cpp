#include "src/io/cf_output.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::io::detail {

void put_attributes(NetcdfFile& file, int variable, const NcAttributes& attributes) {
  for (const auto& [name, value] : attributes) file.put_attribute(variable, name, value);
}

NcAttributes merged(NcAttributes defaults, const NcAttributes& given) {
  for (const auto& attribute : given) {
    const auto same = [&](const auto& other) { return other.first == attribute.first; };
    const auto position = std::find_if(defaults.begin(), defaults.end(), same);
    if (position == defaults.end()) {
      defaults.push_back(attribute);
    } else {
      position->second = attribute.second;
    }
  }
  return defaults;
}

std::vector<double> row_edges_deg(const Grid& grid) {
  const std::vector<double> latitudes = grid.latitudes_deg();
  const std::size_t n = latitudes.size();
  std::vector<double> edges(n + 1);
  edges.front() = 90.0;
  edges.back() = -90.0;
  if (grid.type() == GridType::equiangular) {
    for (std::size_t k = 1; k < n; ++k) edges[k] = 0.5 * (latitudes[k - 1] + latitudes[k]);
    return edges;
  }
  // x = sin(latitude) falls by the weight of each row; summed from both poles so that the edges are
  // symmetric.
  const std::vector<double>& weights = grid.quadrature().weights;
  double x = 1.0;
  for (std::size_t k = 1; 2 * k <= n; ++k) {
    x -= weights[k - 1];
    const double edge = 2 * k == n ? 0.0 : std::asin(x) * 180.0 / std::numbers::pi;
    edges[k] = edge;
    edges[n - k] = -edge;
  }
  return edges;
}

HorizontalIds define_horizontal(NetcdfFile& file, const MapWindow& map) {
  HorizontalIds ids;
  ids.latitude = file.define_dimension("latitude", map.nlat());
  ids.longitude = file.define_dimension("longitude", map.nlon());
  ids.bounds = file.define_dimension("bnds", 2);
  ids.latitude_variable = file.define_variable("latitude", NcType::f64, {ids.latitude});
  put_attributes(file, ids.latitude_variable,
                 {{"standard_name", "latitude"},
                  {"long_name", "latitude"},
                  {"units", "degrees_north"},
                  {"axis", "Y"},
                  {"bounds", "latitude_bnds"}});
  ids.longitude_variable = file.define_variable("longitude", NcType::f64, {ids.longitude});
  put_attributes(file, ids.longitude_variable,
                 {{"standard_name", "longitude"},
                  {"long_name", "longitude"},
                  {"units", "degrees_east"},
                  {"axis", "X"},
                  {"bounds", "longitude_bnds"}});
  ids.latitude_bounds =
      file.define_variable("latitude_bnds", NcType::f64, {ids.latitude, ids.bounds});
  ids.longitude_bounds =
      file.define_variable("longitude_bnds", NcType::f64, {ids.longitude, ids.bounds});
  if (map.type() != GridType::equiangular) {
    file.put_attribute(
        ids.latitude_variable, "comment",
        fmt::format("{}, on a sphere of radius {} m", map.describe(), k_earth_radius));
    return ids;
  }
  ids.crs = file.define_variable("crs", NcType::int32, {});
  put_attributes(file, ids.crs,
                 {{"grid_mapping_name", "latitude_longitude"},
                  {"earth_radius", k_earth_radius},
                  {"longitude_of_prime_meridian", 0.0},
                  {"comment", map.describe()}});
  return ids;
}

void put_grid_mapping(NetcdfFile& file, int variable, const HorizontalIds& ids) {
  if (ids.crs >= 0) file.put_attribute(variable, "grid_mapping", std::string("crs"));
}

void write_horizontal(NetcdfFile& file, const HorizontalIds& ids, const MapWindow& map) {
  const std::vector<double> latitudes = map.latitudes_deg();
  const std::vector<double> longitudes = map.longitudes_deg();
  const std::vector<double> edges = map.row_edges_deg();
  const double half = 180.0 / static_cast<double>(map.grid().nlon());
  std::vector<double> latitude_bounds;
  std::vector<double> longitude_bounds;
  for (std::size_t k = 0; k < latitudes.size(); ++k) {
    latitude_bounds.insert(latitude_bounds.end(), {edges[k], edges[k + 1]});
  }
  for (const double longitude : longitudes) {
    longitude_bounds.insert(longitude_bounds.end(), {longitude - half, longitude + half});
  }
  const std::int64_t start[2] = {0, 0};
  const std::int64_t rows[2] = {map.nlat(), 2};
  const std::int64_t columns[2] = {map.nlon(), 2};
  const std::span<const std::int64_t> origin(start);
  file.write(ids.latitude_variable, origin.first(1), std::span(rows).first(1),
             std::span<const double>(latitudes));
  file.write(ids.longitude_variable, origin.first(1), std::span(columns).first(1),
             std::span<const double>(longitudes));
  file.write(ids.latitude_bounds, origin, rows, std::span<const double>(latitude_bounds));
  file.write(ids.longitude_bounds, origin, columns, std::span<const double>(longitude_bounds));
  if (ids.crs >= 0) {
    const std::int32_t unused = 0;
    file.write(ids.crs, {}, {}, std::span<const std::int32_t>(&unused, 1));
  }
}

NcAttributes geospatial_attributes(const MapWindow& map) {
  const std::vector<double> latitudes = map.latitudes_deg();
  return {{"geospatial_lat_min", latitudes.back()},
          {"geospatial_lat_max", latitudes.front()},
          {"geospatial_lat_units", "degrees_north"},
          {"geospatial_lon_min", map.longitudes_deg().front()},
          {"geospatial_lon_max", map.longitudes_deg().back()},
          {"geospatial_lon_units", "degrees_east"}};
}

NcAttributes coverage_attributes(const Instant& first, const Instant& last,
                                 std::optional<Duration> step) {
  NcAttributes attributes{
      {"time_coverage_start", first.iso()},
      {"time_coverage_end", last.iso()},
      {"time_coverage_duration", fmt::format("PT{}H", (last - first).seconds / 3600)}};
  if (step)
    attributes.emplace_back("time_coverage_resolution", fmt::format("PT{}H", step->seconds / 3600));
  return attributes;
}

double encode_hours(const Instant& time) {
  return CfTimeUnits(k_time_units, time.calendar()).encode(time);
}

std::string calendar_attribute(Calendar calendar) {
  return std::string(to_string(calendar));
}

void verified(const AtomicFile& target, const std::function<void()>& read_back) {
  try {
    read_back();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::io) throw;
    throw Error(ErrorKind::io, "E2061",
                fmt::format("'{}' cannot be read back (it is not published); check the disk: {}",
                            target.final_path().string(), error.what()));
  }
}

PublishedFile publish(NetcdfFile& file, AtomicFile& target, bool sidecar) {
  file.close();
  target.commit();
  PublishedFile published;
  published.path = target.final_path();
  published.bytes = std::filesystem::file_size(published.path);
  if (sidecar) published.sha256 = write_sha256_sidecar(published.path);
  return published;
}

}  // namespace myriad::io::detail
