#include "kernels/ops_cuda.hpp"
#include "kernels/row_plan_cuda.hpp"

namespace myriad::kernels::cuda {

namespace {

/// fourier [m, lat, channel] = scale[m] spectrum [channel, lat, order]; a block turns a square of
/// (order, channel) of one latitude in shared memory.
template <class T>
__global__ void __launch_bounds__(k_threads)
    gather_orders(Complex<T>* fourier, const Complex<T>* spectrum, FftSpec spec, std::int64_t channels, std::int64_t all_channels,
                  FourierScale scale) {
  __shared__ Complex<T> square[k_side][k_side + 1];
  const std::int64_t orders = spec.nlon / 2 + 1, lat = blockIdx.z;
  const int x = static_cast<int>(threadIdx.x) % k_side, y = static_cast<int>(threadIdx.x) / k_side;
  const std::int64_t m = static_cast<std::int64_t>(blockIdx.x) * k_side, c = static_cast<std::int64_t>(blockIdx.y) * k_side;
  if (m + x < spec.mmax && c + y < channels) square[y][x] = spectrum[((c + y) * spec.nlat + lat) * orders + m + x];
  __syncthreads();
  const std::int64_t order = m + y;
  if (order >= spec.mmax || c + x >= channels) return;
  const bool edge = order == 0 || 2 * order == spec.nlon;
  const T factor = static_cast<T>(edge ? scale.edge : scale.interior);
  const Complex<T> value = square[x][y];
  fourier[(order * spec.nlat + lat) * all_channels + c + x] = {factor * value.re, edge ? T(0) : factor * value.im};
}

/// The other way, in the library's convention (orders between the edges count twice); orders from mmax on are zero.
template <class T>
__global__ void __launch_bounds__(k_threads)
    scatter_orders(Complex<T>* spectrum, const Complex<T>* fourier, FftSpec spec, std::int64_t channels, std::int64_t all_channels,
                   FourierScale scale) {
  __shared__ Complex<T> square[k_side][k_side + 1];
  const std::int64_t orders = spec.nlon / 2 + 1, lat = blockIdx.z;
  const int x = static_cast<int>(threadIdx.x) % k_side, y = static_cast<int>(threadIdx.x) / k_side;
  const std::int64_t m = static_cast<std::int64_t>(blockIdx.x) * k_side, c = static_cast<std::int64_t>(blockIdx.y) * k_side;
  if (m + y < spec.mmax && c + x < channels) square[y][x] = fourier[((m + y) * spec.nlat + lat) * all_channels + c + x];
  __syncthreads();
  const std::int64_t order = m + x;
  if (order >= orders || c + y >= channels) return;
  Complex<T> value{T(0), T(0)};
  if (order < spec.mmax) {
    const bool edge = order == 0 || 2 * order == spec.nlon;
    const T factor = static_cast<T>(edge ? scale.edge : 0.5 * scale.interior);
    value = {factor * square[x][y].re, edge ? T(0) : factor * square[x][y].im};
  }
  spectrum[((c + y) * spec.nlat + lat) * orders + order] = value;
}

template <class T>
void forward(Device& device, const RowPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale) {
  const FftSpec& s = plan.spec();
  const std::int64_t channels = grid.dim(1);
  for (std::int64_t b = 0; b < grid.dim(0); ++b) {
    auto* const out = reinterpret_cast<Complex<T>*>(fourier.as<T>() + b * fourier.step(0));
    plan.forward<T>(grid.slice(0, b, 1).data, grid.dtype, channels,
                    [&](std::int64_t first, std::int64_t count, const Complex<T>* spectrum) {
                      launch(device, {squares(s.mmax), squares(count), s.nlat}, &gather_orders<T>, out + first, spectrum, s, count,
                             channels, scale);
                    });
  }
}

template <class T>
void inverse(Device& device, const RowPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale) {
  const FftSpec& s = plan.spec();
  const std::int64_t channels = grid.dim(1);
  for (std::int64_t b = 0; b < grid.dim(0); ++b) {
    const auto* const in = reinterpret_cast<const Complex<T>*>(fourier.as<T>() + b * fourier.step(0));
    plan.inverse<T>(grid.slice(0, b, 1).data, grid.dtype, channels,
                    [&](std::int64_t first, std::int64_t count, Complex<T>* spectrum) {
                      launch(device, {squares(plan.orders()), squares(count), s.nlat}, &scatter_orders<T>, spectrum, in + first, s,
                             count, channels, scale);
                    });
  }
}

}  // namespace

std::unique_ptr<FftPlan> make_fft_plan(Device& device, const FftSpec& spec) {
  detail::expect_valid(spec);
  return std::make_unique<RowPlan>(device, spec);
}

void fft_forward(Device& device, const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale) {
  detail::expect_shapes(plan.spec(), fourier, grid);
  const auto& own = static_cast<const RowPlan&>(plan);
  plan.spec().dtype == DType::f32 ? forward<float>(device, own, fourier, grid, scale)
                                  : forward<double>(device, own, fourier, grid, scale);
}

void fft_inverse(Device& device, const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale) {
  detail::expect_shapes(plan.spec(), fourier, grid);
  const auto& own = static_cast<const RowPlan&>(plan);
  plan.spec().dtype == DType::f32 ? inverse<float>(device, own, grid, fourier, scale)
                                  : inverse<double>(device, own, grid, fourier, scale);
}

}  // namespace myriad::kernels::cuda
