#pragma once
/// \file
/// Register-blocked products of the Legendre stage and the tiled table they read. Private to
/// kernels/.
///
/// Symbols: k row of the northern half, l degree, p parity of l - m, i position of a degree within
/// its parity (l = m + p + 2 i). A panel is eight degrees of one parity.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/simd.hpp"

namespace myriad::kernels::detail {

inline constexpr std::int64_t k_panel = 8;
/// Terms added in registers before they are added to the total: a shorter chain loses fewer bits in
/// fp32.
inline constexpr std::int64_t k_chain = 16;

/// Values of the table fetched ahead of use.
inline constexpr std::int64_t k_table_ahead = 512;

/// The degrees of one order and parity.
struct ParityBlock {
  std::int64_t degrees = 0;  ///< number of degrees
  std::int64_t panels = 0;   ///< ceil(degrees / 8)
  bool symmetric = false;    ///< the functions are even about the equator
  std::int64_t first = 0;    ///< index of the first panel in LegendreTable::panel_start, panel_row
};

/// Table of a plan: for each panel, rows k = panel_row.. of eight degrees each, zero-padded to
/// eight rows and degrees.
///
/// Near the poles the functions of high order are negligible; a panel starts at the first multiple
/// of eight rows that holds a value above the threshold in this panel or one of lower degree, so
/// the rows kept form a staircase.
template <class T>
struct LegendreTable {
  explicit LegendreTable(const LegendreSpec& spec);

  std::int64_t nlat = 0;
  std::int64_t half = 0;       ///< rows of the northern half with the equator
  std::int64_t half_even = 0;  ///< half rounded up to eight
  SpectralLayout layout;
  std::vector<std::array<ParityBlock, 2>> blocks;  ///< [order][p]
  std::vector<std::int64_t>
      panel_start;  ///< offset in values of row 0 of a panel (may lie before its first row)
  std::vector<std::int64_t> panel_row;  ///< first row kept
  std::vector<T> values;
  std::vector<T> weights;  ///< [half]

  bool has_equator() const { return nlat % 2 != 0; }
  /// First row that any degree of order \p m keeps.
  std::int64_t first_row(std::int64_t m) const {
    std::int64_t row = half;
    for (const ParityBlock& b : blocks[static_cast<std::size_t>(m)]) {
      if (b.panels > 0)
        row = std::min(row, panel_row[static_cast<std::size_t>(b.first + b.panels - 1)]);
    }
    return row;
  }
};

template <class T>
LegendreTable<T>::LegendreTable(const LegendreSpec& spec)
    : nlat(spec.nlat),
      half((spec.nlat + 1) / 2),
      half_even((half + k_panel - 1) / k_panel * k_panel),
      layout(spec.layout) {
  constexpr double k_negligible = std::is_same_v<T, float> ? 1e-10 : 1e-18;
  for (std::int64_t k = 0; k < half; ++k)
    weights.push_back(static_cast<T>(spec.weights[static_cast<std::size_t>(k)]));

  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    std::array<ParityBlock, 2> pair;
    for (std::int64_t p = 0; p < 2; ++p) {
      ParityBlock& block = pair[static_cast<std::size_t>(p)];
      block.degrees = (layout.lmax - m - p + 1) / 2;
      block.panels = (block.degrees + k_panel - 1) / k_panel;
      block.symmetric = (p == 0) == (spec.parity == TableParity::even);
      block.first = static_cast<std::int64_t>(panel_row.size());
      // A function odd in x is exactly 0 on the equator, whatever rounding left in the given table.
      const std::int64_t rows = has_equator() && !block.symmetric ? half - 1 : half;
      const auto given = [&](std::int64_t i, std::int64_t k) {
        if (i >= block.degrees || k >= rows) return 0.0;
        return spec.table[static_cast<std::size_t>(layout.index(m + p + 2 * i, m) * half + k)];
      };
      std::int64_t row = half_even - k_panel;
      for (std::int64_t panel = 0; panel < block.panels; ++panel) {
        const auto negligible = [&](std::int64_t k) {
          for (std::int64_t i = 0; i < k_panel; ++i) {
            if (std::abs(given(panel * k_panel + i, k)) >= k_negligible) return false;
          }
          return true;
        };
        std::int64_t k = 0;
        while (k < row && negligible(k)) ++k;
        row = k / k_panel * k_panel;
        panel_row.push_back(row);
        panel_start.push_back(static_cast<std::int64_t>(values.size()) - row * k_panel);
        for (k = row; k < half_even; ++k) {
          for (std::int64_t i = 0; i < k_panel; ++i) {
            const double value = given(panel * k_panel + i, k);
            // Subnormal numbers would cost a hundred cycles each and carry nothing.
            const bool normal =
                std::abs(value) >= static_cast<double>(std::numeric_limits<T>::min());
            values.push_back(normal ? static_cast<T>(value) : T{0});
          }
        }
      }
    }
    blocks.push_back(pair);
  }
  values.shrink_to_fit();
}

