#include "diagnostics/contour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// The lattice with one more ring of nodes around it, below every level and at the place of the
/// border, so that all rings close.
struct Padded {
  explicit Padded(const Lattice& lattice)
      : columns(static_cast<std::int64_t>(lattice.x.size()) + 2),
        rows(static_cast<std::int64_t>(lattice.y.size()) + 2),
        values(static_cast<std::size_t>(columns * rows), -std::numeric_limits<double>::infinity()) {
    x.push_back(lattice.x.front());
    x.insert(x.end(), lattice.x.begin(), lattice.x.end());
    x.push_back(lattice.x.back());
    y.push_back(lattice.y.front());
    y.insert(y.end(), lattice.y.begin(), lattice.y.end());
    y.push_back(lattice.y.back());
    for (std::int64_t k = 0; k + 2 < rows; ++k) {
      const auto begin = lattice.values.begin() + k * (columns - 2);
      std::copy(begin, begin + columns - 2, values.begin() + (k + 1) * columns + 1);
    }
  }
  double at(std::int64_t k, std::int64_t j) const {
    return values[static_cast<std::size_t>(k * columns + j)];
  }

  std::int64_t columns;
  std::int64_t rows;
  std::vector<double> x, y, values;
};

enum Side { top, right, bottom, left };
struct Segment {
  Side from;
  Side to;
};

/// Directed segments of a cell with the high side on the right hand; corner bits: 8 top left, 4 top
/// right, 2 bottom right, 1 bottom left. Opposite high corners are joined when the centre is high.
int cell_segments(int corners, bool centre_high, std::array<Segment, 2>& out) {
  switch (corners) {
    case 1:
      out[0] = {bottom, left};
      return 1;
    case 2:
      out[0] = {right, bottom};
      return 1;
    case 3:
      out[0] = {right, left};
      return 1;
    case 4:
      out[0] = {top, right};
      return 1;
    case 6:
      out[0] = {top, bottom};
      return 1;
    case 7:
      out[0] = {top, left};
      return 1;
    case 8:
      out[0] = {left, top};
      return 1;
    case 9:
      out[0] = {bottom, top};
      return 1;
    case 11:
      out[0] = {right, top};
      return 1;
    case 12:
      out[0] = {left, right};
      return 1;
    case 13:
      out[0] = {bottom, right};
      return 1;
    case 14:
      out[0] = {left, bottom};
      return 1;
    case 5:
      out = centre_high ? std::array<Segment, 2>{{{top, left}, {bottom, right}}}
                        : std::array<Segment, 2>{{{top, right}, {bottom, left}}};
      return 2;
    case 10:
      out = centre_high ? std::array<Segment, 2>{{{right, top}, {left, bottom}}}
                        : std::array<Segment, 2>{{{left, top}, {right, bottom}}};
      return 2;
    default:
      return 0;
  }
}

/// Number of the lattice edge on a side of cell (k, j): even numbers run along rows, odd ones along
/// columns.
std::int64_t edge_number(const Padded& grid, std::int64_t k, std::int64_t j, Side side) {
  switch (side) {
    case top:
      return 2 * (k * grid.columns + j);
    case bottom:
      return 2 * ((k + 1) * grid.columns + j);
    case left:
      return 2 * (k * grid.columns + j) + 1;
    case right:
      return 2 * (k * grid.columns + j + 1) + 1;
  }
  return -1;
}

