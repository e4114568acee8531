#pragma once
/// \file
/// Register-blocked outer-product kernel: C[m, n] = sum_k A[m, k] B[k, n]. Private to kernels/.
///
/// A is packed in row blocks, B in panels of k_panel columns; both are read once, in order, by the
/// inner loop. A block of rows x k_panel results lives in registers until the sum over k is
/// complete, then an epilogue takes it. Every element is acc = fma(a, b, acc) for k = 0, 1, ...:
/// its bits do not depend on the block, the panel or the processor.

#include <cstdint>

#include "kernels/wide.hpp"

namespace myriad::kernels::detail {

// Rows x vectors of a block fit the register file beside the operands: 28 of 32 registers of 512
// bits, or 12 of 16 registers of 256 bits (one Wide is two of them).
#if defined(__AVX512F__)
inline constexpr int k_panel_vectors = 2;
inline constexpr int k_block_rows_max = 14;
#else
inline constexpr int k_panel_vectors = 1;
inline constexpr int k_block_rows_max = 6;
#endif

/// Columns of a panel.
template <class T>
inline constexpr int k_panel_columns = k_panel_vectors* k_wide<T>;

/// Rows [begin(j), begin(j+1)) of row block j: blocks of nearly equal size, so that no small rest
/// block starves the multiply-add units. \p unit rows stay together (2 for complex data).
struct RowBlocks {
  std::int64_t rows = 0;
  std::int64_t unit = 1;
  std::int64_t count = 0;

  RowBlocks(std::int64_t rows_, std::int64_t unit_)
      : rows(rows_),
        unit(unit_),
        count((rows_ / unit_ + k_block_rows_max / unit_ - 1) / (k_block_rows_max / unit_)) {}
  std::int64_t begin(std::int64_t j) const { return rows / unit * j / count * unit; }
};

/// Pack rows [m0, m0 + rows) of A as [k][row]. a(m, k) returns the element.
template <class T, class Element>
void pack_rows(T* packed, std::int64_t m0, std::int64_t rows, std::int64_t depth,
               const Element& a) {
  for (std::int64_t k = 0; k < depth; ++k) {
    for (std::int64_t r = 0; r < rows; ++r) packed[k * rows + r] = a(m0 + r, k);
  }
}

/// Pack \p columns (at most k_panel_columns) of \p depth rows of B as [k][column]; missing columns
/// are zero. row(k) returns the address of the first column of row k.
template <class T, class Row>
MYRIAD_INLINE void pack_panel(T* packed, std::int64_t depth, std::int64_t columns, const Row& row) {
  if (columns == k_panel_columns<T>) {
    for (std::int64_t k = 0; k < depth; ++k) {
      const T* from = row(k);
#pragma GCC unroll 2
      for (int v = 0; v < k_panel_vectors; ++v) {
        wide_store<T>(packed + k * k_panel_columns<T> + v * k_wide<T>,
                      wide_load(from + v * k_wide<T>));
      }
    }
    return;
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    const T* from = row(k);
    for (std::int64_t n = 0; n < k_panel_columns<T>; ++n) {
      packed[k * k_panel_columns<T> + n] = n < columns ? from[n] : T{0};
    }
  }
}

/// One block of Rows x k_panel_columns; epilogue(acc) receives the sums.
template <int Rows, class T, class Epilogue>
MYRIAD_INLINE void multiply_block(std::int64_t depth, const T* a, const T* b,
                                  const Epilogue& epilogue) {
  Wide<T> acc[Rows][k_panel_vectors] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    Wide<T> x[k_panel_vectors];
#pragma GCC unroll 2
    for (int v = 0; v < k_panel_vectors; ++v)
      x[v] = wide_load(b + k * k_panel_columns<T> + v * k_wide<T>);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Wide<T> y = wide_fill(a[k * Rows + r]);
#pragma GCC unroll 2
      for (int v = 0; v < k_panel_vectors; ++v) acc[r][v] += y * x[v];
    }
  }
  epilogue.template store<Rows>(acc);
}

/// multiply_block for a number of rows known at run time, a multiple of Unit.
template <int Unit, class T, class Epilogue, int Rows = k_block_rows_max / Unit* Unit>
void multiply_rows(std::int64_t rows, std::int64_t depth, const T* a, const T* b,
                   const Epilogue& epilogue) {
  if (rows == Rows) {
    multiply_block<Rows>(depth, a, b, epilogue);
  } else if constexpr (Rows > Unit) {
    multiply_rows<Unit, T, Epilogue, Rows - Unit>(rows, depth, a, b, epilogue);
  }
}

}  // namespace myriad::kernels::detail
