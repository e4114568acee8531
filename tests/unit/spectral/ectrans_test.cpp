/// ecTrans as independent truth. Its functions have mean square 1 over the sphere and no
/// Condon-Shortley phase: coefficient = ours * (-1)^m / sqrt(4 pi). Degrees are consecutive within
/// an order, as ours.

#include <ectrans/transi.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/spectral/sht.hpp"
#include "src/spectral/vector_sht.hpp"
#include "tests/unit/spectral/random_coefficients.hpp"

namespace myriad {
namespace {

constexpr double k_radius = 6.37122e6;

void check(int status) {
  ASSERT_EQ(status, TRANS_SUCCESS) << trans_error_msg(status);
}

/// A full Gaussian grid and its triangular truncation in ecTrans.
class Resolution {
 public:
  Resolution(const Grid& grid, std::int64_t lmax)
      : longitudes_(static_cast<std::size_t>(grid.nlat()), static_cast<int>(grid.nlon())) {
    check(trans_use_mpi(0));
    check(trans_set_radius(k_radius));
    check(trans_new(&trans_));
    check(trans_set_resol(&trans_, static_cast<int>(grid.nlat()), longitudes_.data()));
    check(trans_set_trunc(&trans_, static_cast<int>(lmax) - 1));
    check(trans_setup(&trans_));
  }
  ~Resolution() { trans_delete(&trans_); }
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;
  Trans_t* get() { return &trans_; }

 private:
  std::vector<int> longitudes_;
  Trans_t trans_;
};

/// Factor from our coefficients to those of ecTrans and back.
std::vector<double> rescaled(const kernels::SpectralLayout& layout, std::vector<double> c,
                             bool to_ectrans) {
  const double norm = std::sqrt(4.0 * std::numbers::pi);
  for (std::int64_t m = 0; m < layout.orders(); ++m) {
    for (std::int64_t l = m; l < layout.lmax; ++l) {
      const double factor = (m % 2 == 0 ? 1.0 : -1.0) * (to_ectrans ? 1.0 / norm : norm);
      c[static_cast<std::size_t>(2 * layout.index(l, m))] *= factor;
      c[static_cast<std::size_t>(2 * layout.index(l, m) + 1)] *= factor;
    }
  }
  return c;
}

TEST(AgainstEctrans, SynthesisAndAnalysisAgree) {
  const auto backend = make_backend("kokkos");
  for (const std::int64_t lmax : {32, 80}) {
    const Grid grid(GridType::legendre_gauss, lmax, 2 * lmax);
    Resolution resolution(grid, lmax);
    ASSERT_EQ(resolution.get()->nspec2, lmax * (lmax + 1));
    for (const DType dtype : {DType::f64, DType::f32}) {
      const double bound = dtype == DType::f64 ? 1e-12 : 5e-7;
      Sht sht(*backend, grid, lmax, lmax, dtype);
      const std::vector<double> coefficients = random_coefficients(sht.layout(), 1, 1, 17);
      std::vector<double> spectral = rescaled(sht.layout(), coefficients, true);
      std::vector<double> expected(static_cast<std::size_t>(grid.points()));
      InvTrans_t inverse = new_invtrans(resolution.get());
      inverse.nscalar = 1;
      inverse.rspscalar = spectral.data();
      inverse.rgp = expected.data();
      check(trans_invtrans(&inverse));
      Tensor on_sphere(*backend, dtype, {1, sht.layout().size(), 1, 2});
      Tensor on_grid(*backend, dtype, {1, 1, grid.nlat(), grid.nlon()});
      on_sphere.assign(coefficients);
      sht.synthesis(on_grid, on_sphere);
      EXPECT_LT(relative_rms(on_grid.to_doubles(), expected), bound) << lmax;

      std::vector<double> field = normal_numbers(grid.points(), 18);
      DirTrans_t direct = new_dirtrans(resolution.get());
      direct.nscalar = 1;
      direct.rgp = field.data();
      direct.rspscalar = spectral.data();
      check(trans_dirtrans(&direct));
      on_grid.assign(field);
      sht.analysis(on_sphere, on_grid);
      EXPECT_LT(relative_rms(on_sphere.to_doubles(), rescaled(sht.layout(), spectral, false)),
                bound)
          << lmax;
    }
  }
}

TEST(AgainstEctrans, WindOfVorticityAndDivergenceAgrees) {
  const auto backend = make_backend("kokkos");
  const std::int64_t lmax = 48;
  const Grid grid(GridType::legendre_gauss, lmax, 2 * lmax);
  Resolution resolution(grid, lmax);
  // The wind of degree lmax-1 has parts of degree lmax in ecTrans' formulation by u cos(lat): leave
  // that degree empty.
  VectorSht sht(*backend, grid, lmax, lmax, DType::f64);
  std::vector<double> vorticity = random_coefficients(sht.layout(), 1, 1, 27);
  std::vector<double> divergence = random_coefficients(sht.layout(), 1, 1, 28);
  for (std::int64_t m = 0; m < lmax; ++m) {
    for (const std::int64_t l : {std::int64_t{0}, lmax - 1}) {
      if (l < m) continue;
      for (std::int64_t part = 0; part < 2; ++part) {
        vorticity[static_cast<std::size_t>(2 * sht.layout().index(l, m) + part)] = 0.0;
        divergence[static_cast<std::size_t>(2 * sht.layout().index(l, m) + part)] = 0.0;
      }
    }
  }
  std::vector<double> spectral_vorticity = rescaled(sht.layout(), vorticity, true);
  std::vector<double> spectral_divergence = rescaled(sht.layout(), divergence, true);
  const auto points = static_cast<std::ptrdiff_t>(grid.points());
  std::vector<double> wind(static_cast<std::size_t>(2 * points));
  InvTrans_t inverse = new_invtrans(resolution.get());
  inverse.nvordiv = 1;
  inverse.rspvor = spectral_vorticity.data();
  inverse.rspdiv = spectral_divergence.data();
  inverse.rgp = wind.data();
  check(trans_invtrans(&inverse));

  Tensor zeta(*backend, DType::f64, {1, sht.layout().size(), 1, 2});
  Tensor delta(*backend, DType::f64, {1, sht.layout().size(), 1, 2});
  Tensor u(*backend, DType::f64, {1, 1, grid.nlat(), grid.nlon()});
  Tensor v(*backend, DType::f64, {1, 1, grid.nlat(), grid.nlon()});
  zeta.assign(vorticity);
  delta.assign(divergence);
  sht.wind_from_vorticity_divergence(u, v, zeta, delta, k_radius);
  EXPECT_LT(relative_rms(u.to_doubles(), std::vector<double>(wind.begin(), wind.begin() + points)),
            1e-12);
  EXPECT_LT(relative_rms(v.to_doubles(), std::vector<double>(wind.begin() + points, wind.end())),
            1e-12);

  DirTrans_t direct = new_dirtrans(resolution.get());
  direct.nvordiv = 1;
  direct.rgp = wind.data();
  direct.rspvor = spectral_vorticity.data();
  direct.rspdiv = spectral_divergence.data();
  check(trans_dirtrans(&direct));
  sht.vorticity_divergence_from_wind(zeta, delta, u, v, k_radius);
  EXPECT_LT(relative_rms(zeta.to_doubles(), rescaled(sht.layout(), spectral_vorticity, false)),
            1e-11);
  EXPECT_LT(relative_rms(delta.to_doubles(), rescaled(sht.layout(), spectral_divergence, false)),
            1e-11);
}

}  // namespace
}  // namespace myriad
