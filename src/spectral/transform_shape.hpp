#pragma once
/// \file
/// What the scalar and the vector transform check and prepare alike. Private to src/spectral.

#include <algorithm>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "src/backend/tensor.hpp"
#include "src/base/error.hpp"
#include "src/grid/grid.hpp"

namespace myriad::detail {

/// Errors: ErrorKind::config_invalid (E2204) when the grid cannot hold the truncation.
inline void validate_truncation(const Grid& grid, std::int64_t lmax, std::int64_t mmax) {
  MYRIAD_VALIDATE(
      lmax >= 1 && lmax <= grid.nlat(), ErrorKind::config_invalid, "E2204",
      "lmax {} is out of range (a grid {} resolves 1 to {} degrees); change lmax or the grid", lmax,
      grid.describe(), grid.nlat());
  MYRIAD_VALIDATE(
      mmax >= 1 && mmax <= grid.nlon() / 2 + 1, ErrorKind::config_invalid, "E2204",
      "mmax {} is out of range (a grid {} resolves 1 to {} orders); change mmax or the grid", mmax,
      grid.describe(), grid.nlon() / 2 + 1);
}

/// Colatitudes of the northern rows and of the equator row of an odd nlat.
inline std::span<const double> northern_rows(const Grid& grid) {
  return std::span(grid.quadrature().theta).first(static_cast<std::size_t>((grid.nlat() + 1) / 2));
}

inline std::unique_ptr<kernels::LegendrePlan> make_plan(Backend& backend, const Grid& grid,
                                                        const kernels::SpectralLayout& layout,
                                                        DType dtype, kernels::TableParity parity,
                                                        const std::vector<double>& table) {
  kernels::LegendreSpec spec;
  spec.nlat = grid.nlat();
  spec.layout = layout;
  spec.dtype = dtype;
  spec.parity = parity;
  spec.table = table;
  spec.weights = grid.quadrature().weights;
  return backend.make_legendre_plan(spec);
}

inline kernels::FourierScale analysis_scale(const Grid& grid) {
  const double factor = 2.0 * std::numbers::pi / static_cast<double>(grid.nlon());
  return {factor, factor};
}

/// A real field is Re of order 0 and of the Nyquist order plus twice Re of the others.
inline kernels::FourierScale synthesis_scale() {
  return {1.0, 2.0};
}

/// Scratch tensor [batch, ...] of at least \p batch elements, kept between calls.
inline TensorView reserve(Tensor& scratch, Backend& backend, DType dtype, std::int64_t batch,
                          std::int64_t orders, std::int64_t nlat, std::int64_t channels) {
  if (scratch.empty() || scratch.dim(0) < batch || scratch.dim(3) != channels) {
    scratch = Tensor();
    scratch = Tensor(backend, dtype, {batch, orders, nlat, channels, 2});
  }
  return static_cast<TensorView>(scratch).slice(0, 0, batch);
}

/// Batch elements whose Fourier coefficients are held at once, so that a large ensemble does not
/// need a large scratch. How the work is cut for caches or for a device is the backend's affair.
/// Does not change any bit of the result.
inline std::int64_t batch_chunk(std::int64_t batch, std::int64_t element_bytes) {
  constexpr std::int64_t k_target_bytes = std::int64_t{256} << 20;
  return std::clamp<std::int64_t>(k_target_bytes / std::max<std::int64_t>(element_bytes, 1), 1,
                                  batch);
}

}  // namespace myriad::detail
