#include <cmath>

#include "kernels/gelu_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/tile_product_cuda.hpp"

namespace myriad::kernels::cuda {

using detail::channel_shape;
using detail::is_vector;
using detail::point_shape;

namespace {

/// out[o, point] = sum_i weight[o, i] in[i, point]; as the adjoint, with weight[i, o].
template <class T, bool Adjoint, class Out = T>
struct PointProduct : OneProblem {
  using Value = T;
  static constexpr bool k_a_along_depth = !Adjoint, k_b_along_depth = false, k_rows_first = true;
  const T* weight;
  const T* in;
  const T* bias;
  Out* out;
  std::int64_t points, in_stride, out_stride, in_channel, out_channel;
  bool gelu, accumulate;

  __device__ int columns() const { return static_cast<int>(points); }
  __device__ T a(const Place& place, int, int o, int i) const {
    return Adjoint ? weight[static_cast<std::int64_t>(i) * place.rows + o]
                   : weight[static_cast<std::int64_t>(o) * place.depth + i];
  }
  __device__ T b(const Place&, int batch, int i, std::int64_t point) const {
    return in[batch * in_stride + i * in_channel + point];
  }
  __device__ void store(const Place&, int batch, int o, std::int64_t point, T value) const {
    if (bias != nullptr) value += bias[o];
    if (gelu) value = gelu_of(value);
    Out& place = out[batch * out_stride + o * out_channel + point];
    place = narrow<Out>(accumulate ? widen(place) + value : value);
  }
};

/// Points of a part of the sum over points; parts are added afterwards in their order.
constexpr std::int64_t k_part = 4096;

/// partial[batch, part, o, i] = sum over the points of the part of grad_out[o, point] in[i, point].
template <class T>
struct AdjointWeight {
  using Value = T;
  static constexpr bool k_a_along_depth = true, k_b_along_depth = true, k_rows_first = true;
  const T* grad_out;
  const T* in;
  T* partial;
  std::int64_t points, out_stride, in_stride;
  int outputs, inputs, parts;

