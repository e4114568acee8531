#include <algorithm>
#include <cmath>

#include "kernels/mma_product_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/tile_product_cuda.hpp"

namespace myriad::kernels::cuda {

using detail::check_coefficient_matrix;

namespace {

/// Rows of a product are re and im of the coefficients in turn: neighbouring threads read both
/// parts of neighbouring channels.
__device__ inline std::int64_t part_of(std::int64_t row, std::int64_t channel,
                                       std::int64_t channels) {
  return (row / 2 * channels + channel) * 2 + row % 2;
}

/// out[b, row, o] (+)= sum_i in[b, row, i] weight[o, i]; as the adjoint from outputs to inputs,
/// with weight[i, o].
template <class T, class W, bool Adjoint>
struct Multiply : OneProblem {
  using Value = T;
  static constexpr bool k_a_along_depth = true, k_b_along_depth = !Adjoint, k_rows_first = false;
  const T* in;
  const W* weight;
  T* out;
  std::int64_t in_stride, out_stride, weight_row;
  int to;  ///< channels of out
  bool accumulate;

  __device__ int columns() const { return to; }
  __device__ T a(const Place&, int batch, int row, int i) const {
    return in[batch * in_stride + part_of(row, i, depth)];
  }
  __device__ T b(const Place&, int, int i, std::int64_t o) const {
    return static_cast<T>(widen(Adjoint ? weight[i * weight_row + o] : weight[o * weight_row + i]));
  }
  __device__ void store(const Place&, int batch, int row, std::int64_t o, T value) const {
    T& target = out[batch * out_stride + part_of(row, o, to)];
    target = accumulate ? target + value : value;
  }
};

/// partial[b * parts + part, o, i] = sum over a part's rows of grad_out[b, row, o] in[b, row, i].
template <class T>
struct AdjointWeight {
  using Value = T;
  static constexpr bool k_a_along_depth = false, k_b_along_depth = false, k_rows_first = false;
  const T* grad_out;
  const T* in;
  T* partial;
  std::int64_t out_stride, in_stride;
  int all_rows, parts, part_rows;
  int outputs, inputs;

  // The batch of the product is (sample, part); the last part is shorter: rows beyond it count as
  // zero.
  __device__ Place place(int tile) const { return {0, tile * k_tile, outputs, part_rows}; }
  __device__ int columns() const { return inputs; }
  __device__ T a(const Place&, int batch, int o, int p) const {
    return value(grad_out + batch / parts * out_stride, batch % parts * part_rows + p, o, outputs);
  }
  __device__ T b(const Place&, int batch, int p, std::int64_t i) const {
    return value(in + batch / parts * in_stride, batch % parts * part_rows + p, i, inputs);
  }
  __device__ void store(const Place&, int batch, int o, std::int64_t i, T sum) const {
    partial[(static_cast<std::int64_t>(batch) * outputs + o) * inputs + i] = sum;
  }
  __device__ T value(const T* sample, int row, std::int64_t channel, int channels) const {
    return row < all_rows ? sample[part_of(row, channel, channels)] : T{};
  }
};

/// Rows of a partial sum of a weight gradient: enough blocks for a device, few enough partial sums.
constexpr int k_part_rows = 4096;

template <class T, class W, bool Adjoint>
void multiply(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight,
              Update update) {
  Multiply<T, W, Adjoint> op{};
  op.rows = static_cast<int>(2 * in.dim(1));
  op.depth = static_cast<int>(in.dim(2));
  op.in = in.as<T>();
  op.weight = weight.as<W>();
  op.out = out.as<T>();
  op.in_stride = in.step(0);
  op.out_stride = out.step(0);
  op.weight_row = weight.step(0);
  op.to = static_cast<int>(out.dim(2));
  op.accumulate = update == Update::accumulate;
  const std::int64_t tiles = tiles_of(op.rows);
  if constexpr (std::is_same_v<T, float>) {
    if (weight.dtype != DType::f32) return mma_product(device, op, tiles, in.dim(0));
  }
  tile_product(device, op, tiles, in.dim(0));
}

template <bool Adjoint>
void multiply_any(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight,
                  Update update) {
  MYRIAD_KERNEL_EXPECT(in.dtype == out.dtype &&
                       (weight.dtype == in.dtype || in.dtype == DType::f32));
  switch (weight.dtype) {
    case DType::f32:
    case DType::tf32:
      return multiply<float, float, Adjoint>(device, out, in, weight, update);
    case DType::f64:
      return multiply<double, double, Adjoint>(device, out, in, weight, update);
    case DType::f16:
      return multiply<float, F16, Adjoint>(device, out, in, weight, update);
    case DType::bf16:
      MYRIAD_KERNEL_EXPECT(weight.dtype != DType::bf16);
  }
}

template <class T>
void adjoint_weight(Device& device, TensorView grad_weight, ConstTensorView grad_out,
                    ConstTensorView in, Update update) {
  const std::int64_t batch = in.dim(0), rows = 2 * in.dim(1),
                     parts = (rows + k_part_rows - 1) / k_part_rows;
  const std::int64_t inputs = in.dim(2), outputs = grad_out.dim(2), size = inputs * outputs;
  T* const partial = device.array<T>(Device::k_first, batch * parts * size);
  const AdjointWeight<T> op{grad_out.as<T>(),
                            in.as<T>(),
                            partial,
                            grad_out.step(0),
                            in.step(0),
                            static_cast<int>(rows),
                            static_cast<int>(parts),
                            static_cast<int>(std::min<std::int64_t>(rows, k_part_rows)),
                            static_cast<int>(outputs),
                            static_cast<int>(inputs)};
  bool multiplied = false;
  if constexpr (std::is_same_v<T, float>) {
    if (grad_weight.dtype == DType::tf32) {
      mma_product(device, op, tiles_of(outputs), batch * parts);
      multiplied = true;
    }
  }
  if (!multiplied) tile_product(device, op, tiles_of(outputs), batch * parts);
  T* const target = grad_weight.as<T>();
  const std::int64_t count = batch * parts, row = grad_weight.step(0);
  const bool accumulate = update == Update::accumulate;
  for_each(device, size, [=] __device__(std::int64_t k) {
    T& place = target[k / inputs * row + k % inputs];
    double sum = accumulate ? static_cast<double>(place) : 0.0;
    for (std::int64_t part = 0; part < count; ++part)
      sum += static_cast<double>(partial[part * size + k]);
    place = static_cast<T>(sum);
  });
}

}  // namespace

void spectral_conv1x1(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight) {
  check_coefficient_matrix(in, out, weight);
  multiply_any<false>(device, out, in, weight, Update::overwrite);
}

void spectral_conv1x1_adjoint_input(Device& device, TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update) {
  check_coefficient_matrix(grad_in, grad_out, weight);
  multiply_any<true>(device, grad_in, grad_out, weight, update);
}

void spectral_conv1x1_adjoint_weight(Device& device, TensorView grad_weight,
                                     ConstTensorView grad_out, ConstTensorView in, Update update) {
  check_coefficient_matrix(in, grad_out, grad_weight);
  MYRIAD_KERNEL_EXPECT(in.dtype == grad_out.dtype);
  in.dtype == DType::f32 ? adjoint_weight<float>(device, grad_weight, grad_out, in, update)
                         : adjoint_weight<double>(device, grad_weight, grad_out, in, update);
}

}  // namespace myriad::kernels::cuda
