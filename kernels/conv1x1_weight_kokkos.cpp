#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/conv1x1.hpp"
#include "kernels/conv1x1_openblas.hpp"
#include "kernels/gemm.hpp"
#include "kernels/inner_product.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::channel_shape;
using kernels::detail::is_vector;
using kernels::detail::k_inner_columns;
using kernels::detail::k_inner_rows;
using kernels::detail::k_wide;
using kernels::detail::Wide;
using kernels::detail::wide_load;

namespace {

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
  std::int64_t batch, columns, points;  ///< no columns: the bias only
  Update update;

  void operator()(std::int64_t /*worker*/, std::int64_t begin, std::int64_t end) const {
    if (update == Update::overwrite) {
      std::fill(grad_weight + begin * columns, grad_weight + end * columns, T{0});
    }
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
    const std::int64_t lines_per_block =
        blocks == 0 ? 0 : (next.rows * next.lines + blocks - 1) / blocks;
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
void run(Scratch& scratch, TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
         ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const std::int64_t rows = grad_out.dim(1);
  const bool bias_only = gemm_provider() == GemmProvider::openblas;
  if (bias_only) {
    detail::openblas_conv1x1_adjoint_weight(grad_weight, grad_out, in, update);
    if (grad_bias.empty()) return;
  }
  detail::launch_workers(
      "conv1x1_adjoint_weight", detail::worker_count(rows), rows,
      WeightGradient<T>{grad_weight.as<T>(), grad_bias.as<T>(), grad_out.as<T>(), in.as<T>(),
                        scratch.array<double>(rows), grad_out.step(0), in.step(0), x.batch,
                        bias_only ? 0 : x.channels, x.points, update});
}

}  // namespace

void conv1x1_adjoint_weight(Scratch& scratch, TensorView grad_weight, TensorView grad_bias,
                            ConstTensorView grad_out, ConstTensorView in, Update update) {
  const auto x = channel_shape(in);
  const auto y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(grad_weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_bias.empty() ||
                       (is_vector(grad_bias, y.channels) && grad_bias.dtype == in.dtype));
  MYRIAD_KERNEL_EXPECT(grad_out.dtype == in.dtype && grad_weight.dtype == in.dtype);
  in.dtype == DType::f32 ? run<float>(scratch, grad_weight, grad_bias, grad_out, in, update)
                         : run<double>(scratch, grad_weight, grad_bias, grad_out, in, update);
}

}  // namespace myriad::kernels::kokkos