  __device__ Place place(int tile) const { return {0, tile * k_tile, outputs, static_cast<int>(k_part)}; }
  __device__ int columns() const { return inputs; }
  __device__ std::int64_t point(int z, int p) const { return z % parts * k_part + p; }
  __device__ T a(const Place&, int z, int o, int p) const {
    return point(z, p) < points ? grad_out[z / parts * out_stride + o * points + point(z, p)] : T(0);
  }
  __device__ T b(const Place&, int z, int p, std::int64_t i) const {
    return point(z, p) < points ? in[z / parts * in_stride + i * points + point(z, p)] : T(0);
  }
  __device__ void store(const Place&, int z, int o, std::int64_t i, T value) const {
    partial[(static_cast<std::int64_t>(z) * outputs + o) * inputs + i] = value;
  }
};

template <class T, bool Adjoint, class Out = T>
void multiply_points(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
                     Activation activation, Update update) {
  const auto x = point_shape(in), y = point_shape(out);
  PointProduct<T, Adjoint, Out> op{};
  op.rows = static_cast<int>(y.channels);
  op.depth = static_cast<int>(x.channels);
  op.weight = weight.as<T>();
  op.in = in.as<T>();
  op.bias = bias.as<T>();
  op.out = out.as<Out>();
  op.points = x.points;
  op.in_stride = in.step(0);
  op.out_stride = out.step(0);
  op.in_channel = in.step(1);
  op.out_channel = out.step(1);
  op.gelu = activation == Activation::gelu;
  op.accumulate = update == Update::accumulate;
  tile_product(device, op, tiles_of(y.channels), x.batch);
}

/// out = activation(out + bias): what the library's product leaves to do.
template <class T>
void finish_points(Device& device, TensorView out, ConstTensorView bias, bool gelu) {
  const auto y = point_shape(out);
  const std::int64_t channels = y.channels, stride = out.step(0), channel_stride = out.step(1);
  T* const values = out.as<T>();
  const float* const shift = bias.as<float>();
  for_each_in_rows(device, y.batch * channels, y.points, [=] __device__(std::int64_t row, std::int64_t j) {
    T& value = values[row / channels * stride + row % channels * channel_stride + j];
    const float sum = widen(value) + (shift != nullptr ? shift[row % channels] : 0.0f);
    value = narrow<T>(gelu ? gelu_of(sum) : sum);
  });
}

/// The product on tensor cores; as the adjoint, with the weight transposed.
void multiply_in_library(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight, bool adjoint, Update update) {
  const auto x = point_shape(in), y = point_shape(out);
  LibraryProduct p;
  p.a = in.data;
  p.b = weight.data;
  p.d = out.data;
  p.m = x.points;
  p.n = y.channels;
  p.k = x.channels;
  p.batch = x.batch;
  p.a_row = in.step(1);
  p.b_row = weight.step(0);
  p.d_row = out.step(1);
  p.a_batch = in.step(0);
  p.d_batch = out.step(0);
  p.b_transposed = adjoint;
  p.operands = weight.dtype;
  p.result = out.dtype;
  p.accumulate = update == Update::accumulate;
  device.products().multiply(p);
}

void conv1x1_in_library(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
                        Activation activation, Update update) {
  const bool gelu = activation == Activation::gelu;
  MYRIAD_KERNEL_EXPECT(in.dtype == (weight.dtype == DType::tf32 ? DType::f32 : weight.dtype));
  MYRIAD_KERNEL_EXPECT(out.dtype == DType::f32 || (out.dtype == weight.dtype && size_of(out.dtype) == 2));
  if (gelu && update == Update::accumulate) {  // the activation is of the product alone
    const auto y = point_shape(out);
    TensorView product = out;
    product.data = device.scratch(Device::k_first, y.batch * y.channels * y.points * size_of(out.dtype));
    product.rank = 3;
    product.extent = {y.batch, y.channels, y.points};
    product.set_dense_strides();
    conv1x1_in_library(device, product, in, weight, bias, activation, Update::overwrite);
    TensorView target = out;
    target.rank = 3;
    target.extent = {y.batch, y.channels, y.points};
    target.stride = {out.step(0), out.step(1), 1};
    axpby(device, target, 1.0, target, 1.0, product);
    return;
  }
  multiply_in_library(device, out, in, weight, false, update);
  if (bias.empty() && !gelu) return;
  switch (out.dtype) {
    case DType::bf16:
      return finish_points<Bf16>(device, out, bias, gelu);
    case DType::f16:
      return finish_points<F16>(device, out, bias, gelu);
    default:
      return finish_points<float>(device, out, bias, gelu);
  }
}

/// target[k] (+)= sum over parts of partial[part, k].
template <class T, class S>
void add_parts(Device& device, T* target, const S* partial, std::int64_t parts, std::int64_t size, Update update) {
  const bool accumulate = update == Update::accumulate;
  for_each(device, size, [=] __device__(std::int64_t k) {
    double sum = accumulate ? static_cast<double>(target[k]) : 0.0;
    for (std::int64_t part = 0; part < parts; ++part) sum += static_cast<double>(partial[part * size + k]);
    target[k] = static_cast<T>(sum);
  });
}

/// partial[batch, part, o, i] as AdjointWeight, in TF32: the whole parts, then the rest of the points.
void weight_parts_in_library(Device& device, void* partial, ConstTensorView grad_out, ConstTensorView in) {
  const auto x = channel_shape(in), y = channel_shape(grad_out);
  const std::int64_t whole = x.points / k_part, parts = (x.points + k_part - 1) / k_part, size = x.channels * y.channels;
  const auto at = [](const void* data, std::int64_t offset) { return static_cast<const float*>(data) + offset; };
  LibraryProduct p;
  p.m = x.channels;
  p.n = y.channels;
  p.a_row = p.b_row = x.points;
  p.d_row = x.channels;
  p.a_transposed = true;
  for (std::int64_t b = 0; b < x.batch && whole > 0; ++b) {
    p.a = at(in.data, b * in.step(0));
    p.b = at(grad_out.data, b * grad_out.step(0));
    p.d = static_cast<float*>(partial) + b * parts * size;
    p.k = p.a_batch = p.b_batch = k_part;
    p.d_batch = size;
    p.batch = whole;
    device.products().multiply(p);
  }
  if (whole == parts) return;
  p.a = at(in.data, whole * k_part);
  p.b = at(grad_out.data, whole * k_part);
  p.d = static_cast<float*>(partial) + whole * size;
  p.k = x.points - whole * k_part;
  p.a_batch = in.step(0);
  p.b_batch = grad_out.step(0);
  p.d_batch = parts * size;
  p.batch = x.batch;
  device.products().multiply(p);
}

template <class T>
void adjoint_weight(Device& device, TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                    ConstTensorView in, Update update) {
  const auto x = channel_shape(in), y = channel_shape(grad_out);
  const std::int64_t parts = (x.points + k_part - 1) / k_part;
  const std::int64_t size = x.channels * y.channels;
  T* const partial = device.array<T>(Device::k_first, x.batch * parts * size);
  if (grad_weight.dtype == DType::tf32) {
    weight_parts_in_library(device, partial, grad_out, in);
  } else {
    AdjointWeight<T> op{};
    op.grad_out = grad_out.as<T>();
    op.in = in.as<T>();
    op.partial = partial;
    op.points = x.points;
    op.out_stride = grad_out.step(0);
    op.in_stride = in.step(0);
    op.outputs = static_cast<int>(y.channels);
    op.inputs = static_cast<int>(x.channels);
    op.parts = static_cast<int>(parts);
    tile_product(device, op, tiles_of(y.channels), x.batch * parts);
  }
  add_parts(device, grad_weight.as<T>(), partial, x.batch * parts, size, update);

  if (grad_bias.empty()) return;
  double* const sums = device.array<double>(Device::k_second, x.batch * y.channels);
  const T* const gradient = grad_out.as<T>();
  const std::int64_t stride = grad_out.step(0), channels = y.channels, points = x.points;
  sum_rows<1>(
      device, x.batch * channels, points,
      [=] __device__(std::int64_t row, std::int64_t j, Sums<1>& s) {
        s.value[0] += static_cast<double>(gradient[row / channels * stride + row % channels * points + j]);
      },
      [=] __device__(std::int64_t row, const Sums<1>& s) { sums[row] = s.value[0]; });
  add_parts(device, grad_bias.as<T>(), sums, x.batch, channels, update);
}

}  // namespace

void conv1x1(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
             Activation activation, Update update) {
  const auto x = point_shape(in), y = point_shape(out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(bias.empty() || is_vector(bias, y.channels));
  if (weight.dtype == DType::tf32 || size_of(weight.dtype) == 2) {
    MYRIAD_KERNEL_EXPECT(weight.rank == 2 && weight.dim(0) == y.channels && weight.dim(1) == x.channels && weight.dense_from(1));
    MYRIAD_KERNEL_EXPECT(bias.empty() || bias.dtype == DType::f32 || bias.dtype == DType::tf32);
    conv1x1_in_library(device, out, in, weight, bias, activation, update);
    return;
  }
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels) && weight.dtype == in.dtype);
  if (size_of(out.dtype) == 2) {
    MYRIAD_KERNEL_EXPECT(in.dtype == DType::f32);
    out.dtype == DType::bf16 ? multiply_points<float, false, Bf16>(device, out, in, weight, bias, activation, update)
                             : multiply_points<float, false, F16>(device, out, in, weight, bias, activation, update);
    return;
  }
  MYRIAD_KERNEL_EXPECT(out.dtype == in.dtype);
  out.dtype == DType::f32 ? multiply_points<float, false>(device, out, in, weight, bias, activation, update)
                          : multiply_points<double, false>(device, out, in, weight, bias, activation, update);
}

