#include "kernels/spectral_conv1x1.hpp"

#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/outer_product.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::check_coefficient_matrix;
using kernels::detail::k_panel_columns;
using kernels::detail::k_panel_vectors;
using kernels::detail::k_wide;
using kernels::detail::RowBlocks;
using kernels::detail::Wide;
using kernels::detail::wide_interleave_high;
using kernels::detail::wide_interleave_low;
using kernels::detail::wide_load;
using kernels::detail::wide_store;

namespace {

/// Coefficients of a sample handled together; fixed, because it is also the length of a weight
/// gradient's partial sums.
constexpr std::int64_t k_chunk = 64;

std::int64_t padded(std::int64_t count) {
  return (count + 15) / 16 * 16;
}

template <class T>
std::int64_t panels_of(std::int64_t columns) {
  return (columns + k_panel_columns<T> - 1) / k_panel_columns<T>;
}

/// Rows 2r and 2r + 1 of the sums are re and im of coefficient r: stored side by side.
template <class T>
struct PairEpilogue {
  T* to;  ///< first coefficient of the block, first column of the panel
  std::int64_t stride, columns;
  Update update;

  template <int Rows>
  MYRIAD_INLINE void store(Wide<T> (&acc)[Rows][k_panel_vectors]) const {
#pragma GCC unroll 8
    for (int r = 0; r < Rows / 2; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < k_panel_vectors; ++v) {
        T* const at = to + r * stride + 2 * v * k_wide<T>;
        const std::int64_t rest = 2 * (columns - v * k_wide<T>);
        put(at, wide_interleave_low(acc[2 * r][v], acc[2 * r + 1][v]), rest);
        put(at + k_wide<T>, wide_interleave_high(acc[2 * r][v], acc[2 * r + 1][v]), rest - k_wide<T>);
      }
    }
  }

  MYRIAD_INLINE void put(T* at, Wide<T> z, std::int64_t count) const {
    if (count >= k_wide<T>) {
      wide_store<T>(at, update == Update::overwrite ? z : wide_load(at) + z);
    } else if (count > 0) {
      if (update == Update::accumulate) z += kernels::detail::wide_load_part(at, count);
      kernels::detail::wide_store_part<T>(at, z, count);
    }
  }
};

/// out[b, row, n] (+)= sum_k panels[k, n] in[b, row, k] for chunks of rows of every sample.
template <class T>
struct RowProduct {
  T* out;
  const T* in;
  const T* panels;  ///< [panel][depth][k_panel_columns]
  T* left;          ///< of each worker: a chunk of in as [depth][re and im rows] by blocks
  std::int64_t out_stride, in_stride;  ///< between samples
  std::int64_t rows, depth, columns, chunks;
  Update update;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    T* const packed = left + worker * padded(2 * k_chunk * depth);
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t first = item % chunks * k_chunk, count = std::min(k_chunk, rows - first);
      const T* const x = in + item / chunks * in_stride + first * 2 * depth;
      T* const y = out + item / chunks * out_stride + first * 2 * columns;
      const RowBlocks blocks(2 * count, 2);
      for (std::int64_t j = 0; j < blocks.count; ++j)
        pack(packed, x, blocks.begin(j), blocks.begin(j + 1));
      for (std::int64_t n = 0; n < columns; n += k_panel_columns<T>) {
        for (std::int64_t j = 0; j < blocks.count; ++j) {
          const std::int64_t m = blocks.begin(j);
          const PairEpilogue<T> epilogue{y + m * columns + 2 * n, 2 * columns,
                                         std::min<std::int64_t>(k_panel_columns<T>, columns - n),
                                         update};
          kernels::detail::multiply_rows<2>(blocks.begin(j + 1) - m, depth, packed + m * depth,
                                            panels + n * depth, epilogue);
        }
      }
    }
  }

  void pack(T* packed, const T* x, std::int64_t begin, std::int64_t end) const {
    const std::int64_t count = end - begin;
    T* const to = packed + begin * depth;
    for (std::int64_t r = 0; r < count; r += 2) {
      const T* __restrict__ from = x + (begin + r) * depth;
      for (std::int64_t k = 0; k < depth; ++k) {
        to[k * count + r] = from[2 * k];
        to[k * count + r + 1] = from[2 * k + 1];
      }
    }
  }
};

