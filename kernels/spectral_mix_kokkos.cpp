#include "kernels/spectral_mix.hpp"

#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/inner_product.hpp"
#include "kernels/outer_product.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::k_inner_columns;
using kernels::detail::k_inner_rows;
using kernels::detail::k_panel_columns;
using kernels::detail::k_panel_vectors;
using kernels::detail::k_wide;
using kernels::detail::RowBlocks;
using kernels::detail::Wide;
using kernels::detail::wide_load;
using kernels::detail::wide_store;
using kernels::detail::wide_swap_neighbours;

namespace {

// A complex product is a real one on interleaved data: with the rows x_re and x_im of x and the
// natural layout (w_re, w_im) of w,  p = x_re w  and  q = x_im w  give  x w = (p_re - q_im, p_im +
// q_re)  and conj(x) w = (p_re + q_im, p_im - q_re). No operand is split and no flop is wasted.

/// Rows of coefficients handled together; fixed, because it is also the length of a weight
/// gradient's partial sums.
constexpr std::int64_t k_chunk_rows = 128;

/// Degree of work item \p item: low and high degrees alternate, so that workers with contiguous
/// items have equal work (degree l has l + 1 rows).
constexpr std::int64_t balanced_degree(std::int64_t item, std::int64_t lmax) {
  return item % 2 == 0 ? item / 2 : lmax - 1 - item / 2;
}

/// Rows of one degree through the batch: row q is order q % orders of batch element q / orders.
template <class T>
struct DegreeRows {
  T* base;
  std::int64_t batch_stride, row_size, degree, orders;
  SpectralLayout layout;

  MYRIAD_INLINE T* operator()(std::int64_t q) const {
    return base + q / orders * batch_stride + layout.index(degree, q % orders) * row_size;
  }
};

/// Rows fetched ahead of the one in use: rows of one degree lie far apart, and the hardware follows
/// no stream.
constexpr std::int64_t k_ahead = 6;

/// Fetch a row into the second-level cache, for reading (0) or writing (1).
template <int Write, class T>
MYRIAD_INLINE void fetch_row(const T* row, std::int64_t size) {
  for (std::int64_t k = 0; k < size; k += 64 / static_cast<std::int64_t>(sizeof(T))) {
    __builtin_prefetch(row + k, Write, 2);
  }
}

/// (-1, 1, -1, 1, ...)
template <class T>
MYRIAD_INLINE Wide<T> alternating() {
  alignas(64) T lanes[k_wide<T>];
  for (int j = 0; j < k_wide<T>; ++j) lanes[j] = j % 2 == 0 ? T{-1} : T{1};
  return wide_load<T>(lanes);
}

/// Joins the rows p and q of a complex product and stores them. row(r) returns where complex row r
/// of the block goes.
template <class T, class Row>
struct ComplexEpilogue {
  Row row;
  T sign;  ///< +1 for x w, -1 for conj(x) w
  std::int64_t columns;
  Update update;

