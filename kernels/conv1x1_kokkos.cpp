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

/// out[b, m, point] (+)= activation(sum_k a[m, k] in[b, k, point] + bias[m]) with a packed in row
/// blocks.
template <class T>
struct PointProduct {
  T* out;
  const T* in;
  const T* packed;
  const T* bias;
  T* panels;  ///< one panel [depth, k_panel_columns] per worker
  std::int64_t out_stride, in_stride;
  std::int64_t rows, depth, points, tiles;
  Activation activation;
  Update update;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    T* panel = panels + worker * depth * k_panel_columns<T>;
    const RowBlocks blocks(rows, 1);
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t b = item / tiles;
      const std::int64_t p = item % tiles * k_panel_columns<T>;
      const std::int64_t columns = std::min<std::int64_t>(k_panel_columns<T>, points - p);
      const T* x = in + b * in_stride + p;
      kernels::detail::pack_panel<T>(panel, depth, columns,
                                     [&](std::int64_t k) { return x + k * points; });
      for (std::int64_t j = 0; j < blocks.count; ++j) {
        const std::int64_t m = blocks.begin(j);
        const PointEpilogue<T> epilogue{out + b * out_stride + m * points + p,
                                        points,
                                        bias == nullptr ? nullptr : bias + m,
                                        columns,
                                        activation,
                                        update};
        kernels::detail::multiply_rows<1>(blocks.begin(j + 1) - m, depth, packed + m * depth, panel,
                                          epilogue);
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
  const std::int64_t tiles = (x.points + k_panel_columns<T> - 1) / k_panel_columns<T>;
  const std::int64_t workers = detail::worker_count(x.batch * tiles);
  constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
  const std::int64_t packed_size = (rows * depth + line - 1) / line * line;
  T* packed = scratch.array<T>(packed_size + workers * depth * k_panel_columns<T>);
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
/// Output rows of one item: the input is read once per item.
constexpr std::int64_t k_item_rows = 48;

/// Rows [item k_item_rows, ...) of grad_weight and grad_bias, summed over (batch, piece) in
/// increasing order.
template <class T>
struct WeightGradient {
  T* grad_weight;
  T* grad_bias;  ///< or null
  const T* grad_out;
  const T* in;
  std::int64_t grad_out_stride, in_stride;
  std::int64_t batch, rows, columns, points;
  Update update;

  void operator()(std::int64_t item) const {
    const std::int64_t first = item * k_item_rows;
    const std::int64_t last = std::min(rows, first + k_item_rows);
    if (update == Update::overwrite) {
      std::fill(grad_weight + first * columns, grad_weight + last * columns, T{0});
    }
    for (std::int64_t b = 0; b < batch; ++b) {
      for (std::int64_t p = 0; p < points; p += k_piece) add_piece(b, p, first, last);
    }
    if (grad_bias == nullptr) return;
    for (std::int64_t o = first; o < last; ++o) {
      double sum = update == Update::overwrite ? 0.0 : static_cast<double>(grad_bias[o]);
      for (std::int64_t b = 0; b < batch; ++b)
        sum += row_total(grad_out + b * grad_out_stride + o * points);
      grad_bias[o] = static_cast<T>(sum);
    }
  }

  void add_piece(std::int64_t b, std::int64_t p, std::int64_t first, std::int64_t last) const {
    const std::int64_t depth = std::min(k_piece, points - p);
    for (std::int64_t o = first; o < last; o += k_inner_rows) {
      const T* left[k_inner_rows];
      // A block that reaches beyond the last row computes that row again and drops the result.
      for (int r = 0; r < k_inner_rows; ++r) {
        left[r] = grad_out + b * grad_out_stride + std::min(o + r, last - 1) * points + p;
      }
      for (std::int64_t i = 0; i < columns; i += k_inner_columns) {
        const T* right[k_inner_columns];
        for (int c = 0; c < k_inner_columns; ++c) {
          right[c] = in + b * in_stride + std::min(i + c, columns - 1) * points + p;
        }
        alignas(64)
            T sums[(k_inner_rows * k_inner_columns + k_wide<T> - 1) / k_wide<T> * k_wide<T>];
        kernels::detail::inner_products<T>(left, right, depth, sums);
        for (std::int64_t r = 0; r < std::min<std::int64_t>(k_inner_rows, last - o); ++r) {
          for (std::int64_t c = 0; c < std::min<std::int64_t>(k_inner_columns, columns - i); ++c) {
            grad_weight[(o + r) * columns + i + c] += sums[r * k_inner_columns + c];
          }
        }
      }
    }
  }

  double row_total(const T* row) const {
    double total = 0.0;
    for (std::int64_t p = 0; p < points; p += k_piece) {
      const std::int64_t depth = std::min(k_piece, points - p);
      Wide<T> lane{};
      std::int64_t k = 0;
      for (; k + k_wide<T> <= depth; k += k_wide<T>) lane += wide_load(row + p + k);
      if (k < depth) lane += kernels::detail::wide_load_part(row + p + k, depth - k);
      total += static_cast<double>(kernels::detail::wide_sum<T>(lane));
    }
    return total;
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
void run_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                        ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const std::int64_t rows = grad_out.dim(1);
  detail::launch(
      "conv1x1_adjoint_weight", (rows + k_item_rows - 1) / k_item_rows,
      WeightGradient<T>{grad_weight.as<T>(), grad_bias.as<T>(), grad_out.as<T>(), in.as<T>(),
                        grad_out.step(0), in.step(0), x.batch, rows, x.channels, x.points, update});
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

void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                            ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(grad_weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_bias.empty() ||
                       (is_vector(grad_bias, y.channels) && grad_bias.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(grad_out.dtype == in.dtype && grad_weight.dtype == in.dtype);
  in.dtype == DType::f32 ? run_adjoint_weight<float>(grad_weight, grad_bias, grad_out, in, update)
                         : run_adjoint_weight<double>(grad_weight, grad_bias, grad_out, in, update);
}

}  // namespace myriad::kernels::kokkos
