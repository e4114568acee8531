#include "kernels/conv1x1.hpp"

#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/gemm.hpp"
#include "kernels/inner_product.hpp"
#include "kernels/outer_product.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::k_inner_columns;
using kernels::detail::k_inner_rows;
using kernels::detail::k_panel_columns;
using kernels::detail::k_panel_vectors;
using kernels::detail::k_wide;
using kernels::detail::RowBlocks;
using kernels::detail::Wide;
using kernels::detail::wide_fill;
using kernels::detail::wide_gelu;
using kernels::detail::wide_load;
using kernels::detail::wide_store;

namespace {

/// Bias, activation and update of a block of results while it is still in registers.
template <class T>
struct PointEpilogue {
  T* out;               ///< first row of the block, first column of the panel
  std::int64_t stride;  ///< between rows of out
  const T* bias;        ///< first row of the block, or null
  std::int64_t columns;
  Activation activation;
  Update update;

  template <int Rows>
  MYRIAD_INLINE void store(Wide<T> (&acc)[Rows][k_panel_vectors]) const {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      if (bias != nullptr) {
        for (int v = 0; v < k_panel_vectors; ++v) acc[r][v] += bias[r];
      }
    }
    if (activation == Activation::none && columns == k_panel_columns<T>) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < k_panel_vectors; ++v) put(out + r * stride + v * k_wide<T>, acc[r][v]);
      }
      return;
    }
    // Through memory: the activation needs the registers, and a part of a panel needs scalar
    // stores.
    alignas(64) T block[Rows * k_panel_columns<T>];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      for (int v = 0; v < k_panel_vectors; ++v) {
        wide_store<T>(block + r * k_panel_columns<T> + v * k_wide<T>, acc[r][v]);
      }
    }
    if (activation == Activation::gelu) {
      for (int k = 0; k < Rows * k_panel_columns<T>; k += k_wide<T>) {
        wide_store<T>(block + k, wide_gelu(wide_load(block + k)));
      }
    }
    for (int r = 0; r < Rows; ++r) {
      T* to = out + r * stride;
      const T* from = block + r * k_panel_columns<T>;
      if (columns == k_panel_columns<T>) {
        for (int v = 0; v < k_panel_vectors; ++v)
          put(to + v * k_wide<T>, wide_load(from + v * k_wide<T>));
      } else {
        for (std::int64_t n = 0; n < columns; ++n)
          to[n] = update == Update::overwrite ? from[n] : to[n] + from[n];
      }
    }
  }

  MYRIAD_INLINE void put(T* to, Wide<T> v) const {
    wide_store<T>(to, update == Update::overwrite ? v : wide_load(to) + v);
  }
};

/// Columns of a tile: pieces of 1024 bytes of a row are long enough for the hardware to stream them
/// from memory, in and out (single panels of 128 bytes ran at the latency of memory: 80 instead of
/// 140 Gflop/s on a batch of 16 MB).
template <class T>
constexpr int k_tile_columns = static_cast<int>(1024 / sizeof(T));

/// out[b, m, point] (+)= activation(sum_k a[m, k] in[b, k, point] + bias[m]) with a packed in row
/// blocks.
template <class T>
struct PointProduct {
  T* out;
  const T* in;
  const T* packed;
  const T* bias;
  T* panels;  ///< one tile of panels [depth][k_panel_columns] per worker
  std::int64_t out_stride, in_stride;
  std::int64_t rows, depth, points, tiles;
  Activation activation;
  Update update;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    T* tile = panels + worker * depth * k_tile_columns<T>;
    const RowBlocks blocks(rows, 1);
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t b = item / tiles;
      const std::int64_t p = item % tiles * k_tile_columns<T>;
      const std::int64_t columns = std::min<std::int64_t>(k_tile_columns<T>, points - p);
      pack_tile(tile, in + b * in_stride + p, columns);
      for (std::int64_t j = 0; j < blocks.count; ++j) {
        const std::int64_t m = blocks.begin(j);
        T* y = out + b * out_stride + m * points + p;
        for (std::int64_t n = 0; n < columns; n += k_panel_columns<T>) {
          const PointEpilogue<T> epilogue{y + n,
                                          points,
                                          bias == nullptr ? nullptr : bias + m,
                                          std::min<std::int64_t>(k_panel_columns<T>, columns - n),
                                          activation,
                                          update};
          kernels::detail::multiply_rows<1>(blocks.begin(j + 1) - m, depth, packed + m * depth,
                                            tile + n * depth, epilogue);
        }
      }
    }
  }

  /// Panels side by side; a row is read in one go.
  void pack_tile(T* tile, const T* x, std::int64_t columns) const {
    if (columns < k_tile_columns<T>) {
      for (std::int64_t n = 0; n < columns; n += k_panel_columns<T>) {
        kernels::detail::pack_panel<T>(tile + n * depth, depth,
                                       std::min<std::int64_t>(k_panel_columns<T>, columns - n),
                                       [&](std::int64_t k) { return x + k * points + n; });
      }
      return;
    }
    for (std::int64_t k = 0; k < depth; ++k) {
#pragma GCC unroll 16
      for (int n = 0; n < k_tile_columns<T>; n += k_wide<T>) {
        T* to = tile + n / k_panel_columns<T> * k_panel_columns<T> * depth +
                k * k_panel_columns<T> + n % k_panel_columns<T>;
        wide_store<T>(to, wide_load(x + k * points + n));
      }
    }
  }
};