/// out [Rows, Vecs vectors] = sum over rows k < count of table[k, r] * panel[k, :].
template <class T, int Rows, int Vecs>
void multiply_rows(T* out, const T* table, const T* panel, std::int64_t count) {
  constexpr int k_width = Vecs * k_lanes<T>;
  for (std::int64_t begin = 0; begin < count || begin == 0; begin += k_chain) {
    const std::int64_t end = std::min(count, begin + k_chain);
    Vector<T> sum[Rows][Vecs] = {};
    for (std::int64_t k = begin; k < end; ++k) {
      Vector<T> b[Vecs];
      for (int v = 0; v < Vecs; ++v) b[v] = load(panel + k * k_width + v * k_lanes<T>);
      const T* a = table + k * k_panel;
      // The table is read once per call from main memory; the hardware prefetcher alone is 8 %
      // slower (25 % for a single field, where nothing else hides the latency).
      __builtin_prefetch(a + k_table_ahead);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
        for (int v = 0; v < Vecs; ++v) sum[r][v] += a[r] * b[v];
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < Vecs; ++v) {
        T* to = out + r * k_width + v * k_lanes<T>;
        store(to, begin == 0 ? sum[r][v] : load(to) + sum[r][v]);
      }
    }
  }
}

/// out [Rows, Vecs vectors] = sum over degrees of table[degree, k + r] * panel[degree, :].
///
/// \param starts panel_start of the block's panels, moved to row k
/// \param panels first panel that keeps the rows, and number of panels
template <class T, int Rows, int Vecs>
void multiply_degrees(T* out, const T* values, const std::int64_t* starts, const T* panel,
                      std::int64_t first_panel, std::int64_t degrees, std::int64_t row) {
  constexpr int k_width = Vecs * k_lanes<T>;
  const std::int64_t first = first_panel * k_panel;
  for (std::int64_t begin = first; begin < degrees || begin == first; begin += k_chain) {
    const std::int64_t end = std::min(degrees, begin + k_chain);
    Vector<T> sum[Rows][Vecs] = {};
    for (std::int64_t i0 = begin; i0 < end; i0 += k_panel) {
      const T* a = values + starts[i0 / k_panel] + row * k_panel;
      // The rows that the next call reads: a panel is too far from the next one for a hardware
      // prefetcher to follow.
      constexpr int k_line = 64 / static_cast<int>(sizeof(T));
#pragma GCC unroll 8
      for (int ahead = 0; ahead < Rows * k_panel; ahead += k_line) {
        __builtin_prefetch(a + Rows * k_panel + ahead);
      }
      const std::int64_t stop = std::min(k_panel, end - i0);
      const T* from = panel + i0 * k_width;
      for (std::int64_t i = 0; i < stop; ++i) {
        Vector<T> b[Vecs];
        for (int v = 0; v < Vecs; ++v) b[v] = load(from + i * k_width + v * k_lanes<T>);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
          for (int v = 0; v < Vecs; ++v) sum[r][v] += a[r * k_panel + i] * b[v];
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < Vecs; ++v) {
        T* to = out + r * k_width + v * k_lanes<T>;
        store(to, begin == first ? sum[r][v] : load(to) + sum[r][v]);
      }
    }
  }
}

}  // namespace myriad::kernels::detail
