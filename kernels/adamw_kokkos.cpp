#include <algorithm>
#include <cmath>

#include "kernels/adamw.hpp"
#include "kernels/compat.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {
namespace {

constexpr std::int64_t k_tile = 4096;

/// p = p keep - step_size m / (sqrt(v) root_scale + epsilon), the update with the bias corrections
/// moved into the constants.
template <class T>
struct Adamw {
  T* parameter;
  T* m;
  T* v;
  const T* gradient;
  std::int64_t size;
  T beta1, rest1, beta2, rest2, scale, keep, step_size, root_scale, epsilon;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t tile) const {
    const std::int64_t begin = tile * k_tile;
    const std::int64_t count = std::min(size - begin, k_tile);
    T* __restrict__ pp = parameter + begin;
    T* __restrict__ pm = m + begin;
    T* __restrict__ pv = v + begin;
    const T* __restrict__ pg = gradient + begin;
    for (std::int64_t k = 0; k < count; ++k) {
      const T g = scale * pg[k];
      const T first = beta1 * pm[k] + rest1 * g;
      const T second = beta2 * pv[k] + rest2 * (g * g);
      pm[k] = first;
      pv[k] = second;
      pp[k] = pp[k] * keep - step_size * first / (std::sqrt(second) * root_scale + epsilon);
    }
  }
};

template <class T>
void run(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
         const AdamwStep& step) {
  const double t = static_cast<double>(step.step);
  const double correction1 = step.bias_correction ? 1.0 - std::pow(step.beta1, t) : 1.0;
  const double correction2 = step.bias_correction ? 1.0 - std::pow(step.beta2, t) : 1.0;
  const std::int64_t size = parameter.size();
  detail::launch(
      "adamw", (size + k_tile - 1) / k_tile,
      Adamw<T>{parameter.as<T>(), m.as<T>(), v.as<T>(), gradient.as<T>(), size,
               static_cast<T>(step.beta1), static_cast<T>(1.0 - step.beta1),
               static_cast<T>(step.beta2), static_cast<T>(1.0 - step.beta2),
               static_cast<T>(step.gradient_scale),
               static_cast<T>(1.0 - step.learning_rate * step.weight_decay),
               static_cast<T>(step.learning_rate / correction1),
               static_cast<T>(1.0 / std::sqrt(correction2)), static_cast<T>(step.epsilon)});
}

}  // namespace

void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
           const AdamwStep& step) {
  using kernels::detail::is_vector;
  const std::int64_t size = parameter.size();
  const DType dtype = parameter.dtype;
  MYRIAD_KERNEL_EXPECT(is_vector(parameter, size) && is_vector(m, size) && is_vector(v, size));
  MYRIAD_KERNEL_EXPECT(is_vector(gradient, size) && step.step >= 1);
  MYRIAD_KERNEL_EXPECT(m.dtype == dtype && v.dtype == dtype && gradient.dtype == dtype);
  dtype == DType::f32 ? run<float>(parameter, m, v, gradient, step)
                      : run<double>(parameter, m, v, gradient, step);
}

}  // namespace myriad::kernels::kokkos
