#pragma once
/// \file
/// The matrix product under the cuda ops: many problems of different sizes in one launch. Private to the *_cuda.cu files.
///
/// Every element of a result is one chain of fused multiply-adds in increasing depth, so its bits depend neither on the batch nor
/// on the place in a tile. Operands are read, and results stored, through the Op:
///
///   using Value = float | double | Complex<...>;
///   static constexpr bool k_rows_first;                       // whether neighbouring blocks share columns or else rows
///   static constexpr bool k_a_along_depth, k_b_along_depth;   // along which index neighbouring memory lies
///   Place place(int tile) const;                              // the problem and the first row of a tile of rows
///   int columns() const;
///   Value a(const Place&, int batch, int row, int depth) const;
///   Value b(const Place&, int batch, int depth, std::int64_t column) const;
///   void store(const Place&, int batch, int row, std::int64_t column, Value) const;

#include "kernels/device_cuda.hpp"

namespace myriad::kernels::cuda {

inline constexpr int k_each = 4;                ///< rows, and columns, of a tile per thread
inline constexpr int k_tile = k_each * k_side;  ///< rows, and columns, of a tile
inline constexpr int k_depth = k_side;          ///< depth held in shared memory

/// A tile of rows of one problem.
struct Place {
  int problem = 0;
  int first_row = 0;
  int rows = 0;   ///< of the problem
  int depth = 0;  ///< of the problem
};

__host__ __device__ inline int tiles_of(std::int64_t extent) {
  return static_cast<int>((extent + k_tile - 1) / k_tile);
}

__device__ inline float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
__device__ inline double multiply_add(double a, double b, double c) { return fma(a, b, c); }
template <class T>
__device__ inline Complex<T> multiply_add(Complex<T> a, Complex<T> b, Complex<T> c) {
  return {multiply_add(-a.im, b.im, multiply_add(a.re, b.re, c.re)),
          multiply_add(a.im, b.re, multiply_add(a.re, b.im, c.im))};
}
template <class T>
__device__ inline Complex<T> conjugate(Complex<T> a) {
  return {a.re, -a.im};
}

/// Blocks of a launch: rows x columns x batch in one dimension. Blocks that run at the same time share what is dear to read again:
/// the matrix of a problem (columns and batch vary first), or the columns (rows vary first).
struct TileGrid {
  int row_tiles = 0, column_tiles = 0, batch = 0;
  std::int64_t blocks() const { return static_cast<std::int64_t>(row_tiles) * column_tiles * batch; }
};
struct TileIndex {
  int row = 0, column = 0, batch = 0;
  __device__ TileIndex(const TileGrid& g, bool rows_first, unsigned block) {
    const auto fast = static_cast<unsigned>(rows_first ? g.row_tiles : g.column_tiles);
    const unsigned rest = block / fast;
    (rows_first ? row : column) = static_cast<int>(block % fast);
    if (rows_first) {
      column = static_cast<int>(rest % static_cast<unsigned>(g.column_tiles));
      batch = static_cast<int>(rest / static_cast<unsigned>(g.column_tiles));
    } else {
      batch = static_cast<int>(rest % static_cast<unsigned>(g.batch));
      row = static_cast<int>(rest / static_cast<unsigned>(g.batch));
    }
  }
};

template <class Op>
__global__ void __launch_bounds__(k_threads) tile_product_kernel(Op op, TileGrid grid) {
  using Value = typename Op::Value;
  __shared__ Value left[k_depth][k_tile];
  __shared__ Value right[k_depth][k_tile];
  const TileIndex tile(grid, Op::k_rows_first, blockIdx.x);
  const Place place = op.place(tile.row);
  const std::int64_t first_column = static_cast<std::int64_t>(tile.column) * k_tile;
  const int batch = tile.batch;
  const int thread = static_cast<int>(threadIdx.x);
  const int row = thread / k_side, column = thread % k_side;
  Value sum[k_each][k_each];
  for (int r = 0; r < k_each; ++r) {
    for (int c = 0; c < k_each; ++c) sum[r][c] = Value{};
  }
  for (int begin = 0; begin < place.depth; begin += k_depth) {
    for (int e = thread; e < k_depth * k_tile; e += k_threads) {
      const int p = Op::k_a_along_depth ? e % k_depth : e / k_tile;
      const int i = Op::k_a_along_depth ? e / k_depth : e % k_tile;
      const bool inside = begin + p < place.depth && place.first_row + i < place.rows;
      left[p][i] = inside ? op.a(place, batch, place.first_row + i, begin + p) : Value{};
    }
    for (int e = thread; e < k_depth * k_tile; e += k_threads) {
      const int p = Op::k_b_along_depth ? e % k_depth : e / k_tile;
      const int j = Op::k_b_along_depth ? e / k_depth : e % k_tile;
      const bool inside = begin + p < place.depth && first_column + j < op.columns();
      right[p][j] = inside ? op.b(place, batch, begin + p, first_column + j) : Value{};
    }
    __syncthreads();
    const int end = place.depth - begin < k_depth ? place.depth - begin : k_depth;
    for (int p = 0; p < end; ++p) {
      for (int r = 0; r < k_each; ++r) {
        for (int c = 0; c < k_each; ++c)
          sum[r][c] = multiply_add(left[p][row + r * k_side], right[p][column + c * k_side], sum[r][c]);
      }
    }
    __syncthreads();
  }
  for (int r = 0; r < k_each; ++r) {
    const int i = place.first_row + row + r * k_side;
    if (i >= place.rows) continue;
    for (int c = 0; c < k_each; ++c) {
      const std::int64_t j = first_column + column + c * k_side;
      if (j < op.columns()) op.store(place, batch, i, j, sum[r][c]);
    }
  }
}

/// \param row_tiles tiles of rows over all problems, as numbered by op.place()
template <class Op>
void tile_product(Device& device, const Op& op, std::int64_t row_tiles, std::int64_t batch) {
  const TileGrid grid{static_cast<int>(row_tiles), tiles_of(op.columns()), static_cast<int>(batch)};
  launch(device, {grid.blocks()}, &tile_product_kernel<Op>, op, grid);
}

/// Problems that differ in their numbers of rows only in place(): one problem.
struct OneProblem {
  int rows = 0;
  int depth = 0;
  __device__ Place place(int tile) const { return {0, tile * k_tile, rows, depth}; }
};

}  // namespace myriad::kernels::cuda