Point crossing(const Padded& grid, std::int64_t edge, double level) {
  const std::int64_t node = edge / 2;
  const std::int64_t k = node / grid.columns;
  const std::int64_t j = node % grid.columns;
  const bool along_row = edge % 2 == 0;
  const std::int64_t k2 = along_row ? k : k + 1;
  const std::int64_t j2 = along_row ? j + 1 : j;
  const double a = grid.at(k, j);
  const double b = grid.at(k2, j2);
  double t = 0.5;  // towards the padding, where both ends are one place
  if (std::isfinite(a) && std::isfinite(b)) t = (level - a) / (b - a);
  const auto at = [t](const std::vector<double>& axis, std::int64_t i, std::int64_t i2) {
    const double low = axis[static_cast<std::size_t>(i)];
    return low + t * (axis[static_cast<std::size_t>(i2)] - low);
  };
  return {at(grid.x, j, j2), at(grid.y, k, k2)};
}

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length2 = dx * dx + dy * dy;
  if (length2 == 0.0) return std::hypot(p.x - a.x, p.y - a.y);
  const double t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length2, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Mark the vertices to keep between \p first and \p last; an explicit stack, since rings may be
/// long.
void mark_kept(std::span<const Point> line, std::size_t first, std::size_t last, double tolerance,
               std::vector<char>& keep) {
  std::vector<std::pair<std::size_t, std::size_t>> stack{{first, last}};
  while (!stack.empty()) {
    const auto [a, b] = stack.back();
    stack.pop_back();
    double worst = tolerance;
    std::size_t at = 0;
    for (std::size_t i = a + 1; i < b; ++i) {
      const double d = distance_to_segment(line[i], line[a], line[b]);
      if (d > worst) {
        worst = d;
        at = i;
      }
    }
    if (at == 0) continue;
    keep[at] = 1;
    stack.emplace_back(a, at);
    stack.emplace_back(at, b);
  }
}

std::array<double, 4> catmull_rom(double t) {
  const double t2 = t * t;
  const double t3 = t2 * t;
  return {0.5 * (-t3 + 2.0 * t2 - t), 0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
          0.5 * (-3.0 * t3 + 4.0 * t2 + t), 0.5 * (t3 - t2)};
}

/// A field that can be asked for rows beyond the poles (the meridian goes on 180 degrees away).
struct Globe {
  std::int64_t nlat;
  std::int64_t nlon;
  std::vector<double> latitudes;
  std::vector<double> values;

  double at(std::int64_t k, std::int64_t j) const {
    if (k < 0 || k >= nlat) {
      k = k < 0 ? -1 - k : 2 * nlat - 1 - k;
      j += nlon / 2;
    }
    j = ((j % nlon) + nlon) % nlon;
    return values[static_cast<std::size_t>(k * nlon + j)];
  }
  double latitude(std::int64_t k) const {
    if (k < 0) return 180.0 - latitudes[static_cast<std::size_t>(-1 - k)];
    if (k >= nlat) return -180.0 - latitudes[static_cast<std::size_t>(2 * nlat - 1 - k)];
    return latitudes[static_cast<std::size_t>(k)];
  }
};

Globe box_average(const Globe& fine, std::int64_t factor) {
  Globe coarse{fine.nlat / factor, fine.nlon / factor, {}, {}};
  for (std::int64_t k = 0; k < coarse.nlat; ++k) {
    double latitude = 0.0;
    for (std::int64_t a = 0; a < factor; ++a) latitude += fine.latitude(k * factor + a);
    coarse.latitudes.push_back(latitude / static_cast<double>(factor));
    for (std::int64_t j = 0; j < coarse.nlon; ++j) {
      double sum = 0.0;
      // Boxes are centred on the coarse longitudes 0, 360/nlon, ..., hence the half-box shift.
      for (std::int64_t a = 0; a < factor; ++a) {
        for (std::int64_t b = 0; b < factor; ++b)
          sum += fine.at(k * factor + a, j * factor + b - factor / 2);
      }
      coarse.values.push_back(sum / static_cast<double>(factor * factor));
    }
  }
  return coarse;
}

}  // namespace

