#include "src/io/map_window.hpp"

#include <cmath>
#include <numeric>

#include "src/base/error.hpp"
#include "src/io/cf_output.hpp"

namespace myriad::io {

MapWindow::MapWindow(const Grid& grid)
    : grid_(grid),
      rows_(grid.nlat()),
      columns_(static_cast<std::size_t>(grid.nlon())),
      longitudes_(grid.longitudes_deg()) {
  std::iota(columns_.begin(), columns_.end(), std::int64_t{0});
}

MapWindow::MapWindow(const Grid& grid, const MapBox& box) : grid_(grid) {
  constexpr double k_slack = 1e-9;  // degrees: a box that ends at a grid point includes it
  const std::vector<double> latitudes = grid.latitudes_deg();
  for (std::size_t k = 0; k < latitudes.size(); ++k) {
    if (latitudes[k] > box.north + k_slack || latitudes[k] < box.south - k_slack) continue;
    if (rows_ == 0) first_row_ = static_cast<std::int64_t>(k);
    ++rows_;
  }
  const std::int64_t nlon = grid.nlon();
  const double spacing = 360.0 / static_cast<double>(nlon);
  const double east = box.east >= box.west ? box.east : box.east + 360.0;
  // Column numbers continue over Greenwich in both directions.
  const auto first = static_cast<std::int64_t>(std::ceil((box.west - k_slack) / spacing));
  for (std::int64_t j = first; static_cast<double>(j) * spacing <= east + k_slack; ++j) {
    if (static_cast<std::int64_t>(columns_.size()) == nlon) break;
    columns_.push_back((j % nlon + nlon) % nlon);
    longitudes_.push_back(static_cast<double>(j) * spacing);
  }
  MYRIAD_VALIDATE(rows_ > 0 && !columns_.empty(), ErrorKind::config_invalid, "E2073",
                  "no grid point lies between {} and {} degrees north and {} and {} degrees east (the grid is {}) "
                  "make the region larger",
                  box.south, box.north, box.west, box.east, grid.describe());
}

std::vector<double> MapWindow::latitudes_deg() const {
  const std::vector<double> all = grid_.latitudes_deg();
  return {all.begin() + first_row_, all.begin() + first_row_ + rows_};
}

std::vector<double> MapWindow::row_edges_deg() const {
  const std::vector<double> all = detail::row_edges_deg(grid_);
  return {all.begin() + first_row_, all.begin() + first_row_ + rows_ + 1};
}

std::string MapWindow::describe() const {
  return whole() ? grid_.describe() : fmt::format("{} x {} points of {}", nlat(), nlon(), grid_.describe());
}

void MapWindow::cut(std::span<const float> field, std::span<float> out) const {
  MYRIAD_EXPECT(static_cast<std::int64_t>(field.size()) == grid_.points() &&
                static_cast<std::int64_t>(out.size()) == points());
  std::size_t i = 0;
  for (std::int64_t row = first_row_; row < first_row_ + rows_; ++row) {
    for (std::int64_t column : columns_) out[i++] = field[static_cast<std::size_t>(row * grid_.nlon() + column)];
  }
}

std::vector<std::size_t> MapWindow::indices() const {
  std::vector<std::size_t> all;
  all.reserve(static_cast<std::size_t>(points()));
  for (std::int64_t row = first_row_; row < first_row_ + rows_; ++row) {
    for (std::int64_t column : columns_) all.push_back(static_cast<std::size_t>(row * grid_.nlon() + column));
  }
  return all;
}

}  // namespace myriad::io