/// Sums of a weight gradient, added to what a block holds.
template <class T>
struct AddingEpilogue {
  T* to;
  std::int64_t stride, columns;

  template <int Rows>
  MYRIAD_INLINE void store(Wide<T> (&acc)[Rows][k_panel_vectors]) const {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < k_panel_vectors; ++v) {
        T* const at = to + r * stride + v * k_wide<T>;
        const std::int64_t rest = columns - v * k_wide<T>;
        if (rest >= k_wide<T>) {
          wide_store<T>(at, wide_load(at) + acc[r][v]);
        } else if (rest > 0) {
          kernels::detail::wide_store_part<T>(
              at, kernels::detail::wide_load_part(at, rest) + acc[r][v], rest);
        }
      }
    }
  }
};

/// Blocks of rows of grad_weight [o, i], summed over (sample, chunk) in increasing order.
template <class T>
struct WeightGradient {
  T* grad_weight;
  const T* grad_out;
  const T* in;
  T* scratch;
  std::int64_t out_stride, in_stride, row_stride;
  std::int64_t batch, rows, ni, no;
  Update update;

  std::int64_t left_size() const { return padded(2 * k_chunk * kernels::detail::k_block_rows_max); }
  std::int64_t worker_size() const {
    return left_size() + 2 * k_chunk * panels_of<T>(ni) * k_panel_columns<T>;
  }

  /// Items are blocks of outputs.
  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    T* const left = scratch + worker * worker_size();
    T* const panels = left + left_size();
    const RowBlocks blocks(no, 1);
    if (update == Update::overwrite) {
      for (std::int64_t o = blocks.begin(begin); o < blocks.begin(end); ++o)
        std::fill_n(grad_weight + o * row_stride, ni, T{0});
    }
    for (std::int64_t b = 0; b < batch; ++b) {
      for (std::int64_t first = 0; first < rows; first += k_chunk) {
        const std::int64_t depth = 2 * std::min(k_chunk, rows - first);
        pack_panels(panels, in + b * in_stride + first * 2 * ni, depth);
        for (std::int64_t j = begin; j < end; ++j) {
          const std::int64_t o = blocks.begin(j), count = blocks.begin(j + 1) - o;
          const T* const g = grad_out + b * out_stride + first * 2 * no + 2 * o;
          for (std::int64_t q = 0; q < depth; ++q) {
            for (std::int64_t r = 0; r < count; ++r)
              left[q * count + r] = g[q / 2 * 2 * no + 2 * r + q % 2];
          }
          for (std::int64_t n = 0; n < ni; n += k_panel_columns<T>) {
            const AddingEpilogue<T> epilogue{grad_weight + o * row_stride + n, row_stride,
                                             std::min<std::int64_t>(k_panel_columns<T>, ni - n)};
            kernels::detail::multiply_rows<1>(count, depth, left, panels + n * depth, epilogue);
          }
        }
      }
    }
  }

  /// [panel][re and im rows][k_panel_columns]
  void pack_panels(T* panels, const T* x, std::int64_t depth) const {
    for (std::int64_t n = 0; n < ni; n += k_panel_columns<T>) {
      T* const panel = panels + n * depth;
      const std::int64_t columns = std::min<std::int64_t>(k_panel_columns<T>, ni - n);
      for (std::int64_t q = 0; q < depth; q += 2) {
        const T* __restrict__ from = x + q * ni + 2 * n;
        T* const re = panel + q * k_panel_columns<T>;
        T* const im = re + k_panel_columns<T>;
        for (std::int64_t c = 0; c < columns; ++c) {
          re[c] = from[2 * c];
          im[c] = from[2 * c + 1];
        }
        std::fill(re + columns, re + k_panel_columns<T>, T{0});
        std::fill(im + columns, im + k_panel_columns<T>, T{0});
      }
    }
  }
};

