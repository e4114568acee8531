#pragma once
/// \file
/// Legendre tables and products on the device, for the op of latitudes and for whole transforms. Private to the *_cuda.cu files.
///
/// In between lies the folded field [batch, m, parity of l - m, northern row, column]: sums and differences of mirrored rows.

#include <cmath>

#include "kernels/mma_product_cuda.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::cuda {

/// Degrees of one order and one parity of l - m: a matrix [degrees, northern rows] of the table.
struct LegendrePart {
  std::int64_t table;         ///< first value in the table
  std::int64_t coefficients;  ///< position of the first degree; the next one of this parity is two further
  int degrees;
  int first_row;  ///< rows nearer to the pole are negligible for all degrees
};

struct LegendreTile {
  int part, first_row;
};

/// Parts and their tiles on the device.
struct LegendrePlanBase : LegendrePlan {
  LegendrePlanBase(Device& device, const LegendreSpec& spec)
      : LegendrePlan(spec), half((spec.nlat + 1) / 2), mirror(spec.parity == TableParity::odd ? 1 : 0) {
    // As the kokkos backend: far below the rounding of a sum that holds the rows which matter.
    const double negligible = spec.dtype == DType::f64 ? 1e-18 : 1e-10;
    std::vector<LegendrePart> part_list;
    std::vector<LegendreTile> analysis_list, synthesis_list;
    std::vector<int> first_list;
    std::int64_t table = 0;
    for (std::int64_t m = 0; m < layout().orders(); ++m) {
      std::int64_t first = 0;  // of both parities together: a folded row holds both
      while (first < half && !matters(spec, m, first, negligible)) ++first;
      first_list.push_back(static_cast<int>(first));
      for (int parity = 0; parity < 2; ++parity) {
        const int degrees = static_cast<int>((layout().lmax - m + 1 - parity) / 2);
        const auto number = static_cast<int>(part_list.size());
        part_list.push_back({table, layout().offset(m) + parity, degrees, static_cast<int>(first)});
        for (int row = 0; row < degrees; row += k_tile) analysis_list.push_back({number, row});
        for (int row = 0; row < half - first; row += k_tile) synthesis_list.push_back({number, row});
        table += degrees * half;
      }
    }
    analysis_tiles = static_cast<std::int64_t>(analysis_list.size());
    synthesis_tiles = static_cast<std::int64_t>(synthesis_list.size());
    parts = DeviceArray<LegendrePart>(device, part_list);
    first_row = DeviceArray<int>(device, first_list);
    analysis = DeviceArray<LegendreTile>(device, analysis_list);
    synthesis = DeviceArray<LegendreTile>(device, synthesis_list);
    weights = DeviceArray<double>(device, {spec.weights.begin(), spec.weights.end()});
  }

  bool matters(const LegendreSpec& spec, std::int64_t m, std::int64_t k, double negligible) const {
    for (std::int64_t l = m; l < layout().lmax; ++l) {
      if (std::abs(spec.table[static_cast<std::size_t>(layout().index(l, m) * half + k)]) >= negligible) return true;
    }
    return false;
  }
  /// Most that the lists take beside the table.
  static std::int64_t index_bytes(std::int64_t nlat, const SpectralLayout& layout) {
    const std::int64_t half = (nlat + 1) / 2;
    std::int64_t bytes = nlat * static_cast<std::int64_t>(sizeof(double));
    for (std::int64_t m = 0; m < layout.orders(); ++m) {
      bytes += static_cast<std::int64_t>(sizeof(int));
      for (std::int64_t parity = 0; parity < 2; ++parity) {
        const std::int64_t tiles = tiles_of((layout.lmax - m + 1 - parity) / 2) + tiles_of(half);
        bytes += static_cast<std::int64_t>(sizeof(LegendrePart)) + tiles * static_cast<std::int64_t>(sizeof(LegendreTile));
      }
    }
    return bytes;
  }
  /// Elements of a folded field of \p width columns.
  std::int64_t folded_size(std::int64_t width) const { return layout().orders() * 2 * half * width; }

  std::int64_t half;
  int mirror;  ///< added to the parity of l - m: odd functions of latitude have an odd sum
  DeviceArray<LegendrePart> parts;
  DeviceArray<int> first_row;  ///< of each order
  DeviceArray<LegendreTile> analysis, synthesis;
  DeviceArray<double> weights;
  std::int64_t analysis_tiles = 0, synthesis_tiles = 0;
};

template <class T>
struct LegendreTablePlan final : LegendrePlanBase {
  LegendreTablePlan(Device& device, const LegendreSpec& spec) : LegendrePlanBase(device, spec) {
    std::vector<T> sorted;
    sorted.reserve(spec.table.size());
    for (std::int64_t m = 0; m < layout().orders(); ++m) {
      for (std::int64_t parity = 0; parity < 2; ++parity) {
        for (std::int64_t l = m + parity; l < layout().lmax; l += 2) {
          for (std::int64_t k = 0; k < half; ++k)
            sorted.push_back(static_cast<T>(spec.table[static_cast<std::size_t>(layout().index(l, m) * half + k)]));
        }
      }
    }
    table = DeviceArray<T>(device, sorted);
  }
  DeviceArray<T> table;
};

