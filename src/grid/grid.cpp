#include "src/grid/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad {
namespace {

constexpr double k_degrees = 180.0 / std::numbers::pi;

constexpr struct {
  GridType type;
  std::string_view name;
} k_names[] = {{GridType::equiangular, "equiangular"},
               {GridType::legendre_gauss, "legendre-gauss"},
               {GridType::lobatto, "lobatto"}};

/// Rows of the largest grid that detect_grid recognises (2.4 km); its nodes take about 2 s.
constexpr std::int64_t k_max_detected_rows = 8192;
/// Up to here all candidates are computed, which takes less than 0.1 s.
constexpr std::int64_t k_small_grid_rows = 512;

/// Latitude of row \p k in degrees within 0.05 row spacings, at no cost. The colatitudes of Gauss
/// rows are near (k + 3/4) pi / (n + 1/2), those of Lobatto rows near (k + 1/4) pi / (n - 1/2) from
/// the second row on (asymptotic zeros of P_n and of P'_{n-1}: the zeros of the Bessel functions J0
/// and J1 over n).
double rough_latitude(GridType type, std::int64_t k, std::int64_t n) {
  const std::int64_t from_pole = std::min(k, n - 1 - k);
  const auto row = static_cast<double>(from_pole);
  const auto rows = static_cast<double>(n);
  double colatitude = 0.0;
  switch (type) {
    case GridType::equiangular:
      colatitude = 180.0 * row / (rows - 1.0);
      break;
    case GridType::legendre_gauss:
      colatitude = 180.0 * (row + 0.75) / (rows + 0.5);
      break;
    case GridType::lobatto:
      colatitude = from_pole == 0 ? 0.0 : 180.0 * (row + 0.25) / (rows - 0.5);
      break;
  }
  return k == from_pole ? 90.0 - colatitude : colatitude - 90.0;
}

}  // namespace

std::string_view to_string(GridType type) {
  for (const auto& entry : k_names) {
    if (entry.type == type) return entry.name;
  }
  return "unknown";
}

GridType grid_type_from_string(std::string_view name) {
  for (const auto& entry : k_names) {
    if (entry.name == name) return entry.type;
  }
  throw Error(
      ErrorKind::config_invalid, "E2202",
      fmt::format(
          "unknown grid type '{}' (known: equiangular, legendre-gauss, lobatto); use one of them",
          name));
}

Grid::Grid(GridType type, std::int64_t nlat, std::int64_t nlon)
    : type_(type), nlat_(nlat), nlon_(nlon), quadrature_(make_quadrature(type, nlat)) {
  MYRIAD_VALIDATE(nlon >= 1, ErrorKind::config_invalid, "E2201",
                  "grid with {} longitudes is too small (at least 1 is needed); raise nlon", nlon);
}

std::vector<double> Grid::latitudes_deg() const {
  std::vector<double> latitudes;
  latitudes.reserve(static_cast<std::size_t>(nlat_));
  // 90 - theta would leave the equator and mirrored rows off by a rounding error.
  for (std::int64_t k = 0; k < nlat_; ++k) {
    const auto mirrored = static_cast<std::size_t>(std::min(k, nlat_ - 1 - k));
    const double north = 2 * k + 1 == nlat_ ? 0.0 : 90.0 - quadrature_.theta[mirrored] * k_degrees;
    latitudes.push_back(2 * k < nlat_ ? north : -north);
  }
  return latitudes;
}

std::vector<double> Grid::longitudes_deg() const {
  std::vector<double> longitudes;
  longitudes.reserve(static_cast<std::size_t>(nlon_));
  for (std::int64_t j = 0; j < nlon_; ++j) {
    longitudes.push_back(360.0 * static_cast<double>(j) / static_cast<double>(nlon_));
  }
  return longitudes;
}

std::vector<double> Grid::row_weights() const {
  std::vector<double> weights = quadrature_.weights;
  for (double& w : weights) w *= 0.5;
  return weights;
}

std::string Grid::describe() const {
  return fmt::format("{} {}x{}", to_string(type_), nlat_, nlon_);
}

Grid detect_grid(const std::vector<double>& latitudes_deg, std::int64_t nlon) {
  constexpr double k_tolerance_deg = 1e-3;
  const auto nlat = static_cast<std::int64_t>(latitudes_deg.size());
  MYRIAD_VALIDATE(nlat >= 3, ErrorKind::input_corrupt, "E2203",
                  "cannot recognise a grid from {} latitudes (at least 3 are needed); check the "
                  "latitude coordinate",
                  nlat);
  MYRIAD_VALIDATE(
      latitudes_deg.front() > latitudes_deg.back(), ErrorKind::input_corrupt, "E2203",
      "latitudes run from {} to {} (rows must go from north to south); reverse the latitude axis",
      latitudes_deg.front(), latitudes_deg.back());
  // The exact nodes cost O(nlat^2), which a file of garbage must not be able to ask for.
  MYRIAD_VALIDATE(nlat <= k_max_detected_rows, ErrorKind::input_corrupt, "E2203",
                  "cannot recognise a grid from {} latitudes (the limit is {}); interpolate the "
                  "input to a coarser "
                  "grid",
                  nlat, k_max_detected_rows);
  std::size_t best_row = 0;
  double best_expected = 0.0;
  GridType best_type = GridType::equiangular;
  const auto keep_nearest = [&](GridType type, std::size_t row, double expected) {
    if (row < best_row) return;
    best_row = row;
    best_expected = expected;
    best_type = type;
  };
  for (const auto& entry : k_names) {
    if (nlat > k_small_grid_rows) {
      const double tolerance = 0.1 * 180.0 / static_cast<double>(nlat);
      std::int64_t k = 0;
      double expected = 0.0;
      while (k < nlat) {
        expected = rough_latitude(entry.type, k, nlat);
        if (!(std::abs(latitudes_deg[static_cast<std::size_t>(k)] - expected) <= tolerance)) break;
        ++k;
      }
      if (k < nlat) {
        keep_nearest(entry.type, static_cast<std::size_t>(k), expected);
        continue;
      }
    }
    Grid candidate(entry.type, nlat, nlon);
    const std::vector<double> expected = candidate.latitudes_deg();
    std::size_t row = 0;
    // Written so that a NaN latitude is a mismatch.
    while (row < expected.size() && std::abs(latitudes_deg[row] - expected[row]) <= k_tolerance_deg)
      ++row;
    if (row == expected.size()) return candidate;
    keep_nearest(entry.type, row, expected[row]);
  }
  throw Error(
      ErrorKind::input_corrupt, "E2203",
      fmt::format("latitudes fit no known grid (row {} is {} degrees, the nearest grid, {} with {} "
                  "rows, has {}); "
                  "interpolate the input to a supported grid",
                  best_row, latitudes_deg[best_row], to_string(best_type), nlat, best_expected));
}

}  // namespace myriad
