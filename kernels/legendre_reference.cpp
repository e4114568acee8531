#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/legendre.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::reference {
namespace {

struct FullTablePlan final : LegendrePlan {
  explicit FullTablePlan(const LegendreSpec& s)
      : LegendrePlan(s),
        parity(s.parity),
        table(s.table.begin(), s.table.end()),
        weights(s.weights.begin(), s.weights.end()) {}

  /// Table value on any row, by reflection at the equator. A function odd in x is exactly 0 on the
  /// equator row.
  double value(std::int64_t l, std::int64_t m, std::int64_t row) const {
    const std::int64_t half = (nlat() + 1) / 2;
    const bool odd = ((l + m) % 2 != 0) != (parity == TableParity::odd);
    const bool south = row >= half;
    if (odd && 2 * row + 1 == nlat()) return 0.0;
    const std::int64_t mirrored = south ? nlat() - 1 - row : row;
    const double northern = table[static_cast<std::size_t>(layout().index(l, m) * half + mirrored)];
    return south && odd ? -northern : northern;
  }
  double weight(std::int64_t row, RowWeights use) const {
    return use == RowWeights::quadrature ? weights[static_cast<std::size_t>(row)] : 1.0;
  }

  TableParity parity;
  std::vector<double> table;
  std::vector<double> weights;
};

template <class T>
void analysis(const FullTablePlan& plan, TensorView coefficients, ConstTensorView fourier,
              RowWeights weights) {
  const SpectralLayout& layout = plan.layout();
  const std::int64_t columns = coefficients.dim(2) * 2;
  std::vector<double> sum(static_cast<std::size_t>(columns));
  for (std::int64_t b = 0; b < coefficients.dim(0); ++b) {
    const T* in = fourier.as<T>() + b * fourier.step(0);
    T* out = coefficients.as<T>() + b * coefficients.step(0);
    for (std::int64_t m = 0; m < layout.orders(); ++m) {
      for (std::int64_t l = m; l < layout.lmax; ++l) {
        sum.assign(sum.size(), 0.0);
        for (std::int64_t k = 0; k < plan.nlat(); ++k) {
          const double factor = plan.value(l, m, k) * plan.weight(k, weights);
          const T* row = in + (m * plan.nlat() + k) * columns;
          for (std::int64_t q = 0; q < columns; ++q) {
            sum[static_cast<std::size_t>(q)] += factor * static_cast<double>(row[q]);
          }
        }
        T* result = out + layout.index(l, m) * columns;
        for (std::int64_t q = 0; q < columns; ++q)
          result[q] = static_cast<T>(sum[static_cast<std::size_t>(q)]);
      }
    }
  }
}

template <class T>
void synthesis(const FullTablePlan& plan, TensorView fourier, ConstTensorView coefficients,
               RowWeights weights) {
  const SpectralLayout& layout = plan.layout();
  const std::int64_t columns = coefficients.dim(2) * 2;
  std::vector<double> sum(static_cast<std::size_t>(columns));
  for (std::int64_t b = 0; b < coefficients.dim(0); ++b) {
    const T* in = coefficients.as<T>() + b * coefficients.step(0);
    T* out = fourier.as<T>() + b * fourier.step(0);
    for (std::int64_t m = 0; m < layout.mmax; ++m) {
      for (std::int64_t k = 0; k < plan.nlat(); ++k) {
        sum.assign(sum.size(), 0.0);
        for (std::int64_t l = m; l < layout.lmax; ++l) {
          const double factor = plan.value(l, m, k);
          const T* row = in + layout.index(l, m) * columns;
          for (std::int64_t q = 0; q < columns; ++q) {
            sum[static_cast<std::size_t>(q)] += factor * static_cast<double>(row[q]);
          }
        }
        const double weight = plan.weight(k, weights);
        T* result = out + (m * plan.nlat() + k) * columns;
        for (std::int64_t q = 0; q < columns; ++q) {
          result[q] = static_cast<T>(weight * sum[static_cast<std::size_t>(q)]);
        }
      }
    }
  }
}

}  // namespace

std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) {
  detail::expect_valid(spec);
  return std::make_unique<FullTablePlan>(spec);
}

void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  const auto& full = static_cast<const FullTablePlan&>(plan);
  if (plan.dtype() == DType::f64) {
    analysis<double>(full, coefficients, fourier, weights);
  } else {
    analysis<float>(full, coefficients, fourier, weights);
  }
}

void legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  const auto& full = static_cast<const FullTablePlan&>(plan);
  if (plan.dtype() == DType::f64) {
    synthesis<double>(full, fourier, coefficients, weights);
  } else {
    synthesis<float>(full, fourier, coefficients, weights);
  }
}

}  // namespace myriad::kernels::reference
