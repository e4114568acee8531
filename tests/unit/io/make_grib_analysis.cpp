// make_grib_analysis IN.nc OUT.grib: the fields of a NetCDF series as GRIB2 messages, for tests of
// whole commands.
#include <cmath>
#include <cstdio>
#include <exception>
#include <vector>

#include "src/io/field_series.hpp"
#include "tests/unit/io/grib_fixture.hpp"

namespace myriad::io {
namespace {

void convert(const char* from, const char* to) {
  SeriesOptions options;
  options.files = {from};
  const auto series = open_field_series(options);
  const Grid& grid = series->grid();
  const std::vector<double> latitudes = grid.latitudes_deg();
  std::vector<float> values(static_cast<std::size_t>(grid.points()));
  for (std::size_t t = 0; t < series->times().size(); ++t) {
    const CivilTime time = series->times()[t].civil();
    for (std::size_t c = 0; c < series->channels().size(); ++c) {
      const Channel& channel = series->channels()[c];
      if (channel.sum_hours > 0) continue;
      const auto index = static_cast<std::int64_t>(c);
      series->read(static_cast<std::int64_t>(t), {&index, 1}, values);
      test::GribSpec spec;
      spec.rows = grid.nlat();
      spec.columns = grid.nlon();
      spec.north = true;  // unlike the original
      spec.param_id = channel.grib_param_id;
      const bool pressure = channel.level.kind == LevelKind::pressure;
      spec.level_type = pressure ? "isobaricInhPa" : "surface";
      spec.level = pressure ? std::lround(channel.level.value / 100.0) : 0;
      spec.date = time.year * 10000L + time.month * 100L + time.day;
      spec.time = time.hour * 100L + time.minute;
      spec.field = [&](double latitude, double longitude) {
        std::size_t row = 0;
        while (std::abs(latitudes[row] - latitude) > 1e-6) ++row;
        const auto column = static_cast<std::size_t>(
            std::lround(longitude / 360.0 * static_cast<double>(grid.nlon())) % grid.nlon());
        return static_cast<double>(values[row * static_cast<std::size_t>(grid.nlon()) + column]);
      };
      test::append_grib(to, {spec});
    }
  }
}

}  // namespace
}  // namespace myriad::io

int main(int argc, char** argv) {
  try {
    if (argc != 3) return 64;
    myriad::io::convert(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
}
