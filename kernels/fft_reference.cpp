#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/contract.hpp"
#include "kernels/fft.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::reference {

using detail::get;
using detail::put;
namespace {

struct DirectFftPlan final : FftPlan {
  explicit DirectFftPlan(const FftSpec& s) : FftPlan(s) {
    const auto n = static_cast<std::size_t>(s.nlon);
    cosine.resize(n);
    sine.resize(n);
    const long double pi = std::acos(-1.0L);
    for (std::size_t j = 0; j < n; ++j) {
      const long double angle =
          2.0L * pi * static_cast<long double>(j) / static_cast<long double>(n);
      cosine[j] = static_cast<double>(std::cos(angle));
      sine[j] = static_cast<double>(std::sin(angle));
    }
  }
  std::vector<double> cosine;  ///< cos(2 pi j / nlon)
  std::vector<double> sine;
};

template <class T>
void forward(const DirectFftPlan& plan, TensorView fourier, ConstTensorView grid,
             FourierScale scale) {
  const FftSpec& s = plan.spec();
  const std::int64_t channels = grid.dim(1);
  for (std::int64_t b = 0; b < grid.dim(0); ++b) {
    T* out = fourier.as<T>() + b * fourier.step(0);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t k = 0; k < s.nlat; ++k) {
        const std::int64_t row = b * grid.step(0) + (c * s.nlat + k) * s.nlon;
        for (std::int64_t m = 0; m < s.mmax; ++m) {
          double re = 0.0;
          double im = 0.0;
          std::int64_t phase = 0;
          for (std::int64_t j = 0; j < s.nlon; ++j) {
            const double value = get(grid, row + j);
            re += value * plan.cosine[static_cast<std::size_t>(phase)];
            im -= value * plan.sine[static_cast<std::size_t>(phase)];
            phase += m;
            if (phase >= s.nlon) phase -= s.nlon;
          }
          const bool edge = kernels::detail::is_edge_order(s, m);
          const double factor = edge ? scale.edge : scale.interior;
          T* value = out + ((m * s.nlat + k) * channels + c) * 2;
          value[0] = static_cast<T>(factor * re);
          value[1] = edge ? T{0} : static_cast<T>(factor * im);
        }
      }
    }
  }
}

template <class T>
void inverse(const DirectFftPlan& plan, TensorView grid, ConstTensorView fourier,
             FourierScale scale) {
  const FftSpec& s = plan.spec();
  const std::int64_t channels = grid.dim(1);
  for (std::int64_t b = 0; b < grid.dim(0); ++b) {
    const T* in = fourier.as<T>() + b * fourier.step(0);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t k = 0; k < s.nlat; ++k) {
        for (std::int64_t j = 0; j < s.nlon; ++j) {
          double sum = 0.0;
          std::int64_t phase = 0;
          for (std::int64_t m = 0; m < s.mmax; ++m) {
            const T* value = in + ((m * s.nlat + k) * channels + c) * 2;
            const auto p = static_cast<std::size_t>(phase);
            if (kernels::detail::is_edge_order(s, m)) {
              sum += scale.edge * static_cast<double>(value[0]) * plan.cosine[p];
            } else {
              sum += scale.interior * (static_cast<double>(value[0]) * plan.cosine[p] -
                                       static_cast<double>(value[1]) * plan.sine[p]);
            }
            phase += j;
            if (phase >= s.nlon) phase -= s.nlon;
          }
          put(grid, b * grid.step(0) + (c * s.nlat + k) * s.nlon + j, sum);
        }
      }
    }
  }
}

}  // namespace

std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) {
  kernels::detail::expect_valid(spec);
  return std::make_unique<DirectFftPlan>(spec);
}

void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid,
                 FourierScale scale) {
  kernels::detail::expect_shapes(plan.spec(), fourier, grid);
  const auto& direct = static_cast<const DirectFftPlan&>(plan);
  if (plan.spec().dtype == DType::f32) {
    forward<float>(direct, fourier, grid, scale);
  } else {
    forward<double>(direct, fourier, grid, scale);
  }
}

void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier,
                 FourierScale scale) {
  kernels::detail::expect_shapes(plan.spec(), fourier, grid);
  const auto& direct = static_cast<const DirectFftPlan&>(plan);
  if (plan.spec().dtype == DType::f32) {
    inverse<float>(direct, grid, fourier, scale);
  } else {
    inverse<double>(direct, grid, fourier, scale);
  }
}

}  // namespace myriad::kernels::reference