  template <int Rows>
  MYRIAD_INLINE void store(Wide<T> (&acc)[Rows][k_panel_vectors]) const {
    const Wide<T> signs = alternating<T>() * sign;
#pragma GCC unroll 8
    for (int r = 0; r < Rows / 2; ++r) {
      T* to = row(r);
#pragma GCC unroll 2
      for (int v = 0; v < k_panel_vectors; ++v) {
        Wide<T> z = acc[2 * r][v] + wide_swap_neighbours(acc[2 * r + 1][v]) * signs;
        const std::int64_t rest = columns - v * k_wide<T>;
        if (rest <= 0) break;
        T* at = to + v * k_wide<T>;
        if (rest >= k_wide<T>) {
          wide_store<T>(at, update == Update::overwrite ? z : wide_load(at) + z);
        } else {
          if (update == Update::accumulate) z += kernels::detail::wide_load_part(at, rest);
          kernels::detail::wide_store_part<T>(at, z, rest);
        }
      }
    }
  }
};

/// Scratch of one worker: a packed chunk of the left operand and a panel of the right one.
struct WorkerScratch {
  std::int64_t left, panel;
  std::int64_t size() const { return left + panel; }
};

std::int64_t padded(std::int64_t count) {
  return (count + 15) / 16 * 16;
}

template <class T>
struct Mix {
  DegreeRows<T> out;
  DegreeRows<const T> in;
  const T* weight;
  T* scratch;
  WorkerScratch sizes;
  std::int64_t batch, ni, no;
  SpectralLayout layout;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t item = begin; item < end; ++item)
      mix_degree(scratch + worker * sizes.size(), balanced_degree(item, layout.lmax));
  }

  void mix_degree(T* left, std::int64_t degree) const {
    T* panel = left + sizes.left;
    DegreeRows<T> y = out;
    DegreeRows<const T> x = in;
    x.degree = y.degree = degree;
    x.orders = y.orders = layout.orders_of_degree(degree);
    const std::int64_t total = batch * x.orders;
    const T* w = weight + degree * ni * no * 2;
    for (std::int64_t q0 = 0; q0 < total; q0 += k_chunk_rows) {
      const std::int64_t rows = std::min(k_chunk_rows, total - q0);
      const RowBlocks blocks(2 * rows, 2);
      for (std::int64_t j = 0; j < blocks.count; ++j)
        pack_block(left, x, y, q0, blocks.begin(j), blocks.begin(j + 1), total);
      for (std::int64_t n = 0; n < 2 * no; n += k_panel_columns<T>) {
        const std::int64_t columns = std::min<std::int64_t>(k_panel_columns<T>, 2 * no - n);
        kernels::detail::pack_panel<T>(panel, ni, columns,
                                       [&](std::int64_t i) { return w + i * no * 2 + n; });
        for (std::int64_t j = 0; j < blocks.count; ++j) {
          const std::int64_t m = blocks.begin(j);
          const auto row = [&](int r) { return y(q0 + m / 2 + r) + n; };
          const ComplexEpilogue<T, decltype(row)> epilogue{row, T{1}, columns, Update::overwrite};
          kernels::detail::multiply_rows<2>(blocks.begin(j + 1) - m, ni, left + m * ni, panel,
                                            epilogue);
        }
      }
    }
  }

  /// [i][row] with the re and im rows of a coefficient row side by side, as they lie in memory.
  void pack_block(T* left, const DegreeRows<const T>& x, const DegreeRows<T>& y, std::int64_t q0,
                  std::int64_t begin, std::int64_t end, std::int64_t total) const {
    const std::int64_t count = end - begin;
    T* to = left + begin * ni;
    for (std::int64_t r = 0; r < count; r += 2) {
      const std::int64_t q = q0 + (begin + r) / 2;
      const T* __restrict__ from = x(q);
      fetch_row<0>(x(std::min(q + k_ahead, total - 1)), 2 * ni);
      fetch_row<1>(y(q), 2 * no);
      for (std::int64_t i = 0; i < ni; ++i) {
        to[i * count + r] = from[2 * i];
        to[i * count + r + 1] = from[2 * i + 1];
      }
    }
  }
};

template <class T>
struct MixAdjointInput {
  DegreeRows<T> grad_in;
  DegreeRows<const T> grad_out;
  const T* weight;
  T* scratch;
  WorkerScratch sizes;
  std::int64_t batch, ni, no;
  SpectralLayout layout;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t item = begin; item < end; ++item)
      mix_degree(scratch + worker * sizes.size(), balanced_degree(item, layout.lmax));
  }

  /// Re = g . w and Im = (g_im, -g_re) . w over the interleaved o, for each row w of the matrix.
  void mix_degree(T* turned, std::int64_t degree) const {
    DegreeRows<T> y = grad_in;
    DegreeRows<const T> g = grad_out;
    g.degree = y.degree = degree;
    g.orders = y.orders = layout.orders_of_degree(degree);
    const std::int64_t total = batch * g.orders;
    const T* w = weight + degree * ni * no * 2;
    constexpr int pairs = k_inner_rows / 2;
    for (std::int64_t q = 0; q < total; q += pairs) {
      const T* left[k_inner_rows];
      const std::int64_t valid_pairs = std::min<std::int64_t>(pairs, total - q);
      for (int r = 0; r < pairs; ++r) {
        fetch_row<0>(g(std::min(q + r + k_ahead, total - 1)), 2 * no);
        fetch_row<1>(y(std::min(q + r + k_ahead, total - 1)), 2 * ni);
        const T* from = g(std::min(q + r, total - 1));
        T* rotated = turned + r * sizes.left;
        for (std::int64_t o = 0; o < no; ++o) {
          rotated[2 * o] = from[2 * o + 1];
          rotated[2 * o + 1] = -from[2 * o];
        }
        left[2 * r] = from;
        left[2 * r + 1] = rotated;
      }
      for (std::int64_t i = 0; i < ni; i += k_inner_columns) {
        const T* right[k_inner_columns];
        for (int c = 0; c < k_inner_columns; ++c) right[c] = w + std::min(i + c, ni - 1) * no * 2;
        alignas(64)
            T sums[(k_inner_rows * k_inner_columns + k_wide<T> - 1) / k_wide<T> * k_wide<T>];
        kernels::detail::inner_products<T>(left, right, 2 * no, sums);
        for (std::int64_t r = 0; r < valid_pairs; ++r) {
          T* to = y(q + r) + 2 * i;
          for (std::int64_t c = 0; c < std::min<std::int64_t>(k_inner_columns, ni - i); ++c) {
            to[2 * c] = sums[2 * r * k_inner_columns + c];
            to[2 * c + 1] = sums[(2 * r + 1) * k_inner_columns + c];
          }
        }
      }
    }
  }
};