void conv1x1_adjoint_input(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                           Update update) {
  const auto x = channel_shape(grad_in), y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(weight, x.channels * y.channels));
  if (weight.dtype == DType::tf32) {
    multiply_in_library(device, grad_in, grad_out, weight, true, update);
    return;
  }
  grad_in.dtype == DType::f32
      ? multiply_points<float, true>(device, grad_in, grad_out, weight, {}, Activation::none, update)
      : multiply_points<double, true>(device, grad_in, grad_out, weight, {}, Activation::none, update);
}

void conv1x1_adjoint_weight(Device& device, TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                            ConstTensorView in, Update update) {
  const auto x = channel_shape(in), y = channel_shape(grad_out);
  MYRIAD_KERNEL_EXPECT(x.batch == y.batch && x.points == y.points);
  MYRIAD_KERNEL_EXPECT(is_vector(grad_weight, x.channels * y.channels));
  MYRIAD_KERNEL_EXPECT(grad_bias.empty() || is_vector(grad_bias, y.channels));
  in.dtype == DType::f32 ? adjoint_weight<float>(device, grad_weight, grad_bias, grad_out, in, update)
                         : adjoint_weight<double>(device, grad_weight, grad_bias, grad_out, in, update);
}

}  // namespace myriad::kernels::cuda
