/// Recognising a grid from the latitudes of a file (doubles), and grid names.

#include <cstring>
#include <vector>

#include "src/base/error.hpp"
#include "src/grid/grid.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  std::vector<double> latitudes(size / sizeof(double));
  if (!latitudes.empty()) std::memcpy(latitudes.data(), data, latitudes.size() * sizeof(double));
  for (const std::int64_t columns : {std::int64_t{8}, std::int64_t{0}, std::int64_t{-1}}) {
    try {
      const Grid grid = detect_grid(latitudes, columns);
      require(grid.nlat() == static_cast<std::int64_t>(latitudes.size()),
              "as many rows as latitudes");
    } catch (const Error&) {
    }
  }
  try {
    static_cast<void>(grid_type_from_string(text_of(data, size)));
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