/// Launch a PointProduct with the matrix a(m, k) = weight[m * row_step + k * column_step].
template <class T>
void multiply_points(const char* label, Scratch& scratch, TensorView out, ConstTensorView in,
                     const T* weight, std::int64_t row_step, std::int64_t column_step,
                     const T* bias, Activation activation, Update update) {
  const auto x = channel_shape(in);
  const std::int64_t rows = out.dim(1), depth = x.channels;
  const std::int64_t tiles = (x.points + k_tile_columns<T> - 1) / k_tile_columns<T>;
  const std::int64_t workers = detail::worker_count(x.batch * tiles);
  constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
  const std::int64_t packed_size = (rows * depth + line - 1) / line * line;
  T* packed = scratch.array<T>(packed_size + workers * depth * k_tile_columns<T>);
  const RowBlocks blocks(rows, 1);
  for (std::int64_t j = 0; j < blocks.count; ++j) {
    const std::int64_t m = blocks.begin(j);
    kernels::detail::pack_rows(
        packed + m * depth, m, blocks.begin(j + 1) - m, depth,
        [=](std::int64_t r, std::int64_t k) { return weight[r * row_step + k * column_step]; });
  }
  detail::launch_workers(
      label, workers, x.batch * tiles,
      PointProduct<T>{out.as<T>(), in.as<T>(), packed, bias, packed + packed_size, out.step(0),
                      in.step(0), rows, depth, x.points, tiles, activation, update});
}

/// Points of a piece of a weight gradient's inner products: two operand blocks stay in the
/// second-level cache.
constexpr std::int64_t k_piece = 512;

/// Rows [begin, end) of grad_weight and grad_bias, summed over (batch, piece) in increasing order.
template <class T>
struct WeightGradient {
  T* grad_weight;
  T* grad_bias;  ///< or null
  const T* grad_out;
  const T* in;
  double* bias_sums;  ///< [rows]
  std::int64_t grad_out_stride, in_stride;
  std::int64_t batch, rows, columns, points;
  Update update;

  void operator()(std::int64_t /*worker*/, std::int64_t begin, std::int64_t end) const {
    if (update == Update::overwrite)
      std::fill(grad_weight + begin * columns, grad_weight + end * columns, T{0});
    for (std::int64_t o = begin; o < end; ++o) {
      bias_sums[o] = grad_bias != nullptr && update == Update::accumulate
                         ? static_cast<double>(grad_bias[o])
                         : 0.0;
    }
    for (std::int64_t b = 0; b < batch; ++b) {
      for (std::int64_t p = 0; p < points; p += k_piece) {
        const bool more = p + k_piece < points;
        const Prefetch next = more            ? prefetch(b, p + k_piece, begin, end)
                              : b + 1 < batch ? prefetch(b + 1, 0, begin, end)
                                              : Prefetch{};
        add_piece(b, p, begin, end, next);
      }
    }
    if (grad_bias == nullptr) return;
    for (std::int64_t o = begin; o < end; ++o) grad_bias[o] = static_cast<T>(bias_sums[o]);
  }

  /// Walks over the operands of the next piece, to fetch them little by little while the current
  /// one is multiplied.
  struct Prefetch {
    const T* g = nullptr;
    const T* x = nullptr;
    std::int64_t g_rows = 0, rows = 0, stride = 0, lines = 0;
    std::int64_t row = 0, line = 0;

    MYRIAD_INLINE void advance(std::int64_t count) {
      constexpr std::int64_t step = 64 / static_cast<std::int64_t>(sizeof(T));
      for (; count > 0 && row < rows; --count) {
        const T* base = row < g_rows ? g + row * stride : x + (row - g_rows) * stride;
        __builtin_prefetch(base + line * step, 0, 2);
        if (++line == lines) {
          line = 0;
          ++row;
        }
      }
    }
  };

  Prefetch prefetch(std::int64_t b, std::int64_t p, std::int64_t begin, std::int64_t end) const {
    const std::int64_t bytes = std::min(k_piece, points - p) * static_cast<std::int64_t>(sizeof(T));
    Prefetch next;
    next.g = grad_out + b * grad_out_stride + begin * points + p;
    next.x = in + b * in_stride + p;
    next.g_rows = end - begin;
    next.rows = end - begin + columns;
    next.stride = points;
    next.lines = (bytes + 63) / 64;
    return next;
  }

