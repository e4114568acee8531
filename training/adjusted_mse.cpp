#include "training/adjusted_mse.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::train {

void adjusted_mse(const kernels::SpectralLayout& layout, std::int64_t channels,
                  PhaseWeight phase_weight, std::span<const double> prediction,
                  std::span<const double> truth, std::span<const double> weight,
                  std::span<double> loss, std::span<double> gradient) {
  MYRIAD_EXPECT(static_cast<std::int64_t>(prediction.size()) == layout.size() * channels * 2);
  MYRIAD_EXPECT(truth.size() == prediction.size() && (gradient.empty() || gradient.size() == prediction.size()));
  // Keeps the ratios finite for a degree without power; far below any degree of a normalised field.
  constexpr double k_floor = 1e-10;
  const double scale = 1.0 / (4.0 * std::numbers::pi);
  std::fill(loss.begin(), loss.end(), 0.0);
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t l = 0; l < layout.lmax; ++l) {
      double power_x = k_floor, power_y = k_floor, power_difference = 0.0;
      for (std::int64_t m = 0; m < layout.orders_of_degree(l); ++m) {
        const auto i = static_cast<std::size_t>((layout.index(l, m) * channels + c) * 2);
        const double multiplicity = m == 0 ? 1.0 : 2.0;  // the order -m has the same power
        for (std::size_t part = 0; part < 2; ++part) {
          const double x = prediction[i + part], y = truth[i + part];
          power_x += multiplicity * x * x;
          power_y += multiplicity * y * y;
          power_difference += multiplicity * (x - y) * (x - y);
        }
      }
      const double a = std::sqrt(power_x), b = std::sqrt(power_y);
      const double gap = (a - b) * (a - b);
      const bool by_prediction = phase_weight == PhaseWeight::larger && a > b;
      const double ratio = by_prediction ? a / b : b / a;
      loss[static_cast<std::size_t>(c)] += scale * (gap + ratio * (power_difference - gap));
      if (gradient.empty()) continue;
      const double ratio_slope = by_prediction ? 1.0 / b : -b / power_x;  // d ratio / d a
      const double along_x = ((1.0 - ratio) * 2.0 * (a - b) + ratio_slope * (power_difference - gap)) / a;
      const double factor = scale * weight[static_cast<std::size_t>(c)];
      for (std::int64_t m = 0; m < layout.orders_of_degree(l); ++m) {
        const auto i = static_cast<std::size_t>((layout.index(l, m) * channels + c) * 2);
        const double multiplicity = m == 0 ? 1.0 : 2.0;
        for (std::size_t part = 0; part < 2; ++part) {
          const double x = prediction[i + part], y = truth[i + part];
          gradient[i + part] = factor * multiplicity * (along_x * x + 2.0 * ratio * (x - y));
        }
      }
    }
  }
}

}  // namespace myriad::train
