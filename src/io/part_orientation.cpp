#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.hpp"
#include "src/io/netcdf_axes.hpp"

namespace myriad::io::detail {
namespace {

std::vector<std::int32_t> order_of(std::size_t count, bool reversed) {
  std::vector<std::int32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  if (reversed) std::reverse(order.begin(), order.end());
  return order;
}

std::vector<double> reordered(const std::vector<double>& values,
                              const std::vector<std::int32_t>& order) {
  std::vector<double> out;
  for (const std::int32_t i : order) out.push_back(values[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

Orientation orient_window(const std::vector<double>& latitudes,
                          const std::vector<double>& longitudes, const std::string& file) {
  const bool south_first = latitudes.size() > 1 && latitudes.front() < latitudes.back();
  // From 359 to 0 is a step eastwards: the direction is that of the shorter way round.
  const bool west =
      longitudes.size() > 1 && std::remainder(longitudes[1] - longitudes[0], 360.0) < 0.0;
  const std::vector<std::int32_t> rows = order_of(latitudes.size(), south_first);
  const std::vector<std::int32_t> columns = order_of(longitudes.size(), west);
  try {
    return {Grid::window(reordered(latitudes, rows), reordered(longitudes, columns)), rows,
            columns};
  } catch (const Error& error) {
    throw Error(
        ErrorKind::input_corrupt, "E2035",
        fmt::format("grid of '{}' is neither a global one that is known nor a regular window: {}",
                    file, error.what()));
  }
}

Orientation orient_projection(const std::vector<double>& y, const std::vector<double>& x) {
  const std::vector<std::int32_t> rows = order_of(y.size(), y.size() > 1 && y.front() < y.back());
  const std::vector<std::int32_t> columns =
      order_of(x.size(), x.size() > 1 && x.front() > x.back());
  return {Grid::points(reordered(y, rows), reordered(x, columns)), rows, columns};
}

}  // namespace myriad::io::detail
