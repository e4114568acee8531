// Stands in for grib_series.cpp and grib_ensemble.cpp in builds without ecCodes.
#include "src/base/error.hpp"
#include "src/io/grib_series.hpp"

namespace myriad::io {
namespace {

[[noreturn]] void refuse(const std::string& file) {
  throw Error(ErrorKind::unavailable, "E2056",
              fmt::format("'{}' is a GRIB file (this program was built without ecCodes); install "
                          "libeccodes-dev and build again, "
                          "or convert it, e.g. with cdo -f nc4 copy",
                          file));
}

}  // namespace

bool grib_is_built_in() {
  return false;
}

std::unique_ptr<FieldSeries> open_grib_series(const SeriesOptions& options) {
  refuse(options.files.front());
}

std::unique_ptr<EnsembleSeries> open_grib_ensemble(const EnsembleOptions& options) {
  refuse(options.files.front());
}

}  // namespace myriad::io
