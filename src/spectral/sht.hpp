#pragma once
/// \file
/// Spherical harmonic transforms on a grid (sfno.md section 2), orthonormal, with Condon-Shortley
/// phase.

#include <cstdint>
#include <memory>

#include "kernels/backend.hpp"
#include "src/backend/tensor.hpp"
#include "src/grid/grid.hpp"

namespace myriad {

/// Scalar real transform between grid [batch, channel, lat, lon] and coefficients [batch, lm,
/// channel, 2].
///
/// Analysis carries 2 pi / nlon and the quadrature weights; synthesis carries no factor. Grid, lmax
/// and mmax are always explicit. With dtype tf32 data are f32 and the Legendre products TF32
/// (Backend::supports). Not thread-safe (owns scratch), one instance per thread. Errors:
/// ErrorKind::config_invalid when mmax > nlon/2+1 or lmax > the number of degrees the grid resolves
/// (nlat).
class Sht {
 public:
  Sht(Backend& backend, const Grid& grid, std::int64_t lmax, std::int64_t mmax, DType dtype);
  ~Sht();
  Sht(Sht&&) noexcept;
  Sht& operator=(Sht&&) = delete;

  const Grid& grid() const;
  const kernels::SpectralLayout& layout() const;
  DType dtype() const;

  void analysis(TensorView coefficients, ConstTensorView grid);
  void synthesis(TensorView grid, ConstTensorView coefficients);
  /// grad_grid = transpose(analysis) grad_coefficients (re and im independent reals).
  void analysis_adjoint(TensorView grad_grid, ConstTensorView grad_coefficients);
  /// grad_coefficients = transpose(synthesis) grad_grid; Im at m = 0 is exactly 0.
  void synthesis_adjoint(TensorView grad_coefficients, ConstTensorView grad_grid);

  /// Largest lmax whose round trip is exact on the grid: nlat (Gauss), nlat-1 (Lobatto), (nlat+1)/2
  /// (equiangular).
  static std::int64_t exact_lmax(const Grid& grid);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad
