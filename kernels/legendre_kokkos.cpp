#include <Kokkos_Core.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "kernels/legendre.hpp"
#include "kernels/legendre_panel.hpp"
#include "kernels/simd.hpp"
#include "kernels/thread_buffer.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::kokkos {
namespace {

using detail::k_lanes;
using detail::k_panel;
using detail::LegendreTable;
using detail::load;
using detail::ParityBlock;
using detail::store;
using detail::Vector;

template <class T>
struct TiledPlan final : LegendrePlan {
  explicit TiledPlan(const LegendreSpec& spec) : LegendrePlan(spec), table(spec) {}
  LegendreTable<T> table;
};

/// Lanes of a column block. Columns are numbered through the batch: batch element, channel, part; a
/// block may span elements, so that few channels and many members still fill the lanes. Lanes
/// beyond the last column hold zeros.
template <class T, int Vecs>
struct ColumnBlock {
  static constexpr int k_width = Vecs * k_lanes<T>;
  struct Piece {
    std::int64_t batch = 0;
    std::int64_t column = 0;
    int lane = 0;
    int count = 0;
  };

  ColumnBlock(std::int64_t first, std::int64_t columns, std::int64_t total) {
    std::int64_t q = first;
    const std::int64_t last = std::min(total, first + k_width);
    while (q < last) {
      Piece& piece = pieces[static_cast<std::size_t>(size++)];
      piece.batch = q / columns;
      piece.column = q % columns;
      piece.lane = static_cast<int>(q - first);
      piece.count = static_cast<int>(std::min(last - q, columns - piece.column));
      q += piece.count;
    }
    whole = size == 1 && pieces[0].count == k_width;
  }

  /// Lanes of one row; \p base is the row of batch element 0.
  [[gnu::always_inline]] inline void gather(Vector<T> (&out)[Vecs], const T* base,
                                            std::int64_t batch_step) const {
    if (whole) {
      const T* from = base + pieces[0].batch * batch_step + pieces[0].column;
      for (int v = 0; v < Vecs; ++v) out[v] = load(from + v * k_lanes<T>);
      return;
    }
    alignas(64) T lanes[k_width] = {};
    for (int i = 0; i < size; ++i) {
      const Piece& piece = pieces[static_cast<std::size_t>(i)];
      const T* from = base + piece.batch * batch_step + piece.column;
      for (int j = 0; j < piece.count; ++j) lanes[piece.lane + j] = from[j];
    }
    for (int v = 0; v < Vecs; ++v) out[v] = load(lanes + v * k_lanes<T>);
  }

  [[gnu::always_inline]] inline void scatter(T* base, std::int64_t batch_step,
                                             const Vector<T> (&in)[Vecs]) const {
    if (whole) {
      T* to = base + pieces[0].batch * batch_step + pieces[0].column;
      for (int v = 0; v < Vecs; ++v) store(to + v * k_lanes<T>, in[v]);
      return;
    }
    alignas(64) T lanes[k_width];
    for (int v = 0; v < Vecs; ++v) store(lanes + v * k_lanes<T>, in[v]);
    for (int i = 0; i < size; ++i) {
      const Piece& piece = pieces[static_cast<std::size_t>(i)];
      T* to = base + piece.batch * batch_step + piece.column;
      for (int j = 0; j < piece.count; ++j) to[j] = lanes[piece.lane + j];
    }
  }

  std::array<Piece, k_width> pieces;
  int size = 0;
  bool whole = false;
};

/// One order and one column block of the analysis: fold the hemispheres, then multiply panel by
/// panel.
template <class T, int Vecs>
struct AnalyseColumns {
  static constexpr int k_width = Vecs * k_lanes<T>;
  const LegendreTable<T>& table;
  TensorView coefficients;
  ConstTensorView fourier;
  RowWeights weights;