  void add_piece(std::int64_t b, std::int64_t p, std::int64_t begin, std::int64_t end,
                 Prefetch next) const {
    const std::int64_t depth = std::min(k_piece, points - p);
    const T* g = grad_out + b * grad_out_stride + p;
    const T* x = in + b * in_stride + p;
    const std::int64_t blocks = ((end - begin + k_inner_rows - 1) / k_inner_rows) *
                                ((columns + k_inner_columns - 1) / k_inner_columns);
    const std::int64_t lines_per_block = (next.rows * next.lines + blocks - 1) / blocks;
    for (std::int64_t o = begin; o < end; o += k_inner_rows) {
      const T* left[k_inner_rows];
      // A block that reaches beyond the last row computes that row again and drops the result.
      for (int r = 0; r < k_inner_rows; ++r) left[r] = g + std::min(o + r, end - 1) * points;
      for (std::int64_t i = 0; i < columns; i += k_inner_columns) {
        next.advance(lines_per_block);
        const T* right[k_inner_columns];
        for (int c = 0; c < k_inner_columns; ++c)
          right[c] = x + std::min(i + c, columns - 1) * points;
        alignas(64)
            T sums[(k_inner_rows * k_inner_columns + k_wide<T> - 1) / k_wide<T> * k_wide<T>];
        kernels::detail::inner_products<T>(left, right, depth, sums);
        for (std::int64_t r = 0; r < std::min<std::int64_t>(k_inner_rows, end - o); ++r) {
          for (std::int64_t c = 0; c < std::min<std::int64_t>(k_inner_columns, columns - i); ++c) {
            grad_weight[(o + r) * columns + i + c] += sums[r * k_inner_columns + c];
          }
        }
      }
    }
    if (grad_bias == nullptr) return;
    for (std::int64_t o = begin; o < end; ++o) bias_sums[o] += piece_total(g + o * points, depth);
  }

  static double piece_total(const T* row, std::int64_t depth) {
    Wide<T> lane[4] = {};
    std::int64_t k = 0;
    for (; k + 4 * k_wide<T> <= depth; k += 4 * k_wide<T>) {
      for (int j = 0; j < 4; ++j) lane[j] += wide_load(row + k + j * k_wide<T>);
    }
    for (; k + k_wide<T> <= depth; k += k_wide<T>) lane[0] += wide_load(row + k);
    if (k < depth) lane[1] += kernels::detail::wide_load_part(row + k, depth - k);
    return static_cast<double>(
        kernels::detail::wide_sum<T>((lane[0] + lane[1]) + (lane[2] + lane[3])));
  }
};

template <class T>
void run(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
         ConstTensorView bias, Activation activation, Update update) {
  multiply_points<T>("conv1x1", scratch, out, in, weight.as<T>(), in.dim(1), 1, bias.as<T>(),
                     activation, update);
}

template <class T>
void run_adjoint_input(Scratch& scratch, TensorView grad_in, ConstTensorView grad_out,
                       ConstTensorView weight, Update update) {
  multiply_points<T>("conv1x1_adjoint_input", scratch, grad_in, grad_out, weight.as<T>(), 1,
                     grad_in.dim(1), nullptr, Activation::none, update);
}

template <class T>
void run_adjoint_weight(Scratch& scratch, TensorView grad_weight, TensorView grad_bias,
                        ConstTensorView grad_out, ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const std::int64_t rows = grad_out.dim(1);
  detail::launch_workers(
      "conv1x1_adjoint_weight", detail::worker_count(rows), rows,
      WeightGradient<T>{grad_weight.as<T>(), grad_bias.as<T>(), grad_out.as<T>(), in.as<T>(),
                        scratch.array<double>(rows), grad_out.step(0), in.step(0), x.batch, rows,
                        x.channels, x.points, update});
}

}  // namespace

void conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
             ConstTensorView bias, Activation activation, Update update) {
  const auto x = channel_shape(in);
  const auto y = channel_shape(out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(bias.empty() || (is_vector(bias, y.channels) && bias.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && weight.dtype == in.dtype);
  in.dtype == DType::f32 ? run<float>(scratch, out, in, weight, bias, activation, update)
                         : run<double>(scratch, out, in, weight, bias, activation, update);
}

void conv1x1_adjoint_input(Scratch& scratch, TensorView grad_in, ConstTensorView grad_out,
                           ConstTensorView weight, Update update) {
  const auto x = channel_shape(grad_in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_out.dtype == grad_in.dtype && weight.dtype == grad_in.dtype);
  grad_in.dtype == DType::f32
      ? run_adjoint_input<float>(scratch, grad_in, grad_out, weight, update)
      : run_adjoint_input<double>(scratch, grad_in, grad_out, weight, update);
}

void conv1x1_adjoint_weight(Scratch& scratch, TensorView grad_weight, TensorView grad_bias,
                            ConstTensorView grad_out, ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(grad_weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_bias.empty() ||
                       (is_vector(grad_bias, y.channels) && grad_bias.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(grad_out.dtype == in.dtype && grad_weight.dtype == in.dtype);
  in.dtype == DType::f32
      ? run_adjoint_weight<float>(scratch, grad_weight, grad_bias, grad_out, in, update)
      : run_adjoint_weight<double>(scratch, grad_weight, grad_bias, grad_out, in, update);
}

}  // namespace myriad::kernels::kokkos
