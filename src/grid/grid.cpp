#include "src/grid/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad {
namespace {

constexpr double k_degrees = 180.0 / std::numbers::pi;
/// Coordinates in files are rounded, to single precision or to millidegrees.
constexpr double k_tolerance_deg = 1e-3;

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

Grid::Grid(Part part)
    : part_(std::make_shared<const Part>(std::move(part))),
      type_(GridType::equiangular),
      nlat_(static_cast<std::int64_t>(part_->latitudes.size())),
      nlon_(static_cast<std::int64_t>(part_->longitudes.size())) {}

Grid Grid::window(std::vector<double> latitudes_deg, std::vector<double> longitudes_deg) {
  const auto check = [](std::vector<double>& degrees, bool cyclic, const char* what) {
    const double step = degrees.size() < 2 ? 1.0 : degrees[1] - degrees[0];
    double spacing = cyclic && step <= 0.0 ? step + 360.0 : step;
    for (std::size_t i = 1; i < degrees.size(); ++i) {
      double next = degrees[i] - degrees[i - 1];
      if (cyclic && next <= 0.0) next += 360.0;
      MYRIAD_VALIDATE(std::abs(next - spacing) <= k_tolerance_deg, ErrorKind::input_corrupt,
                      "E2205",
                      "{} {} follows {} degrees (a window needs equal steps, here {}); interpolate "
                      "the input to a "
                      "regular grid",
                      what, degrees[i], degrees[i - 1], spacing);
    }
    return spacing;
  };
  MYRIAD_VALIDATE(!latitudes_deg.empty() && !longitudes_deg.empty() &&
                      std::all_of(latitudes_deg.begin(), latitudes_deg.end(),
                                  [](double v) { return std::abs(v) <= 90.0 + k_tolerance_deg; }) &&
                      std::all_of(longitudes_deg.begin(), longitudes_deg.end(),
                                  [](double v) { return std::abs(v) <= 720.0; }),
                  ErrorKind::input_corrupt, "E2205",
                  "{} latitudes and {} longitudes are no window (latitudes within 90 degrees and "
                  "at least one point are "
                  "needed); check the coordinates",
                  latitudes_deg.size(), longitudes_deg.size());
  const double rows = check(latitudes_deg, false, "latitude");
  const double columns = check(longitudes_deg, true, "longitude");
  MYRIAD_VALIDATE((latitudes_deg.size() < 2 || rows < 0.0) &&
                      columns * static_cast<double>(longitudes_deg.size()) <=
                          360.0 + k_tolerance_deg * static_cast<double>(longitudes_deg.size()),
                  ErrorKind::input_corrupt, "E2205",
                  "rows every {} and {} columns every {} degrees are no window (rows go "
                  "southwards, columns at most once "
                  "round); reorder them or drop the cyclic column",
                  rows, longitudes_deg.size(), columns);
  Part part;
  double total = 0.0;
  for (const double latitude : latitudes_deg) {
    part.weights.push_back(std::max(0.0, std::cos(latitude / k_degrees)));
    total += part.weights.back();
  }
  MYRIAD_VALIDATE(
      total > 0.0, ErrorKind::input_corrupt, "E2205",
      "a window of the pole alone has no area (weights are cos(latitude)); choose a larger one");
  for (double& weight : part.weights) weight /= total;
  part.name = fmt::format("regional {}x{}", latitudes_deg.size(), longitudes_deg.size());
  part.latitudes = std::move(latitudes_deg);
  part.longitudes = std::move(longitudes_deg);
  return Grid(std::move(part));
}

Grid Grid::points(std::vector<double> rows, std::vector<double> columns) {
  MYRIAD_EXPECT(!rows.empty() && !columns.empty());
  Part part;
  const double absent = std::numeric_limits<double>::quiet_NaN();
  part.latitudes.assign(rows.size(), absent);
  part.longitudes.assign(columns.size(), absent);
  part.weights.assign(rows.size(), 1.0 / static_cast<double>(rows.size()));
  part.name = fmt::format("equal-weight {}x{}", rows.size(), columns.size());
  part.rows = std::move(rows);
  part.columns = std::move(columns);
  return Grid(std::move(part));
}

bool Grid::operator==(const Grid& other) const {
  if (nlat_ != other.nlat_ || nlon_ != other.nlon_ || is_global() != other.is_global())
    return false;
  if (is_global()) return type_ == other.type_;
  if (is_window() != other.is_window()) return false;
  // Longitudes that differ by a whole turn are the same.
  const auto same_degrees = [](double x, double y) {
    return std::abs(std::remainder(x - y, 360.0)) <= k_tolerance_deg;
  };
  const auto alike = [](const std::vector<double>& a, const std::vector<double>& b,
                        const auto& near) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), near);
  };
  if (is_window())
    return alike(part_->latitudes, other.part_->latitudes, same_degrees) &&
           alike(part_->longitudes, other.part_->longitudes, same_degrees);
  const auto same_points = [&](const std::vector<double>& a, const std::vector<double>& b) {
    const double step = a.size() < 2 ? 1.0 : std::abs(a[1] - a[0]);
    return alike(a, b, [step](double x, double y) { return std::abs(x - y) <= 1e-3 * step; });
  };
  return same_points(part_->rows, other.part_->rows) &&
         same_points(part_->columns, other.part_->columns);
}

GridType Grid::type() const {
  MYRIAD_EXPECT(is_global());
  return type_;
}

const Quadrature& Grid::quadrature() const {
  MYRIAD_EXPECT(is_global());
  return quadrature_;
}

std::vector<double> Grid::latitudes_deg() const {
  if (!is_global()) return part_->latitudes;
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
  if (!is_global()) return part_->longitudes;
  std::vector<double> longitudes;
  longitudes.reserve(static_cast<std::size_t>(nlon_));
  for (std::int64_t j = 0; j < nlon_; ++j) {
    longitudes.push_back(360.0 * static_cast<double>(j) / static_cast<double>(nlon_));
  }
  return longitudes;
}

const std::vector<double>& Grid::part_rows() const {
  MYRIAD_EXPECT(!is_global());
  return is_window() ? part_->latitudes : part_->rows;
}

const std::vector<double>& Grid::part_columns() const {
  MYRIAD_EXPECT(!is_global());
  return is_window() ? part_->longitudes : part_->columns;
}

std::vector<double> Grid::row_weights() const {
  if (!is_global()) return part_->weights;
  std::vector<double> weights = quadrature_.weights;
  for (double& w : weights) w *= 0.5;
  return weights;
}

std::string Grid::describe() const {
  if (!is_global()) return part_->name;
  return fmt::format("{} {}x{}", to_string(type_), nlat_, nlon_);
}

Grid detect_grid(const std::vector<double>& latitudes_deg, std::int64_t nlon) {
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
