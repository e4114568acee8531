#pragma once
/// \file
/// Shape rules that every implementation of the FFT and Legendre ops checks alike. Private to
/// kernels/.

#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/contract.hpp"

namespace myriad::kernels::detail {

/// Orders that are real for a real field: m = 0, and nlon/2 when nlon is even.
inline bool is_edge_order(const FftSpec& s, std::int64_t m) {
  return m == 0 || 2 * m == s.nlon;
}

inline void expect_valid(const FftSpec& s) {
  MYRIAD_KERNEL_EXPECT(s.nlat >= 1 && s.nlon >= 1);
  MYRIAD_KERNEL_EXPECT(s.mmax >= 1 && s.mmax <= s.nlon / 2 + 1);
}

/// fourier [batch, m, lat, channel, 2], grid [batch, channel, lat, lon].
template <bool FourierConst, bool GridConst>
void expect_shapes(const FftSpec& s, const BasicTensorView<FourierConst>& fourier,
                   const BasicTensorView<GridConst>& grid) {
  MYRIAD_KERNEL_EXPECT(fourier.rank == 5 && grid.rank == 4);
  // Which formats of a grid a backend takes is its affair (Backend::supports).
  MYRIAD_KERNEL_EXPECT(fourier.dtype == s.dtype && (grid.dtype == s.dtype || size_of(grid.dtype) == 2));
  MYRIAD_KERNEL_EXPECT(grid.dim(2) == s.nlat && grid.dim(3) == s.nlon);
  MYRIAD_KERNEL_EXPECT(fourier.dim(0) == grid.dim(0) && fourier.dim(1) == s.mmax &&
                       fourier.dim(2) == s.nlat);
  MYRIAD_KERNEL_EXPECT(fourier.dim(3) == grid.dim(1) && fourier.dim(4) == 2);
  MYRIAD_KERNEL_EXPECT(fourier.dense_from(1) && grid.dense_from(1));
}

inline void expect_valid(const LegendreSpec& s) {
  MYRIAD_KERNEL_EXPECT(s.nlat >= 1 && s.layout.lmax >= 1 && s.layout.mmax >= 1);
  MYRIAD_KERNEL_EXPECT(static_cast<std::int64_t>(s.table.size()) ==
                       s.layout.size() * ((s.nlat + 1) / 2));
  MYRIAD_KERNEL_EXPECT(static_cast<std::int64_t>(s.weights.size()) == s.nlat);
}

/// coefficients [batch, lm, channel, 2], fourier [batch, m, lat, channel, 2].
template <bool CoefficientsConst, bool FourierConst>
void expect_shapes(const LegendrePlan& p, const BasicTensorView<CoefficientsConst>& coefficients,
                   const BasicTensorView<FourierConst>& fourier) {
  MYRIAD_KERNEL_EXPECT(coefficients.rank == 4 && fourier.rank == 5);
  const DType values = p.dtype() == DType::tf32 ? DType::f32 : p.dtype();
  MYRIAD_KERNEL_EXPECT(coefficients.dtype == values && fourier.dtype == values);
  MYRIAD_KERNEL_EXPECT(coefficients.dim(0) == fourier.dim(0) &&
                       coefficients.dim(1) == p.layout().size());
  MYRIAD_KERNEL_EXPECT(coefficients.dim(2) == fourier.dim(3) && coefficients.dim(3) == 2);
  MYRIAD_KERNEL_EXPECT(fourier.dim(1) == p.layout().mmax && fourier.dim(2) == p.nlat() &&
                       fourier.dim(4) == 2);
  MYRIAD_KERNEL_EXPECT(coefficients.dense_from(1) && fourier.dense_from(1));
}

}  // namespace myriad::kernels::detail
