#include "tests/unit/diagnostics/climate_fixture.hpp"

#include "src/io/netcdf_file.hpp"

namespace myriad::diag::test {

void ClimateFile::write(const std::filesystem::path& path, const Grid& grid) const {
  auto file = io::NetcdfFile::create(path.string());
  const auto quantiles = static_cast<std::int64_t>(percent.size());
  const int month_d = file.define_dimension("month", months);
  const int quantile_d = file.define_dimension("quantile", quantiles);
  const int lat_d = file.define_dimension("lat", grid.nlat());
  const int lon_d = file.define_dimension("lon", grid.nlon());
  const int month = file.define_variable("month", io::NcType::f64, {month_d});
  const int quantile = file.define_variable("quantile", io::NcType::f64, {quantile_d});
  const int lat = file.define_variable("lat", io::NcType::f64, {lat_d});
  const int lon = file.define_variable("lon", io::NcType::f64, {lon_d});
  const int data =
      file.define_variable(channel, io::NcType::f64, {month_d, quantile_d, lat_d, lon_d});
  file.put_attribute(quantile, "units", std::string("percent"));
  file.put_attribute(data, "units", units);
  file.put_attribute(-1, "title", std::string("climate of a test"));
  file.end_definitions();
  std::vector<double> month_values, values;
  for (int m = 1; m <= months; ++m) {
    month_values.push_back(m);
    for (double p : percent) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(grid.points()); ++i)
        values.push_back(value(m, p, i));
    }
  }
  const auto put = [&](int id, std::vector<std::int64_t> count, const std::vector<double>& what) {
    const std::vector<std::int64_t> start(count.size(), 0);
    file.write(id, start, count, std::span<const double>(what));
  };
  put(month, {months}, month_values);
  put(quantile, {quantiles}, percent);
  put(lat, {grid.nlat()}, grid.latitudes_deg());
  put(lon, {grid.nlon()}, grid.longitudes_deg());
  put(data, {months, quantiles, grid.nlat(), grid.nlon()}, values);
  file.close();
}

}  // namespace myriad::diag::test
