#include "diagnostics/climate_file.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/error.hpp"

namespace myriad::diag::detail {

void check_climate_grid(const io::NetcdfFile& file, const Grid& grid) {
  const auto compare = [&](const char* name, const std::vector<double>& wanted) {
    const std::vector<double> found = file.read_values(file.require(name));
    const bool same = std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                                 [](double a, double b) { return std::abs(a - b) < 1e-3; });
    MYRIAD_VALIDATE(same, ErrorKind::input_corrupt, "E2520",
                    "{}: climatology is on another grid ({} differs from the {} grid of the "
                    "forecasts) give one on that grid",
                    file.path(), name, grid.describe());
  };
  compare("lat", grid.latitudes_deg());
  compare("lon", grid.longitudes_deg());
}

}  // namespace myriad::diag::detail