std::vector<std::vector<Point>> superlevel_rings(const Lattice& lattice, double level) {
  MYRIAD_EXPECT(lattice.x.size() >= 2 && lattice.y.size() >= 2);
  MYRIAD_EXPECT(lattice.values.size() == lattice.x.size() * lattice.y.size());
  const Padded grid(lattice);
  std::vector<std::int64_t> next(static_cast<std::size_t>(2 * grid.columns * grid.rows), -1);
  std::vector<std::int64_t> starts;
  std::array<Segment, 2> segments{};
  for (std::int64_t k = 0; k + 1 < grid.rows; ++k) {
    for (std::int64_t j = 0; j + 1 < grid.columns; ++j) {
      const double a = grid.at(k, j), b = grid.at(k, j + 1), c = grid.at(k + 1, j + 1),
                   d = grid.at(k + 1, j);
      const int corners =
          (a >= level ? 8 : 0) | (b >= level ? 4 : 0) | (c >= level ? 2 : 0) | (d >= level ? 1 : 0);
      if (corners == 0 || corners == 15) continue;
      const int count = cell_segments(corners, 0.25 * (a + b + c + d) >= level, segments);
      for (int i = 0; i < count; ++i) {
        const auto [from, to] = segments[static_cast<std::size_t>(i)];
        const std::int64_t edge = edge_number(grid, k, j, from);
        next[static_cast<std::size_t>(edge)] = edge_number(grid, k, j, to);
        starts.push_back(edge);
      }
    }
  }
  std::vector<std::vector<Point>> rings;
  for (std::int64_t start : starts) {
    if (next[static_cast<std::size_t>(start)] < 0) continue;
    std::vector<Point> ring;
    for (std::int64_t edge = start; next[static_cast<std::size_t>(edge)] >= 0;) {
      ring.push_back(crossing(grid, edge, level));
      edge = std::exchange(next[static_cast<std::size_t>(edge)], -1);
    }
    rings.push_back(std::move(ring));
  }
  return rings;
}

std::vector<Point> simplified_ring(std::span<const Point> ring, double tolerance) {
  if (ring.size() < 4) return {ring.begin(), ring.end()};
  // Cut the ring at its first vertex and at the one farthest from it.
  std::vector<Point> line(ring.begin(), ring.end());
  line.push_back(ring.front());
  std::size_t far = 1;
  const auto reach = [&](std::size_t i) {
    return std::hypot(line[i].x - line[0].x, line[i].y - line[0].y);
  };
  for (std::size_t i = 2; i < ring.size(); ++i) {
    if (reach(i) > reach(far)) far = i;
  }
  std::vector<char> keep(line.size(), 0);
  keep[0] = keep[far] = 1;
  mark_kept(line, 0, far, tolerance, keep);
  mark_kept(line, far, line.size() - 1, tolerance, keep);
  std::vector<Point> out;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (keep[i]) out.push_back(line[i]);
  }
  return out;
}

std::string rings_path(std::span<const std::vector<Point>> rings, double smallest) {
  std::string path;
  for (const auto& ring : rings) {
    if (ring.size() < 3) continue;
    const auto [xl, xh] =
        std::minmax_element(ring.begin(), ring.end(), [](Point a, Point b) { return a.x < b.x; });
    const auto [yl, yh] =
        std::minmax_element(ring.begin(), ring.end(), [](Point a, Point b) { return a.y < b.y; });
    if (xh->x - xl->x + yh->y - yl->y < smallest) continue;
    long px = std::lround(ring[0].x), py = std::lround(ring[0].y);
    path += fmt::format("M{} {}l", px, py);
    bool first = true;
    for (std::size_t i = 1; i < ring.size(); ++i) {
      const long x = std::lround(ring[i].x), y = std::lround(ring[i].y);
      if (x == px && y == py) continue;
      if (!first && x - px >= 0) path += ' ';
      path += fmt::format(fmt::runtime(y - py < 0 ? "{}{}" : "{} {}"), x - px, y - py);
      px = x;
      py = y;
      first = false;
    }
    if (first) {
      path += "0 0";  // the ring collapsed to a point; keep the path valid
    }
    path += 'z';
  }
  return path;
}

