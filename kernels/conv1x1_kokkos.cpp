#include "kernels/conv1x1.hpp"

#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/conv1x1_openblas.hpp"
#include "kernels/gemm.hpp"
#include "kernels/outer_product.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::k_panel_columns;
using kernels::detail::k_panel_vectors;
using kernels::detail::k_wide;
using kernels::detail::point_shape;
using kernels::detail::RowBlocks;
using kernels::detail::Wide;
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
  std::int64_t out_stride, in_stride;    ///< between batch elements
  std::int64_t out_channel, in_channel;  ///< between channels
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
        T* y = out + b * out_stride + m * out_channel + p;
        for (std::int64_t n = 0; n < columns; n += k_panel_columns<T>) {
          const PointEpilogue<T> epilogue{y + n,
                                          out_channel,
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
                                       [&](std::int64_t k) { return x + k * in_channel + n; });
      }
      return;
    }
    for (std::int64_t k = 0; k < depth; ++k) {
#pragma GCC unroll 16
      for (int n = 0; n < k_tile_columns<T>; n += k_wide<T>) {
        T* to = tile + n / k_panel_columns<T> * k_panel_columns<T> * depth +
                k * k_panel_columns<T> + n % k_panel_columns<T>;
        wide_store<T>(to, wide_load(x + k * in_channel + n));
      }
    }
  }
};

/// Launch a PointProduct with the matrix a(m, k) = weight[m * row_step + k * column_step].
template <class T>
void multiply_points(const char* label, Scratch& scratch, TensorView out, ConstTensorView in,
                     const T* weight, std::int64_t row_step, std::int64_t column_step,
                     const T* bias, Activation activation, Update update) {
  const auto x = point_shape(in);
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
                      in.step(0), out.step(1), in.step(1), rows, depth, x.points, tiles, activation, update});
}

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

}  // namespace

void conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
             ConstTensorView bias, Activation activation, Update update) {
  const auto x = point_shape(in);
  const auto y = point_shape(out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(bias.empty() || (is_vector(bias, y.channels) && bias.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype && weight.dtype == in.dtype);
  if (gemm_provider() == GemmProvider::openblas) {
    detail::openblas_conv1x1(scratch, out, in, weight, bias, activation, update);
    return;
  }
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

}  // namespace myriad::kernels::kokkos