/// Launch a RowProduct with the matrix a(k, n) = weight[k * depth_step + n * column_step].
template <class T>
void multiply(const char* label, Scratch& scratch, TensorView out, ConstTensorView in,
              const T* weight, std::int64_t depth_step, std::int64_t column_step, Update update) {
  const std::int64_t rows = in.dim(1), depth = in.dim(2), columns = out.dim(2);
  const std::int64_t chunks = (rows + k_chunk - 1) / k_chunk, items = in.dim(0) * chunks;
  const std::int64_t workers = detail::worker_count(items),
                     panels_size = panels_of<T>(columns) * k_panel_columns<T> * depth;
  T* const panels = scratch.array<T>(panels_size + workers * padded(2 * k_chunk * depth));
  for (std::int64_t n = 0; n < panels_of<T>(columns) * k_panel_columns<T>; ++n) {
    T* const panel =
        panels + n / k_panel_columns<T> * k_panel_columns<T> * depth + n % k_panel_columns<T>;
    for (std::int64_t k = 0; k < depth; ++k) {
      panel[k * k_panel_columns<T>] = n < columns ? weight[k * depth_step + n * column_step] : T{0};
    }
  }
  detail::launch_workers(
      label, workers, items,
      RowProduct<T>{out.as<T>(), in.as<T>(), panels, panels + panels_size, out.step(0), in.step(0),
                    rows, depth, columns, chunks, update});
}

template <class T>
void run_adjoint_weight(Scratch& scratch, TensorView grad_weight, ConstTensorView grad_out,
                        ConstTensorView in, Update update) {
  WeightGradient<T> gradient{grad_weight.as<T>(), grad_out.as<T>(), in.as<T>(),          nullptr,
                             grad_out.step(0),    in.step(0),       grad_weight.step(0), in.dim(0),
                             in.dim(1),           in.dim(2),        grad_out.dim(2),     update};
  const RowBlocks blocks(gradient.no, 1);
  const std::int64_t workers = detail::worker_count(blocks.count);
  gradient.scratch = scratch.array<T>(workers * gradient.worker_size());
  detail::launch_workers("spectral_conv1x1_adjoint_weight", workers, blocks.count, gradient);
}

}  // namespace

void spectral_conv1x1(Scratch& scratch, TensorView out, ConstTensorView in,
                      ConstTensorView weight) {
  check_coefficient_matrix(in, out, weight);
  MYRIAD_KERNEL_EXPECT(in.dtype == out.dtype && in.dtype == weight.dtype);
  constexpr auto label = "spectral_conv1x1";
  in.dtype == DType::f32 ? multiply<float>(label, scratch, out, in, weight.as<float>(), 1,
                                           weight.step(0), Update::overwrite)
                         : multiply<double>(label, scratch, out, in, weight.as<double>(), 1,
                                            weight.step(0), Update::overwrite);
}

void spectral_conv1x1_adjoint_input(Scratch& scratch, TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update) {
  check_coefficient_matrix(grad_in, grad_out, weight);
  MYRIAD_KERNEL_EXPECT(grad_in.dtype == grad_out.dtype && grad_in.dtype == weight.dtype);
  constexpr auto label = "spectral_conv1x1_adjoint_input";
  grad_in.dtype == DType::f32 ? multiply<float>(label, scratch, grad_in, grad_out,
                                                weight.as<float>(), weight.step(0), 1, update)
                              : multiply<double>(label, scratch, grad_in, grad_out,
                                                 weight.as<double>(), weight.step(0), 1, update);
}

void spectral_conv1x1_adjoint_weight(Scratch& scratch, TensorView grad_weight,
                                     ConstTensorView grad_out, ConstTensorView in, Update update) {
  check_coefficient_matrix(in, grad_out, grad_weight);
  MYRIAD_KERNEL_EXPECT(in.dtype == grad_out.dtype && in.dtype == grad_weight.dtype);
  in.dtype == DType::f32 ? run_adjoint_weight<float>(scratch, grad_weight, grad_out, in, update)
                         : run_adjoint_weight<double>(scratch, grad_weight, grad_out, in, update);
}

}  // namespace myriad::kernels::kokkos