  void operator()(std::int64_t m, std::int64_t first_column) const {
    static thread_local detail::AlignedBuffer buffer;
    const std::int64_t columns = coefficients.dim(2) * 2;
    const ColumnBlock<T, Vecs> block(first_column, columns, columns * coefficients.dim(0));
    const std::int64_t half = table.half;
    T* even = buffer.get<T>(2 * half * k_width);
    T* odd = even + half * k_width;
    const T* in = fourier.as<T>() + m * table.nlat * columns;
    const std::int64_t in_step = fourier.step(0);
    for (std::int64_t k = table.first_row(m); k < half; ++k) {
      const std::int64_t mirrored = table.nlat - 1 - k;
      const T w =
          weights == RowWeights::quadrature ? table.weights[static_cast<std::size_t>(k)] : T{1};
      Vector<T> north[Vecs];
      Vector<T> south[Vecs] = {};
      block.gather(north, in + k * columns, in_step);
      if (mirrored != k) block.gather(south, in + mirrored * columns, in_step);
      for (int v = 0; v < Vecs; ++v) {
        store(even + k * k_width + v * k_lanes<T>, w * (north[v] + south[v]));
        store(odd + k * k_width + v * k_lanes<T>, w * (north[v] - south[v]));
      }
    }
    T* out = coefficients.as<T>() + table.layout.offset(m) * columns;
    for (std::int64_t p = 0; p < 2; ++p) {
      const ParityBlock& degrees =
          table.blocks[static_cast<std::size_t>(m)][static_cast<std::size_t>(p)];
      const T* folded = degrees.symmetric ? even : odd;
      for (std::int64_t panel = 0; panel < degrees.panels; ++panel) {
        const auto at = static_cast<std::size_t>(degrees.first + panel);
        const std::int64_t row = table.panel_row[at];
        const T* values = table.values.data() + table.panel_start[at] + row * k_panel;
        const std::int64_t rows = std::min(k_panel, degrees.degrees - panel * k_panel);
        for (std::int64_t r0 = 0; r0 < rows; r0 += detail::k_block_rows) {
          alignas(64) T sums[k_panel * k_width];
          if (rows - r0 > 4) {
            detail::multiply_rows<T, detail::k_block_rows, Vecs>(
                sums, values + r0, folded + row * k_width, half - row);
          } else {
            detail::multiply_rows<T, 4, Vecs>(sums, values + r0, folded + row * k_width,
                                              half - row);
          }
          const std::int64_t stop = std::min<std::int64_t>(detail::k_block_rows, rows - r0);
          for (std::int64_t r = 0; r < stop; ++r) {
            Vector<T> result[Vecs];
            for (int v = 0; v < Vecs; ++v) result[v] = load(sums + r * k_width + v * k_lanes<T>);
            block.scatter(out + (p + 2 * (panel * k_panel + r0 + r)) * columns,
                          coefficients.step(0), result);
          }
        }
      }
    }
  }
};

/// One order and one column block of the synthesis: multiply both parities, then unfold the
/// hemispheres.
template <class T, int Vecs>
struct SynthesiseColumns {
  static constexpr int k_width = Vecs * k_lanes<T>;
  const LegendreTable<T>& table;
  TensorView fourier;
  ConstTensorView coefficients;
  RowWeights weights;

