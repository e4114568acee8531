/// libsharp as independent truth. Its Y_lm are orthonormal with Condon-Shortley phase and its
/// triangular storage is ours (m-major, degrees consecutive), so coefficients are compared as they
/// are.

#include <gtest/gtest.h>
#include <libsharp/sharp.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/spectral/sht.hpp"
#include "src/spectral/vector_sht.hpp"
#include "tests/unit/spectral/random_coefficients.hpp"

namespace myriad {
namespace {

/// libsharp's description of a grid (our nodes and weights) and of a triangle of coefficients.
class Sharp {
 public:
  Sharp(const Grid& grid, const kernels::SpectralLayout& layout) {
    const auto rows = static_cast<std::size_t>(grid.nlat());
    const std::vector<int> longitudes(rows, static_cast<int>(grid.nlon()));
    const std::vector<int> strides(rows, 1);
    const std::vector<double> origin(rows, 0.0);
    std::vector<std::ptrdiff_t> starts;
    std::vector<double> weights;
    for (std::size_t k = 0; k < rows; ++k) {
      starts.push_back(static_cast<std::ptrdiff_t>(k) * grid.nlon());
      weights.push_back(grid.quadrature().weights[k] * 2.0 * std::numbers::pi /
                        static_cast<double>(grid.nlon()));
    }
    sharp_make_geom_info(static_cast<int>(rows), longitudes.data(), starts.data(), strides.data(),
                         origin.data(), grid.quadrature().theta.data(), weights.data(), &geometry_);
    std::vector<std::ptrdiff_t> first;  // of the hypothetical (0, m)
    for (std::int64_t m = 0; m < layout.orders(); ++m) first.push_back(layout.offset(m) - m);
    sharp_make_alm_info(static_cast<int>(layout.lmax) - 1, static_cast<int>(layout.orders()) - 1, 1,
                        first.data(), &alm_);
  }
  ~Sharp() {
    sharp_destroy_geom_info(geometry_);
    sharp_destroy_alm_info(alm_);
  }
  Sharp(const Sharp&) = delete;
  Sharp& operator=(const Sharp&) = delete;

  void run(sharp_jobtype job, std::vector<double>& coefficients, std::vector<double>& field) const {
    void* alm[] = {coefficients.data()};
    void* map[] = {field.data()};
    sharp_execute(job, 0, alm, map, geometry_, alm_, SHARP_DP, nullptr, nullptr);
  }
  void gradient(std::vector<double>& coefficients, std::vector<double>& d_theta,
                std::vector<double>& d_lambda) const {
    void* alm[] = {coefficients.data()};
    void* map[] = {d_theta.data(), d_lambda.data()};
    sharp_execute(SHARP_ALM2MAP_DERIV1, 1, alm, map, geometry_, alm_, SHARP_DP, nullptr, nullptr);
  }

 private:
  sharp_geom_info* geometry_ = nullptr;
  sharp_alm_info* alm_ = nullptr;
};

struct Case {
  GridType type;
  std::int64_t nlat, nlon, lmax, mmax;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> list{{GridType::legendre_gauss, 32, 64, 32, 32},
                                      {GridType::equiangular, 61, 120, 31, 20},
                                      {GridType::lobatto, 45, 96, 43, 43},
                                      {GridType::legendre_gauss, 180, 360, 180, 180}};
  return list;
}

TEST(AgainstLibsharp, SynthesisAndAnalysisAgree) {
  const auto backend = make_backend("kokkos");
  for (const DType dtype : {DType::f64, DType::f32}) {
    const double bound = dtype == DType::f64 ? 1e-13 : 5e-7;
    for (const Case& c : cases()) {
      const Grid grid(c.type, c.nlat, c.nlon);
      Sht sht(*backend, grid, c.lmax, c.mmax, dtype);
      const Sharp sharp(grid, sht.layout());
      std::vector<double> coefficients = random_coefficients(sht.layout(), 1, 1, 7);
      std::vector<double> expected(static_cast<std::size_t>(grid.points()));
      sharp.run(SHARP_ALM2MAP, coefficients, expected);
      Tensor on_sphere(*backend, dtype, {1, sht.layout().size(), 1, 2});
      Tensor on_grid(*backend, dtype, {1, 1, c.nlat, c.nlon});
      on_sphere.assign(coefficients);
      sht.synthesis(on_grid, on_sphere);
      EXPECT_LT(relative_rms(on_grid.to_doubles(), expected), bound) << grid.describe();

      std::vector<double> field = normal_numbers(grid.points(), 8);
      std::vector<double> transform(coefficients.size());
      sharp.run(SHARP_MAP2ALM, transform, field);
      on_grid.assign(field);
      sht.analysis(on_sphere, on_grid);
      EXPECT_LT(relative_rms(on_sphere.to_doubles(), transform), bound) << grid.describe();
    }
  }
}

TEST(AgainstLibsharp, VectorSynthesisOfAPotentialIsItsGradient) {
  const auto backend = make_backend("kokkos");
  for (const Case& c : cases()) {
    const Grid grid(c.type, c.nlat, c.nlon);
    VectorSht sht(*backend, grid, c.lmax, c.mmax, DType::f64);
    const Sharp sharp(grid, sht.layout());
    std::vector<double> potential = random_coefficients(sht.layout(), 1, 1, 9);
    const auto points = static_cast<std::size_t>(grid.points());
    std::vector<double> d_theta(points);
    std::vector<double> d_lambda(points);
    sharp.gradient(potential, d_theta, d_lambda);
    Tensor s(*backend, DType::f64, {1, sht.layout().size(), 1, 2});
    Tensor t(*backend, DType::f64, {1, sht.layout().size(), 1, 2});
    Tensor a(*backend, DType::f64, {1, 1, c.nlat, c.nlon});
    Tensor b(*backend, DType::f64, {1, 1, c.nlat, c.nlon});
    s.assign(potential);
    t.assign(std::vector<double>(potential.size(), 0.0));
    sht.synthesis(a, b, s, t);
    // libsharp divides by sin(theta), which is 0 at a pole: leave the pole rows out.
    const auto first = static_cast<std::size_t>(c.type == GridType::legendre_gauss ? 0 : c.nlon);
    const auto inner = [&](const std::vector<double>& all) {
      return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(first),
                                 all.end() - static_cast<std::ptrdiff_t>(first));
    };
    EXPECT_LT(relative_rms(inner(a.to_doubles()), inner(d_theta)), 1e-12) << grid.describe();
    EXPECT_LT(relative_rms(inner(b.to_doubles()), inner(d_lambda)), 1e-12) << grid.describe();
  }
}

}  // namespace
}  // namespace myriad
