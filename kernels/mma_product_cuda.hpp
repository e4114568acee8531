#pragma once
/// \file
/// The product of tile_product_cuda.hpp on tensor cores in TF32: both operands are rounded to 11 significant bits, products and
/// sums are fp32. Private to the *_cuda.cu files.
///
/// Takes the same Op with Value = float or Complex<float>. A warp owns a rectangle of m16n8k8 products; the depth runs in steps of
/// 8 from the first to the last, so that the bits of an element depend on its own row and column only.

#include "kernels/tile_product_cuda.hpp"

namespace myriad::kernels::cuda {

/// d (16x8) += a (16x8) b (8x8), spread over the lanes of a warp (PTX ISA, "Matrix Fragments for mma.m16n8k8"): lane l holds of a rows
/// l/4 and l/4+8 at depths l%4 and l%4+4 (rows first), of b column l/4 at these depths, of d rows l/4 and l/4+8 at
/// columns 2 (l%4) and the next (columns first). Operands are fp32 bits rounded to TF32.
__device__ inline void multiply_tf32(float (&d)[4], const float (&a)[4], const float (&b)[2]) {
#ifdef MYRIAD_CUDA_EMULATION
  emulation::multiply_tf32(d, a, b);
#else
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])), "r"(__float_as_uint(a[3])),
        "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
#endif
}

/// Warps of a block and 16x8 products of a warp, for real and for complex values.
template <int Planes>
struct MmaShape {
#ifdef MYRIAD_CUDA_EMULATION  // one warp: fibres are slow
  static constexpr int k_warp_rows = 1, k_warp_columns = 1, k_products_down = 1, k_products_across = 1, k_depth = 8;
#else
  static constexpr int k_warp_rows = 2, k_warp_columns = 4, k_products_down = 2, k_products_across = Planes == 1 ? 4 : 2,
                       k_depth = 16;
#endif
  static constexpr int k_mma_threads = 32 * k_warp_rows * k_warp_columns;
  static constexpr int k_rows = 16 * k_products_down * k_warp_rows;
  static constexpr int k_columns = 8 * k_products_across * k_warp_columns;
  static_assert(k_rows == k_tile);  // the lists of row tiles serve both kinds of product
};

template <class Value>
struct Parts {
  static constexpr int k_planes = 1;
  static __device__ float part(Value v, int) { return v; }
  static __device__ Value join(const float (&v)[1]) { return v[0]; }
};
template <>
struct Parts<Complex<float>> {
  static constexpr int k_planes = 2;
  static __device__ float part(Complex<float> v, int plane) { return plane == 0 ? v.re : v.im; }
  static __device__ Complex<float> join(const float (&v)[2]) { return {v[0], v[1]}; }
};

/// Places of the elements of a stage: neighbours by neighbouring threads, along the depth or across it.
template <int Depth, int Width, bool AlongDepth>
struct StagePlace {
  int p, i;
  __device__ explicit StagePlace(int e) : p(AlongDepth ? e % Depth : e / Width), i(AlongDepth ? e / Depth : e % Width) {}
};