  void operator()(std::int64_t m, std::int64_t first_column) const {
    static thread_local detail::AlignedBuffer buffer;
    const std::int64_t columns = coefficients.dim(2) * 2;
    const ColumnBlock<T, Vecs> block(first_column, columns, columns * coefficients.dim(0));
    const std::int64_t out_step = fourier.step(0);
    T* out = fourier.as<T>() + m * table.nlat * columns;
    const Vector<T> zero[Vecs] = {};
    const std::int64_t first_row = m < table.layout.orders() ? table.first_row(m) : table.half;
    for (std::int64_t k = 0; k < first_row; ++k) {
      block.scatter(out + k * columns, out_step, zero);
      block.scatter(out + (table.nlat - 1 - k) * columns, out_step, zero);
    }
    if (first_row == table.half) return;

    const auto& pair = table.blocks[static_cast<std::size_t>(m)];
    T* packed = buffer.get<T>((pair[0].degrees + pair[1].degrees) * k_width);
    T* panels[2] = {packed, packed + pair[0].degrees * k_width};
    const T* in = coefficients.as<T>() + table.layout.offset(m) * columns;
    for (std::int64_t i = 0; i < pair[0].degrees + pair[1].degrees; ++i) {
      Vector<T> row[Vecs];
      block.gather(row, in + i * columns, coefficients.step(0));
      for (int v = 0; v < Vecs; ++v)
        store(panels[i % 2] + (i / 2) * k_width + v * k_lanes<T>, row[v]);
    }

    std::int64_t first_panel[2] = {pair[0].panels, pair[1].panels};
    for (std::int64_t k0 = first_row; k0 < table.half; k0 += k_panel) {
      // From the pole to the equator more panels keep the rows k0..
      for (int p = 0; p < 2; ++p) {
        const std::int64_t* rows = table.panel_row.data() + pair[static_cast<std::size_t>(p)].first;
        while (first_panel[p] > 0 && rows[first_panel[p] - 1] <= k0) --first_panel[p];
      }
      const std::int64_t rows = std::min(k_panel, table.half - k0);
      for (std::int64_t r0 = 0; r0 < rows; r0 += detail::k_block_rows) {
        alignas(64) T sums[2][k_panel * k_width];
        for (int p = 0; p < 2; ++p) {
          const ParityBlock& degrees = pair[static_cast<std::size_t>(p)];
          T* sum = sums[degrees.symmetric ? 0 : 1];
          const std::int64_t* starts = table.panel_start.data() + degrees.first;
          if (rows - r0 > 4) {
            detail::multiply_degrees<T, detail::k_block_rows, Vecs>(
                sum, table.values.data(), starts, panels[p], first_panel[p], degrees.degrees,
                k0 + r0);
          } else {
            detail::multiply_degrees<T, 4, Vecs>(sum, table.values.data(), starts, panels[p],
                                                 first_panel[p], degrees.degrees, k0 + r0);
          }
        }
        const std::int64_t stop = std::min<std::int64_t>(detail::k_block_rows, rows - r0);
        for (std::int64_t r = 0; r < stop; ++r) {
          const std::int64_t k = k0 + r0 + r;
          const std::int64_t mirrored = table.nlat - 1 - k;
          const T w =
              weights == RowWeights::quadrature ? table.weights[static_cast<std::size_t>(k)] : T{1};
          Vector<T> north[Vecs];
          Vector<T> south[Vecs];
          for (int v = 0; v < Vecs; ++v) {
            const Vector<T> e = load(sums[0] + r * k_width + v * k_lanes<T>);
            const Vector<T> o = load(sums[1] + r * k_width + v * k_lanes<T>);
            north[v] = w * (e + o);
            south[v] = w * (e - o);
          }
          block.scatter(out + k * columns, out_step, north);
          if (mirrored != k) block.scatter(out + mirrored * columns, out_step, south);
        }
      }
    }
  }
};

/// Run \p wide on blocks of two vectors and \p narrow on a rest that fits one. Tasks of one order
/// lie side by side, so its table stays in cache.
template <class ExecSpace, class Wide, class Narrow>
void for_each_order_and_block(const char* label, std::int64_t orders, std::int64_t total,
                              const Wide& wide, const Narrow& narrow) {
  static_assert(std::is_same_v<typename ExecSpace::memory_space, Kokkos::HostSpace>,
                "register blocks and lanes are host vectors");
  const std::int64_t rest = total % Wide::k_width;
  const bool narrow_rest = rest > 0 && rest <= Narrow::k_width;
  const std::int64_t blocks = (total + Wide::k_width - 1) / Wide::k_width;
  Kokkos::parallel_for(label,
                       Kokkos::RangePolicy<ExecSpace, Kokkos::Schedule<Kokkos::Dynamic>,
                                           Kokkos::IndexType<std::int64_t>>(0, orders * blocks),
                       [&](std::int64_t task) {
                         const std::int64_t m = task / blocks;
                         const std::int64_t block = task % blocks;
                         if (narrow_rest && block == blocks - 1) {
                           narrow(m, block * Wide::k_width);
                         } else {
                           wide(m, block * Wide::k_width);
                         }
                       });
}

template <class T, class ExecSpace>
void analysis(const TiledPlan<T>& plan, TensorView coefficients, ConstTensorView fourier,
              RowWeights weights) {
  const std::int64_t total = coefficients.dim(0) * coefficients.dim(2) * 2;
  for_each_order_and_block<ExecSpace>(
      "myriad::legendre_analysis", plan.layout().orders(), total,
      AnalyseColumns<T, 2>{plan.table, coefficients, fourier, weights},
      AnalyseColumns<T, 1>{plan.table, coefficients, fourier, weights});
}

template <class T, class ExecSpace>
void synthesis(const TiledPlan<T>& plan, TensorView fourier, ConstTensorView coefficients,
               RowWeights weights) {
  const std::int64_t total = coefficients.dim(0) * coefficients.dim(2) * 2;
  for_each_order_and_block<ExecSpace>(
      "myriad::legendre_synthesis", plan.layout().mmax, total,
      SynthesiseColumns<T, 2>{plan.table, fourier, coefficients, weights},
      SynthesiseColumns<T, 1>{plan.table, fourier, coefficients, weights});
}

}  // namespace

std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) {
  detail::expect_valid(spec);
  if (spec.dtype == DType::f32) return std::make_unique<TiledPlan<float>>(spec);
  return std::make_unique<TiledPlan<double>>(spec);
}

void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  using Space = Kokkos::DefaultHostExecutionSpace;
  if (plan.dtype() == DType::f32) {
    analysis<float, Space>(static_cast<const TiledPlan<float>&>(plan), coefficients, fourier,
                           weights);
  } else {
    analysis<double, Space>(static_cast<const TiledPlan<double>&>(plan), coefficients, fourier,
                            weights);
  }
}

void legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  using Space = Kokkos::DefaultHostExecutionSpace;
  if (plan.dtype() == DType::f32) {
    synthesis<float, Space>(static_cast<const TiledPlan<float>&>(plan), fourier, coefficients,
                            weights);
  } else {
    synthesis<double, Space>(static_cast<const TiledPlan<double>&>(plan), fourier, coefficients,
                             weights);
  }
}

}  // namespace myriad::kernels::kokkos