std::string contour_path(const Lattice& lattice, double level, double tolerance) {
  const auto framed = [&](const Point& p, const Point& q) {
    return (p.x == q.x && (p.x == lattice.x.front() || p.x == lattice.x.back())) ||
           (p.y == q.y && (p.y == lattice.y.front() || p.y == lattice.y.back()));
  };
  std::string path;
  for (const auto& ring : superlevel_rings(lattice, level)) {
    const std::vector<Point> line = simplified_ring(ring, tolerance);
    bool pen_down = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Point& p = line[i];
      const Point& q = line[(i + 1) % line.size()];
      if (framed(p, q)) {
        pen_down = false;
        continue;
      }
      if (!pen_down) path += fmt::format("M{} {}", std::lround(p.x), std::lround(p.y));
      path += fmt::format("L{} {}", std::lround(q.x), std::lround(q.y));
      pen_down = true;
    }
  }
  return path;
}

Lattice map_lattice(std::span<const float> field, std::span<const double> latitudes_deg,
                    std::int64_t nlon, std::int64_t columns) {
  const auto nlat = static_cast<std::int64_t>(latitudes_deg.size());
  MYRIAD_EXPECT(nlat >= 2 && nlon >= 4 && field.size() == static_cast<std::size_t>(nlat * nlon));
  Globe globe{
      nlat, nlon, {latitudes_deg.begin(), latitudes_deg.end()}, {field.begin(), field.end()}};
  if (const std::int64_t factor = nlon / columns; factor > 1) globe = box_average(globe, factor);

  Lattice lattice;
  const std::int64_t rows = columns / 2;
  for (std::int64_t j = 0; j <= columns; ++j) {
    lattice.x.push_back(3600.0 * static_cast<double>(j) / static_cast<double>(columns));
  }
  for (std::int64_t k = 0; k <= rows; ++k) {
    lattice.y.push_back(1800.0 * static_cast<double>(k) / static_cast<double>(rows));
  }
  for (double y : lattice.y) {
    const double latitude = 90.0 - 0.1 * y;
    std::int64_t k = -1;  // row north of the node
    while (k + 1 <= globe.nlat && globe.latitude(k + 1) >= latitude) ++k;
    k = std::min(k, globe.nlat - 1);
    const double gap =
        globe.latitude(k) - globe.latitude(k + 1);  // 0 between a pole row and its mirror image
    const auto wk =
        catmull_rom(gap > 0.0 ? std::clamp((globe.latitude(k) - latitude) / gap, 0.0, 1.0) : 0.0);
    for (double x : lattice.x) {
      const double position = (x / 3600.0 + 0.5) * static_cast<double>(globe.nlon);
      const auto j = static_cast<std::int64_t>(std::floor(position));
      const auto wj = catmull_rom(position - static_cast<double>(j));
      double value = 0.0;
      for (std::int64_t a = 0; a < 4; ++a) {
        for (std::int64_t b = 0; b < 4; ++b) {
          value += wk[static_cast<std::size_t>(a)] * wj[static_cast<std::size_t>(b)] *
                   globe.at(k - 1 + a, j - 1 + b);
        }
      }
      lattice.values.push_back(value);
    }
  }
  return lattice;
}

std::vector<double> round_levels(double low, double high, int count, RoundSteps steps) {
  MYRIAD_EXPECT(count > 0);
  if (!(high > low)) return {low};
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10.0 * power;
  for (double candidate : {1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    const bool for_axes = candidate <= 2.5 || candidate == 5.0;
    if (steps == RoundSteps::axis && !for_axes) continue;
    if (candidate * power >= 0.999 * raw) {
      step = candidate * power;
      break;
    }
  }
  std::vector<double> levels;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1.0)
    levels.push_back(i * step);
  return levels;
}

}  // namespace myriad::diag
