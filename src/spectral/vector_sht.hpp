#pragma once
/// \file
/// Transform of tangent vector fields: spheroidal and toroidal parts, vorticity and divergence
/// (sfno.md section 2.8).

#include <cstdint>
#include <memory>

#include "kernels/backend.hpp"
#include "src/backend/tensor.hpp"
#include "src/grid/grid.hpp"

namespace myriad {

/// Real transform between a pair of grid fields (a, b), [batch, channel, lat, lon] each, and a pair
/// of coefficient tensors (s, t), [batch, lm, channel, 2] each. For wind, a is eastward and b
/// northward; s then carries vorticity and t divergence.
///
/// Synthesis: a = sum (s dY/dtheta + i t m Y / sin), b = sum (i s m Y / sin - t dY/dtheta), over l
/// and m. Degree 0 carries no vector field; its coefficients come out 0 and do not act. Not
/// thread-safe (owns scratch). Errors: ErrorKind::config_invalid (E2204) as for Sht.
class VectorSht {
 public:
  VectorSht(Backend& backend, const Grid& grid, std::int64_t lmax, std::int64_t mmax, DType dtype);
  ~VectorSht();
  VectorSht(VectorSht&&) noexcept;
  VectorSht& operator=(VectorSht&&) = delete;

  const Grid& grid() const;
  const kernels::SpectralLayout& layout() const;
  DType dtype() const;

  void analysis(TensorView s, TensorView t, ConstTensorView a, ConstTensorView b);
  void synthesis(TensorView a, TensorView b, ConstTensorView s, ConstTensorView t);
  /// Transposes for the real inner product.
  void analysis_adjoint(TensorView grad_a, TensorView grad_b, ConstTensorView grad_s,
                        ConstTensorView grad_t);
  void synthesis_adjoint(TensorView grad_s, TensorView grad_t, ConstTensorView grad_a,
                         ConstTensorView grad_b);

  /// Coefficients of vorticity and divergence of the wind (\p eastward, \p northward), per second
  /// for wind in m/s. \param radius of the sphere in m
  void vorticity_divergence_from_wind(TensorView vorticity, TensorView divergence,
                                      ConstTensorView eastward, ConstTensorView northward,
                                      double radius);
  /// Wind of given vorticity and divergence; degree 0 is ignored. Inverse of the function above.
  void wind_from_vorticity_divergence(TensorView eastward, TensorView northward,
                                      ConstTensorView vorticity, ConstTensorView divergence,
                                      double radius);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad
