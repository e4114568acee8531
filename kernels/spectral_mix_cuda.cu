#include <cmath>

#include "kernels/mma_product_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/tile_product_cuda.hpp"

namespace myriad::kernels::cuda {

/// Coefficients of degree l: rows[first[l] + m] is the position of (l, m). Tiles of rows: (degree, first row) pairs.
class DegreeTable {
 public:
  DegreeTable(Device& device, const SpectralLayout& spectral) : layout(spectral) {
    std::vector<int> row_list, first_list, tile_list;
    for (std::int64_t l = 0; l < layout.lmax; ++l) {
      first_list.push_back(static_cast<int>(row_list.size()));
      const std::int64_t orders = layout.orders_of_degree(l);
      for (std::int64_t m = 0; m < orders; ++m) row_list.push_back(static_cast<int>(layout.index(l, m)));
      for (std::int64_t row = 0; row < orders; row += k_tile) {
        tile_list.push_back(static_cast<int>(l));
        tile_list.push_back(static_cast<int>(row));
      }
    }
    first_list.push_back(static_cast<int>(row_list.size()));
    tiles = static_cast<std::int64_t>(tile_list.size()) / 2;
    rows = DeviceArray<int>(device, row_list);
    first = DeviceArray<int>(device, first_list);
    tile = DeviceArray<int>(device, tile_list);
  }

  SpectralLayout layout;
  DeviceArray<int> rows, first, tile;
  std::int64_t tiles = 0;
};

namespace {

/// The table as a kernel sees it.
struct Degrees {
  const int* rows;
  const int* first;
  const int* tile;

  __device__ int orders(int l) const { return first[l + 1] - first[l]; }
  __device__ std::int64_t row(int l, int m) const { return rows[first[l] + m]; }
};

Degrees degrees_of(const DegreeTable& table) { return {table.rows.data(), table.first.data(), table.tile.data()}; }

template <class W>
__device__ Complex<Wide<W>> widen(Complex<W> w) {
  return {cuda::widen(w.re), cuda::widen(w.im)};
}

/// out[b, lm, o] = sum_i in[b, lm, i] weight[l, i, o]; as the adjoint from outputs to inputs, with conj(weight[l, o, i]).
/// W: the format of the weights in memory.
template <class T, class W, bool Adjoint>
struct Mix {
  using Value = Complex<T>;
  static constexpr bool k_a_along_depth = true, k_b_along_depth = Adjoint, k_rows_first = false;
  Degrees degrees;
  const Value* in;
  const Complex<W>* weight;
  Value* out;
  std::int64_t in_stride, out_stride;
  int from, to;  ///< channels of in and out

  __device__ Place place(int tile) const {
    const int l = degrees.tile[2 * tile];
    return {l, degrees.tile[2 * tile + 1], degrees.orders(l), from};
  }
  __device__ int columns() const { return to; }
  __device__ Value a(const Place& place, int batch, int m, int i) const {
    return in[batch * in_stride + degrees.row(place.problem, m) * from + i];
  }
  __device__ Value b(const Place& place, int, int i, std::int64_t o) const {
    const Complex<W>* matrix = weight + static_cast<std::int64_t>(place.problem) * from * to;
    return Adjoint ? conjugate(widen(matrix[o * from + i])) : widen(matrix[static_cast<std::int64_t>(i) * to + o]);
  }
  __device__ void store(const Place& place, int batch, int m, std::int64_t o, Value value) const {
    out[batch * out_stride + degrees.row(place.problem, m) * to + o] = value;
  }
};

/// grad_weight[l, i, o] (+)= sum over batch and m of conj(in[b, lm, i]) grad_out[b, lm, o].
template <class T>
struct MixAdjointWeight {
  using Value = Complex<T>;
  static constexpr bool k_a_along_depth = false, k_b_along_depth = false, k_rows_first = false;
  Degrees degrees;
  const Value* in;
  const Value* grad_out;
  Value* grad_weight;
  std::int64_t in_stride, out_stride;
  int inputs, outputs, batch_size, row_tiles;
  bool accumulate;

  __device__ Place place(int tile) const {
    const int l = tile / row_tiles;
    return {l, tile % row_tiles * k_tile, inputs, batch_size * degrees.orders(l)};
  }
  __device__ int columns() const { return outputs; }
  __device__ Value a(const Place& place, int, int i, int p) const {
    const int orders = degrees.orders(place.problem);
    return conjugate(in[p / orders * in_stride + degrees.row(place.problem, p % orders) * inputs + i]);
  }
  __device__ Value b(const Place& place, int, int p, std::int64_t o) const {
    const int orders = degrees.orders(place.problem);
    return grad_out[p / orders * out_stride + degrees.row(place.problem, p % orders) * outputs + o];
  }
  __device__ void store(const Place& place, int, int i, std::int64_t o, Value value) const {
    Value& target = grad_weight[(static_cast<std::int64_t>(place.problem) * inputs + i) * outputs + o];
    target = accumulate ? Value{target.re + value.re, target.im + value.im} : value;
  }
};

/// coefficients [batch, lm, channel, 2], weight [l, i, o, 2].
struct MixShape {
  std::int64_t batch = 0, inputs = 0, outputs = 0;
};

MixShape mix_shape(const DegreeTable& table, ConstTensorView from, ConstTensorView to, ConstTensorView weight) {
  const MixShape shape{from.dim(0), from.dim(2), to.dim(2)};
  MYRIAD_KERNEL_EXPECT(from.rank == 4 && to.rank == 4 && from.dense_from(1) && to.dense_from(1));
  MYRIAD_KERNEL_EXPECT(from.dim(1) == table.layout.size() && to.dim(1) == table.layout.size());
  MYRIAD_KERNEL_EXPECT(to.dim(0) == shape.batch && from.dim(3) == 2 && to.dim(3) == 2);
  MYRIAD_KERNEL_EXPECT(detail::is_vector(weight, table.layout.lmax * shape.inputs * shape.outputs * 2));
  return shape;
}

/// Complex elements between batch elements.
std::int64_t stride_of(ConstTensorView v) {
  MYRIAD_KERNEL_EXPECT(v.dim(0) == 1 || v.step(0) % 2 == 0);
  return v.step(0) / 2;
}

/// \param run tile_product or mma_product
template <class T, class W, bool Adjoint, class Run>
void mix(Device& device, const DegreeTable& table, TensorView out, ConstTensorView in, ConstTensorView weight, const Run& run) {
  const MixShape s = mix_shape(table, in, out, weight);
  const Mix<T, W, Adjoint> op{degrees_of(table),      in.as<Complex<T>>(),        weight.as<Complex<W>>(),
                              out.as<Complex<T>>(),   stride_of(in),              stride_of(out),
                              static_cast<int>(s.inputs), static_cast<int>(s.outputs)};
  run(device, op, table.tiles, s.batch);
}

constexpr auto k_exact = [](Device& device, const auto& op, std::int64_t tiles, std::int64_t batch) {
  tile_product(device, op, tiles, batch);
};
constexpr auto k_tensor_cores = [](Device& device, const auto& op, std::int64_t tiles, std::int64_t batch) {
  mma_product(device, op, tiles, batch);
};

template <bool Adjoint>
void mix_any(Device& device, const DegreeTable& table, TensorView out, ConstTensorView in, ConstTensorView weight) {
  MYRIAD_KERNEL_EXPECT(in.dtype == out.dtype && (weight.dtype == in.dtype || in.dtype == DType::f32));
  switch (weight.dtype) {
    case DType::f32:
      return mix<float, float, Adjoint>(device, table, out, in, weight, k_exact);
    case DType::f64:
      return mix<double, double, Adjoint>(device, table, out, in, weight, k_exact);
    case DType::tf32:
      return mix<float, float, Adjoint>(device, table, out, in, weight, k_tensor_cores);
    case DType::f16:
      return mix<float, F16, Adjoint>(device, table, out, in, weight, k_tensor_cores);
    case DType::bf16:
      MYRIAD_KERNEL_EXPECT(weight.dtype != DType::bf16);
  }
}

template <class T>
void adjoint_weight(Device& device, const DegreeTable& table, TensorView grad_weight, ConstTensorView in,
                    ConstTensorView grad_out, Update update) {
  const MixShape s = mix_shape(table, in, grad_out, grad_weight);
  const int row_tiles = tiles_of(s.inputs);
  const MixAdjointWeight<T> op{degrees_of(table),
                               in.as<Complex<T>>(),
                               grad_out.as<Complex<T>>(),
                               grad_weight.as<Complex<T>>(),
                               stride_of(in),
                               stride_of(grad_out),
                               static_cast<int>(s.inputs),
                               static_cast<int>(s.outputs),
                               static_cast<int>(s.batch),
                               row_tiles,
                               update == Update::accumulate};
  if (grad_weight.dtype == DType::tf32) {
    if constexpr (std::is_same_v<T, float>) mma_product(device, op, table.layout.lmax * row_tiles, 1);
  } else {
    tile_product(device, op, table.layout.lmax * row_tiles, 1);
  }
}

}  // namespace

std::int64_t degree_table_bytes(const SpectralLayout& layout) {
  std::int64_t numbers = layout.size() + layout.lmax + 1;
  for (std::int64_t l = 0; l < layout.lmax; ++l) numbers += 2 * tiles_of(layout.orders_of_degree(l));
  return numbers * static_cast<std::int64_t>(sizeof(int));
}

std::shared_ptr<const DegreeTable> make_degree_table(Device& device, const SpectralLayout& layout) {
  return std::make_shared<DegreeTable>(device, layout);
}

void spectral_mix(Device& device, const DegreeTable& table, TensorView out, ConstTensorView in, ConstTensorView weight) {
  mix_any<false>(device, table, out, in, weight);
}

void spectral_mix_adjoint_input(Device& device, const DegreeTable& table, TensorView grad_in, ConstTensorView grad_out,
                                ConstTensorView weight) {
  mix_any<true>(device, table, grad_in, grad_out, weight);
}

void spectral_mix_adjoint_weight(Device& device, const DegreeTable& table, TensorView grad_weight, ConstTensorView in,
                                 ConstTensorView grad_out, Update update) {
  in.dtype == DType::f32 ? adjoint_weight<float>(device, table, grad_weight, in, grad_out, update)
                         : adjoint_weight<double>(device, table, grad_weight, in, grad_out, update);
}

}  // namespace myriad::kernels::cuda