/// Columns of the coefficients that a product reads or writes: all of a field's, or those of a group of its channels.
struct Columns {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// coefficients[l, column] = sum_k table[l, k] folded[m, parity, k, column].
template <class T>
struct LegendreAnalysis {
  using Value = T;
  static constexpr bool k_a_along_depth = true, k_b_along_depth = false, k_rows_first = false;
  const LegendrePart* parts;
  const LegendreTile* tiles;
  const T* table;
  const T* folded;
  T* coefficients;
  std::int64_t folded_stride, coefficient_stride, coefficient_row;
  int half, width;

  __device__ Place place(int tile) const {
    const LegendreTile t = tiles[tile];
    return {t.part, t.first_row, parts[t.part].degrees, half - parts[t.part].first_row};
  }
  __device__ int columns() const { return width; }
  __device__ T a(const Place& place, int, int degree, int k) const {
    const LegendrePart& part = parts[place.problem];
    return table[part.table + static_cast<std::int64_t>(degree) * half + part.first_row + k];
  }
  __device__ T b(const Place& place, int batch, int k, std::int64_t column) const {
    const std::int64_t row = static_cast<std::int64_t>(place.problem) * half + parts[place.problem].first_row + k;
    return folded[batch * folded_stride + row * width + column];
  }
  __device__ void store(const Place& place, int batch, int degree, std::int64_t column, T value) const {
    const std::int64_t row = parts[place.problem].coefficients + 2 * degree;
    coefficients[batch * coefficient_stride + row * coefficient_row + column] = value;
  }
};

/// folded[m, parity, k, column] = sum over the degrees of the parity of table[l, k] coefficients[l, column].
template <class T>
struct LegendreSynthesis {
  using Value = T;
  static constexpr bool k_a_along_depth = false, k_b_along_depth = false, k_rows_first = false;
  const LegendrePart* parts;
  const LegendreTile* tiles;
  const T* table;
  const T* coefficients;
  T* folded;
  std::int64_t coefficient_stride, coefficient_row, folded_stride;
  int half, width;

  __device__ Place place(int tile) const {
    const LegendreTile t = tiles[tile];
    return {t.part, t.first_row, half - parts[t.part].first_row, parts[t.part].degrees};
  }
  __device__ int columns() const { return width; }
  __device__ T a(const Place& place, int, int k, int degree) const {
    const LegendrePart& part = parts[place.problem];
    return table[part.table + static_cast<std::int64_t>(degree) * half + part.first_row + k];
  }
  __device__ T b(const Place& place, int batch, int degree, std::int64_t column) const {
    const std::int64_t row = parts[place.problem].coefficients + 2 * degree;
    return coefficients[batch * coefficient_stride + row * coefficient_row + column];
  }
  __device__ void store(const Place& place, int batch, int k, std::int64_t column, T value) const {
    const std::int64_t row = static_cast<std::int64_t>(place.problem) * half + parts[place.problem].first_row + k;
    folded[batch * folded_stride + row * width + column] = value;
  }
};

/// On tensor cores when the plan's dtype says so.
template <class Op>
void legendre_product(Device& device, const LegendrePlan& plan, const Op& op, std::int64_t tiles, std::int64_t batch) {
  if constexpr (std::is_same_v<typename Op::Value, float>) {
    if (plan.dtype() == DType::tf32) return mma_product(device, op, tiles, batch);
  }
  tile_product(device, op, tiles, batch);
}

template <class T>
void analyse_folded(Device& device, const LegendreTablePlan<T>& plan, TensorView coefficients, const T* folded,
                    std::int64_t batch, Columns columns) {
  const LegendreAnalysis<T> op{plan.parts.data(),
                               plan.analysis.data(),
                               plan.table.data(),
                               folded,
                               coefficients.as<T>() + columns.first,
                               plan.folded_size(columns.count),
                               coefficients.step(0),
                               coefficients.step(1),
                               static_cast<int>(plan.half),
                               static_cast<int>(columns.count)};
  legendre_product(device, plan, op, plan.analysis_tiles, batch);
}

template <class T>
void synthesise_folded(Device& device, const LegendreTablePlan<T>& plan, T* folded, ConstTensorView coefficients,
                       std::int64_t batch, Columns columns) {
  const LegendreSynthesis<T> op{plan.parts.data(),
                                plan.synthesis.data(),
                                plan.table.data(),
                                coefficients.as<T>() + columns.first,
                                folded,
                                coefficients.step(0),
                                coefficients.step(1),
                                plan.folded_size(columns.count),
                                static_cast<int>(plan.half),
                                static_cast<int>(columns.count)};
  legendre_product(device, plan, op, plan.synthesis_tiles, batch);
}

}  // namespace myriad::kernels::cuda