template <class Op>
// Two blocks per multiprocessor: one multiplies while the other one loads.
__global__ void __launch_bounds__(MmaShape<Parts<typename Op::Value>::k_planes>::k_mma_threads, 2)
    mma_product_kernel(Op op, TileGrid grid) {
  using Value = typename Op::Value;
  using Part = Parts<Value>;
  constexpr int k_planes = Part::k_planes;
  using Shape = MmaShape<k_planes>;
  constexpr int k_rows = Shape::k_rows, k_columns = Shape::k_columns, k_step = Shape::k_depth;
  constexpr int k_down = Shape::k_products_down, k_across = Shape::k_products_across;
  constexpr int k_pad = 8;  // lanes of a fragment (4 depths x 8 rows) then fall into 32 banks
  constexpr int k_left = (k_rows * k_step + Shape::k_mma_threads - 1) / Shape::k_mma_threads;
  constexpr int k_right = (k_columns * k_step + Shape::k_mma_threads - 1) / Shape::k_mma_threads;
  using LeftPlace = StagePlace<k_step, k_rows, Op::k_a_along_depth>;
  using RightPlace = StagePlace<k_step, k_columns, Op::k_b_along_depth>;
  __shared__ float left[k_planes][k_step][k_rows + k_pad];
  __shared__ float right[k_planes][k_step][k_columns + k_pad];
  const TileIndex tile(grid, Op::k_rows_first, blockIdx.x);
  const Place place = op.place(tile.row);
  const std::int64_t first_column = static_cast<std::int64_t>(tile.column) * k_columns;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int group = lane / 4, within = lane % 4;
  const int warp_row = warp / Shape::k_warp_columns * (16 * k_down);
  const int warp_column = warp % Shape::k_warp_columns * (8 * k_across);

  float sum[k_planes][k_down][k_across][4];
  for (auto& plane : sum) {
    for (auto& down : plane) {
      for (auto& product : down) {
        for (float& s : product) s = 0.0f;
      }
    }
  }
  // The next stage waits in registers while the present one is multiplied.
  Value next_left[k_left], next_right[k_right];
  const auto fetch = [&](int begin) {
    MYRIAD_UNROLL
    for (int n = 0; n < k_left; ++n) {
      const int e = thread + n * Shape::k_mma_threads;
      const LeftPlace at(e);
      const bool inside = e < k_rows * k_step && begin + at.p < place.depth && place.first_row + at.i < place.rows;
      next_left[n] = inside ? op.a(place, tile.batch, place.first_row + at.i, begin + at.p) : Value{};
    }
    MYRIAD_UNROLL
    for (int n = 0; n < k_right; ++n) {
      const int e = thread + n * Shape::k_mma_threads;
      const RightPlace at(e);
      const bool inside = e < k_columns * k_step && begin + at.p < place.depth && first_column + at.i < op.columns();
      next_right[n] = inside ? op.b(place, tile.batch, begin + at.p, first_column + at.i) : Value{};
    }
  };
  fetch(0);
  for (int begin = 0; begin < place.depth; begin += k_step) {
    MYRIAD_UNROLL
    for (int n = 0; n < k_left; ++n) {
      const int e = thread + n * Shape::k_mma_threads;
      const LeftPlace at(e);
      if (e >= k_rows * k_step) continue;
      for (int plane = 0; plane < k_planes; ++plane)
        left[plane][at.p][at.i] = tf32_from_float(Part::part(next_left[n], plane));
    }
    MYRIAD_UNROLL
    for (int n = 0; n < k_right; ++n) {
      const int e = thread + n * Shape::k_mma_threads;
      const RightPlace at(e);
      if (e >= k_columns * k_step) continue;
      for (int plane = 0; plane < k_planes; ++plane)
        right[plane][at.p][at.i] = tf32_from_float(Part::part(next_right[n], plane));
    }
    __syncthreads();
    if (begin + k_step < place.depth) fetch(begin + k_step);
    MYRIAD_UNROLL
    for (int depth = 0; depth < k_step; depth += 8) {
      float a[k_planes][k_down][4], b[k_planes][k_across][2];
      MYRIAD_UNROLL
      for (int plane = 0; plane < k_planes; ++plane) {
        MYRIAD_UNROLL
        for (int r = 0; r < k_down; ++r) {
          MYRIAD_UNROLL
          for (int e = 0; e < 4; ++e)
            a[plane][r][e] = left[plane][depth + within + e / 2 * 4][warp_row + 16 * r + group + e % 2 * 8];
        }
        MYRIAD_UNROLL
        for (int c = 0; c < k_across; ++c) {
          MYRIAD_UNROLL
          for (int e = 0; e < 2; ++e) b[plane][c][e] = right[plane][depth + within + 4 * e][warp_column + 8 * c + group];
        }
      }
      MYRIAD_UNROLL
      for (int r = 0; r < k_down; ++r) {
        MYRIAD_UNROLL
        for (int c = 0; c < k_across; ++c) {
          multiply_tf32(sum[0][r][c], a[0][r], b[0][c]);
          if constexpr (k_planes == 2) {
            const float minus[2] = {-b[1][c][0], -b[1][c][1]};
            multiply_tf32(sum[0][r][c], a[1][r], minus);
            multiply_tf32(sum[1][r][c], a[0][r], b[1][c]);
            multiply_tf32(sum[1][r][c], a[1][r], b[0][c]);
          }
        }
      }
    }
    __syncthreads();
  }
  MYRIAD_UNROLL
  for (int r = 0; r < k_down; ++r) {
    MYRIAD_UNROLL
    for (int c = 0; c < k_across; ++c) {
      MYRIAD_UNROLL
      for (int e = 0; e < 4; ++e) {
        const int row = place.first_row + warp_row + 16 * r + group + e / 2 * 8;
        const std::int64_t column = first_column + warp_column + 8 * c + 2 * within + e % 2;
        if (row >= place.rows || column >= op.columns()) continue;
        float value[k_planes];
        for (int plane = 0; plane < k_planes; ++plane) value[plane] = sum[plane][r][c][e];
        op.store(place, tile.batch, row, column, Part::join(value));
      }
    }
  }
}

/// As tile_product(), in TF32.
template <class Op>
void mma_product(Device& device, const Op& op, std::int64_t row_tiles, std::int64_t batch) {
  using Shape = MmaShape<Parts<typename Op::Value>::k_planes>;
  const TileGrid grid{static_cast<int>(row_tiles), (op.columns() + Shape::k_columns - 1) / Shape::k_columns,
                      static_cast<int>(batch)};
  launch<Shape::k_mma_threads>(device, {grid.blocks()}, &mma_product_kernel<Op>, op, grid);
}

}  // namespace myriad::kernels::cuda
