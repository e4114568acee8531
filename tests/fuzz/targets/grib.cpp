/// GRIB files, editions 1 and 2: headers of all messages, values of the first times and members.

#include <grib_api.h>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/ensemble_walk.hpp"
#include "tests/fuzz/targets/scratch_file.hpp"
#include "tests/fuzz/targets/series_walk.hpp"

/// Exported by the library, but in no header.
extern "C" void grib_context_reset(grib_context* context);

namespace myriad::fuzz {

/// ecCodes keeps the definitions of every table version and centre that it has met.
void forget_caches() {
  grib_context_reset(grib_context_get_default());
}

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const ScratchFile scratch("grib", data, size);
  io::SeriesOptions options;
  options.files = {scratch.path()};
  options.format = io::SeriesFormat::grib;
  walk_series(options);
  io::EnsembleOptions ensemble;
  ensemble.files = {scratch.path()};
  walk_ensemble(ensemble);
  return 0;
}

}  // namespace myriad::fuzz
