/// Training archives in HDF5, as makani writes them.

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/scratch_file.hpp"
#include "tests/fuzz/targets/series_walk.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const ScratchFile scratch("makani", data, size);
  io::SeriesOptions options;
  options.files = {scratch.path()};
  options.format = io::SeriesFormat::makani;
  walk_series(options);
  return 0;
}

}  // namespace myriad::fuzz
