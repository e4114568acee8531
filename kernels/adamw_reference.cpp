#include <cmath>

#include "kernels/adamw.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::get;
using detail::put;
using kernels::detail::is_vector;

void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
           const AdamwStep& step) {
  const std::int64_t size = parameter.size();
  MYRIAD_KERNEL_EXPECT(is_vector(parameter, size) && is_vector(m, size) && is_vector(v, size));
  MYRIAD_KERNEL_EXPECT(is_vector(gradient, size) && step.step >= 1);
  const double t = static_cast<double>(step.step);
  const double correction1 = step.bias_correction ? 1.0 - std::pow(step.beta1, t) : 1.0;
  const double correction2 = step.bias_correction ? 1.0 - std::pow(step.beta2, t) : 1.0;
  for (std::int64_t k = 0; k < size; ++k) {
    const double g = step.gradient_scale * get(gradient, k);
    const double first = step.beta1 * get(m, k) + (1.0 - step.beta1) * g;
    const double second = step.beta2 * get(v, k) + (1.0 - step.beta2) * g * g;
    const double direction =
        (first / correction1) / (std::sqrt(second / correction2) + step.epsilon);
    const double p = get(parameter, k);
    put(m, k, first);
    put(v, k, second);
    put(parameter, k,
        p - step.learning_rate * step.weight_decay * p - step.learning_rate * direction);
  }
}

}  // namespace myriad::kernels::reference