template <class T>
struct MixAdjointWeight {
  T* grad_weight;
  DegreeRows<const T> in;
  DegreeRows<const T> grad_out;
  T* scratch;
  WorkerScratch sizes;
  std::int64_t batch, ni, no;
  SpectralLayout layout;
  Update update;

  void operator()(std::int64_t worker, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t item = begin; item < end; ++item)
      add_degree(scratch + worker * sizes.size(), balanced_degree(item, layout.lmax));
  }

  void add_degree(T* left, std::int64_t degree) const {
    T* panel = left + sizes.left;
    DegreeRows<const T> x = in;
    DegreeRows<const T> g = grad_out;
    x.degree = g.degree = degree;
    x.orders = g.orders = layout.orders_of_degree(degree);
    const std::int64_t total = batch * x.orders;
    T* w = grad_weight + degree * ni * no * 2;
    const RowBlocks blocks(2 * ni, 2);
    for (std::int64_t q0 = 0; q0 < total; q0 += k_chunk_rows) {
      const std::int64_t depth = std::min(k_chunk_rows, total - q0);
      const Update mode = q0 == 0 ? update : Update::accumulate;
      for (std::int64_t q = 0; q < depth; ++q) {
        fetch_row<0>(x(std::min(q0 + q + k_ahead, total - 1)), 2 * ni);
        fetch_row<0>(g(q0 + q), 2 * no);
        const T* from = x(q0 + q);
        for (std::int64_t j = 0; j < blocks.count; ++j) {
          const std::int64_t m = blocks.begin(j), count = blocks.begin(j + 1) - m;
          std::copy_n(from + m, count, left + m * depth + q * count);
        }
      }
      for (std::int64_t n = 0; n < 2 * no; n += k_panel_columns<T>) {
        const std::int64_t columns = std::min<std::int64_t>(k_panel_columns<T>, 2 * no - n);
        kernels::detail::pack_panel<T>(panel, depth, columns,
                                       [&](std::int64_t q) { return g(q0 + q) + n; });
        for (std::int64_t j = 0; j < blocks.count; ++j) {
          const std::int64_t m = blocks.begin(j);
          const auto row = [&](int r) { return w + (m / 2 + r) * no * 2 + n; };
          const ComplexEpilogue<T, decltype(row)> epilogue{row, T{-1}, columns, mode};
          kernels::detail::multiply_rows<2>(blocks.begin(j + 1) - m, depth, left + m * depth, panel,
                                            epilogue);
        }
      }
    }
  }
};

template <class T>
DegreeRows<T> degree_rows(T* base, std::int64_t batch_stride, std::int64_t channels,
                          const SpectralLayout& layout) {
  return {base, batch_stride, channels * 2, 0, 0, layout};
}

template <class T>
void run(Scratch& scratch, const SpectralLayout& layout, TensorView out, ConstTensorView in,
         ConstTensorView weight) {
  const std::int64_t ni = in.dim(2), no = out.dim(2);
  const std::int64_t workers = detail::worker_count(layout.lmax);
  const WorkerScratch sizes{padded(2 * k_chunk_rows * ni), padded(ni * k_panel_columns<T>)};
  detail::launch_workers(
      "spectral_mix", workers, layout.lmax,
      Mix<T>{degree_rows(out.as<T>(), out.step(0), no, layout),
             degree_rows(in.as<T>(), in.step(0), ni, layout), weight.as<T>(),
             scratch.array<T>(workers * sizes.size()), sizes, in.dim(0), ni, no, layout});
}

