#include "kernels/legendre_plan_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

namespace {

template <class T>
using Plan = LegendreTablePlan<T>;

/// Sums and differences of mirrored rows, times their weight: folded [batch, m, parity of l - m, northern row, column].
template <class T>
void fold(Device& device, const LegendrePlanBase& plan, T* folded, ConstTensorView fourier, RowWeights use) {
  const std::int64_t width = fourier.dim(3) * 2, half = plan.half, nlat = plan.nlat();
  const std::int64_t orders = plan.layout().orders(), stride = fourier.step(0);
  const T* const in = fourier.as<T>();
  const double* const weights = use == RowWeights::quadrature ? plan.weights.data() : nullptr;
  const int mirror = plan.mirror;
  for_each(device, fourier.dim(0) * orders * half * width, [=] __device__(std::int64_t at) {
    const std::int64_t column = at % width, k = at / width % half, m = at / width / half % orders;
    const std::int64_t batch = at / width / half / orders, south = nlat - 1 - k;
    const T* order = in + batch * stride + m * nlat * width + column;
    const T weight = weights != nullptr ? static_cast<T>(weights[k]) : T(1);
    const T n = weight * order[k * width];
    const T s = k == south ? T(0) : weight * order[south * width];
    T* target = folded + ((batch * orders + m) * 2 * half + k) * width + column;
    // On the equator row an odd function is zero and an even one is the row itself.
    const T even = n + s, odd = k == south ? T(0) : n - s;
    target[0] = mirror == 0 ? even : odd;
    target[half * width] = mirror == 0 ? odd : even;
  });
}

template <class T>
void unfold(Device& device, const LegendrePlanBase& plan, TensorView fourier, const T* folded, RowWeights use) {
  const std::int64_t width = fourier.dim(3) * 2, half = plan.half, nlat = plan.nlat();
  const std::int64_t orders = plan.layout().orders(), all = plan.layout().mmax, stride = fourier.step(0);
  T* const out = fourier.as<T>();
  const double* const weights = use == RowWeights::quadrature ? plan.weights.data() : nullptr;
  const int mirror = plan.mirror;
  const int* const first_row = plan.first_row.data();
  for_each(device, fourier.dim(0) * all * half * width, [=] __device__(std::int64_t at) {
    const std::int64_t column = at % width, k = at / width % half, m = at / width / half % all;
    const std::int64_t batch = at / width / half / all, south = nlat - 1 - k;
    T* order = out + batch * stride + m * nlat * width + column;
    if (m >= orders || k < first_row[m]) {
      order[k * width] = order[south * width] = T(0);
      return;
    }
    const T* source = folded + ((batch * orders + m) * 2 * half + k) * width + column;
    const T even = source[mirror == 0 ? 0 : half * width];
    const T odd = k == south ? T(0) : source[mirror == 0 ? half * width : 0];
    const T weight = weights != nullptr ? static_cast<T>(weights[k]) : T(1);
    order[k * width] = weight * (even + odd);
    if (k != south) order[south * width] = weight * (even - odd);
  });
}

template <class T>
void analyse(Device& device, const Plan<T>& plan, TensorView coefficients, ConstTensorView fourier, RowWeights weights) {
  const std::int64_t width = fourier.dim(3) * 2, stride = plan.folded_size(width);
  T* const folded = device.array<T>(Device::k_first, fourier.dim(0) * stride);
  fold(device, plan, folded, fourier, weights);
  analyse_folded<T>(device, plan, coefficients, folded, fourier.dim(0), {0, width});
}

template <class T>
void synthesise(Device& device, const Plan<T>& plan, TensorView fourier, ConstTensorView coefficients, RowWeights weights) {
  const std::int64_t width = fourier.dim(3) * 2, stride = plan.folded_size(width);
  T* const folded = device.array<T>(Device::k_first, fourier.dim(0) * stride);
  synthesise_folded<T>(device, plan, folded, coefficients, fourier.dim(0), {0, width});
  unfold(device, plan, fourier, folded, weights);
}

}  // namespace

std::unique_ptr<LegendrePlan> make_legendre_plan(Device& device, const LegendreSpec& spec) {
  detail::expect_valid(spec);
  if (spec.dtype == DType::f64) return std::make_unique<Plan<double>>(device, spec);
  return std::make_unique<Plan<float>>(device, spec);
}

void legendre_analysis(Device& device, const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  plan.dtype() == DType::f64
      ? analyse(device, static_cast<const Plan<double>&>(plan), coefficients, fourier, weights)
      : analyse(device, static_cast<const Plan<float>&>(plan), coefficients, fourier, weights);
}

void legendre_synthesis(Device& device, const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  plan.dtype() == DType::f64
      ? synthesise(device, static_cast<const Plan<double>&>(plan), fourier, coefficients, weights)
      : synthesise(device, static_cast<const Plan<float>&>(plan), fourier, coefficients, weights);
}

}  // namespace myriad::kernels::cuda