template <class T>
void run_adjoint_input(Scratch& scratch, const SpectralLayout& layout, TensorView grad_in,
                       ConstTensorView grad_out, ConstTensorView weight) {
  const std::int64_t ni = grad_in.dim(2), no = grad_out.dim(2);
  const std::int64_t workers = detail::worker_count(layout.lmax);
  const WorkerScratch sizes{padded(2 * no), (k_inner_rows / 2 - 1) * padded(2 * no)};
  detail::launch_workers(
      "spectral_mix_adjoint_input", workers, layout.lmax,
      MixAdjointInput<T>{degree_rows(grad_in.as<T>(), grad_in.step(0), ni, layout),
                         degree_rows(grad_out.as<T>(), grad_out.step(0), no, layout),
                         weight.as<T>(), scratch.array<T>(workers * sizes.size()), sizes,
                         grad_in.dim(0), ni, no, layout});
}

template <class T>
void run_adjoint_weight(Scratch& scratch, const SpectralLayout& layout, TensorView grad_weight,
                        ConstTensorView in, ConstTensorView grad_out, Update update) {
  const std::int64_t ni = in.dim(2), no = grad_out.dim(2);
  const std::int64_t workers = detail::worker_count(layout.lmax);
  const WorkerScratch sizes{padded(2 * k_chunk_rows * ni),
                            padded(k_chunk_rows * k_panel_columns<T>)};
  detail::launch_workers(
      "spectral_mix_adjoint_weight", workers, layout.lmax,
      MixAdjointWeight<T>{grad_weight.as<T>(), degree_rows(in.as<T>(), in.step(0), ni, layout),
                          degree_rows(grad_out.as<T>(), grad_out.step(0), no, layout),
                          scratch.array<T>(workers * sizes.size()), sizes, in.dim(0), ni, no,
                          layout, update});
}

/// Shapes common to the three: coefficients with channels i and o, and a matrix per degree.
void check_shapes(const SpectralLayout& layout, ConstTensorView i, ConstTensorView o,
                  ConstTensorView weight) {
  MYRIAD_KERNEL_EXPECT(i.rank == 4 && o.rank == 4 && i.dense_from(1) && o.dense_from(1));
  MYRIAD_KERNEL_EXPECT(i.dim(0) == o.dim(0) && i.dim(1) == layout.size() &&
                       o.dim(1) == layout.size());
  MYRIAD_KERNEL_EXPECT(i.dim(3) == 2 && o.dim(3) == 2);
  MYRIAD_KERNEL_EXPECT(weight.dense_from(0) &&
                       weight.size() == layout.lmax * i.dim(2) * o.dim(2) * 2);
  MYRIAD_KERNEL_EXPECT(i.dtype == o.dtype && i.dtype == weight.dtype);
}

}  // namespace

void spectral_mix(Scratch& scratch, const SpectralLayout& layout, TensorView out,
                  ConstTensorView in, ConstTensorView weight) {
  check_shapes(layout, in, out, weight);
  in.dtype == DType::f32 ? run<float>(scratch, layout, out, in, weight)
                         : run<double>(scratch, layout, out, in, weight);
}

void spectral_mix_adjoint_input(Scratch& scratch, const SpectralLayout& layout, TensorView grad_in,
                                ConstTensorView grad_out, ConstTensorView weight) {
  check_shapes(layout, grad_in, grad_out, weight);
  grad_in.dtype == DType::f32
      ? run_adjoint_input<float>(scratch, layout, grad_in, grad_out, weight)
      : run_adjoint_input<double>(scratch, layout, grad_in, grad_out, weight);
}

void spectral_mix_adjoint_weight(Scratch& scratch, const SpectralLayout& layout,
                                 TensorView grad_weight, ConstTensorView in,
                                 ConstTensorView grad_out, Update update) {
  check_shapes(layout, in, grad_out, grad_weight);
  in.dtype == DType::f32
      ? run_adjoint_weight<float>(scratch, layout, grad_weight, in, grad_out, update)
      : run_adjoint_weight<double>(scratch, layout, grad_weight, in, grad_out, update);
}

}  // namespace myriad::kernels::kokkos
