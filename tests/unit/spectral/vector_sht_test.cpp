#include "src/spectral/vector_sht.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/spectral/sht.hpp"
#include "tests/unit/spectral/random_coefficients.hpp"

namespace myriad {
namespace {

class VectorShtOfBackend : public testing::TestWithParam<const char*> {
 protected:
  Backend& backend() const {
    static const auto kokkos = make_backend("kokkos");
    static const auto reference = make_backend("reference");
    return std::string_view(GetParam()) == "kokkos" ? *kokkos : *reference;
  }
  Tensor coefficients(const VectorSht& sht, std::int64_t batch = 1,
                      std::int64_t channels = 1) const {
    return Tensor(backend(), sht.dtype(), {batch, sht.layout().size(), channels, 2});
  }
  Tensor field(const VectorSht& sht, std::int64_t batch = 1, std::int64_t channels = 1) const {
    return Tensor(backend(), sht.dtype(), {batch, channels, sht.grid().nlat(), sht.grid().nlon()});
  }
  /// f(theta, lambda) on the grid.
  template <class F>
  static std::vector<double> sample(const Grid& grid, const F& f) {
    std::vector<double> values;
    for (const double theta : grid.quadrature().theta) {
      for (std::int64_t j = 0; j < grid.nlon(); ++j) {
        values.push_back(f(theta, 2.0 * std::numbers::pi * static_cast<double>(j) /
                                      static_cast<double>(grid.nlon())));
      }
    }
    return values;
  }
};

// Golden values: sfno.md section 2.8 (acceptance test T8).
TEST_P(VectorShtOfBackend, SolidBodyRotationIsPurelySpheroidalOfDegreeOne) {
  for (const Grid& grid :
       {Grid(GridType::legendre_gauss, 16, 32), Grid(GridType::equiangular, 17, 24)}) {
    VectorSht sht(backend(), grid, 8, 8, DType::f64);
    Tensor a = field(sht), b = field(sht), s = coefficients(sht), t = coefficients(sht);
    const std::vector<double> sine =
        sample(grid, [](double theta, double) { return std::sin(theta); });
    const std::vector<double> zero(sine.size(), 0.0);
    std::vector<double> only_degree_one(static_cast<std::size_t>(2 * sht.layout().size()), 0.0);
    const auto at = static_cast<std::size_t>(2 * sht.layout().index(1, 0));
    const std::vector<double> no_coefficient = only_degree_one;

    a.assign(sine);
    b.assign(zero);
    sht.analysis(s, t, a, b);
    only_degree_one[at] = -2.046653415892977;
    EXPECT_LT(max_difference(s.to_doubles(), only_degree_one), 1e-13) << grid.describe();
    EXPECT_LT(max_difference(t.to_doubles(), no_coefficient), 1e-13) << grid.describe();
    sht.synthesis(a, b, s, t);
    EXPECT_LT(max_difference(a.to_doubles(), sine), 1e-13);

    a.assign(zero);
    b.assign(sine);
    sht.analysis(s, t, a, b);
    only_degree_one[at] = 2.046653415892977;
    EXPECT_LT(max_difference(t.to_doubles(), only_degree_one), 1e-13) << grid.describe();
    EXPECT_LT(max_difference(s.to_doubles(), no_coefficient), 1e-13) << grid.describe();
  }
}

TEST_P(VectorShtOfBackend, VorticityOfSolidBodyRotationIsTwiceTheSineOfLatitude) {
  const double radius = 6.37122e6;
  const double speed = 40.0;
  const Grid grid(GridType::legendre_gauss, 20, 40);
  VectorSht sht(backend(), grid, 12, 12, DType::f64);
  Sht scalar(backend(), grid, 12, 12, DType::f64);
  Tensor u = field(sht), v = field(sht), vorticity = coefficients(sht),
         divergence = coefficients(sht), out = field(sht);
  u.assign(sample(grid, [&](double theta, double) { return speed * std::sin(theta); }));
  v.assign(std::vector<double>(static_cast<std::size_t>(grid.points()), 0.0));
  sht.vorticity_divergence_from_wind(vorticity, divergence, u, v, radius);
  scalar.synthesis(out, vorticity);
  const auto expected =
      sample(grid, [&](double theta, double) { return 2.0 * speed / radius * std::cos(theta); });
  EXPECT_LT(max_difference(out.to_doubles(), expected), 1e-12 * speed / radius);
  scalar.synthesis(out, divergence);
  EXPECT_LT(max_difference(out.to_doubles(), std::vector<double>(expected.size(), 0.0)),
            1e-12 * speed / radius);
}

// A velocity potential x = cos(lat) cos(lon) gives u = -sin(lon), v = -sin(lat) cos(lon) and
// divergence -2 x.
TEST_P(VectorShtOfBackend, DivergenceOfAPotentialFlowIsItsLaplacian) {
  const Grid grid(GridType::equiangular, 25, 48);
  VectorSht sht(backend(), grid, 12, 12, DType::f64);
  Sht scalar(backend(), grid, 12, 12, DType::f64);
  Tensor u = field(sht), v = field(sht), vorticity = coefficients(sht),
         divergence = coefficients(sht), out = field(sht);
  u.assign(sample(grid, [](double, double lambda) { return -std::sin(lambda); }));
  v.assign(sample(grid,
                  [](double theta, double lambda) { return -std::cos(theta) * std::cos(lambda); }));
  sht.vorticity_divergence_from_wind(vorticity, divergence, u, v, 1.0);
  scalar.synthesis(out, divergence);
  const auto expected = sample(
      grid, [](double theta, double lambda) { return -2.0 * std::sin(theta) * std::cos(lambda); });
  EXPECT_LT(max_difference(out.to_doubles(), expected), 1e-12);
  scalar.synthesis(out, vorticity);
  EXPECT_LT(max_difference(out.to_doubles(), std::vector<double>(expected.size(), 0.0)), 1e-12);
}

TEST_P(VectorShtOfBackend, RoundTripsAreExactBelowTheTruncation) {
  for (const Grid& grid : {Grid(GridType::legendre_gauss, 18, 36),
                           Grid(GridType::equiangular, 35, 37), Grid(GridType::lobatto, 21, 40)}) {
    VectorSht sht(backend(), grid, 15, 15, DType::f64);
    const std::int64_t batch = 2, channels = 3;
    Tensor s = coefficients(sht, batch, channels), t = coefficients(sht, batch, channels);
    Tensor a = field(sht, batch, channels), b = field(sht, batch, channels);
    std::vector<double> s0 = random_coefficients(sht.layout(), batch, channels, 1);
    std::vector<double> t0 = random_coefficients(sht.layout(), batch, channels, 2);
    const std::int64_t size = sht.layout().size() * channels * 2;
    for (std::int64_t i = 0; i < batch; ++i) {
      for (std::int64_t j = 0; j < 2 * channels; ++j) {  // degree 0 carries no vector field
        s0[static_cast<std::size_t>(i * size + j)] = 0.0;
        t0[static_cast<std::size_t>(i * size + j)] = 0.0;
      }
    }
    s.assign(s0);
    t.assign(t0);
    sht.synthesis(a, b, s, t);
    sht.analysis(s, t, a, b);
    EXPECT_LT(max_difference(s.to_doubles(), s0), 1e-12) << grid.describe();
    EXPECT_LT(max_difference(t.to_doubles(), t0), 1e-12) << grid.describe();

    s.assign(s0);
    t.assign(t0);
    sht.wind_from_vorticity_divergence(a, b, s, t, 6.37122e6);
    sht.vorticity_divergence_from_wind(s, t, a, b, 6.37122e6);
    EXPECT_LT(max_difference(s.to_doubles(), s0), 1e-12) << grid.describe();
    EXPECT_LT(max_difference(t.to_doubles(), t0), 1e-12) << grid.describe();
  }
}

TEST_P(VectorShtOfBackend, TransposesMatchInTheInnerProduct) {
  for (const Grid& grid : {Grid(GridType::legendre_gauss, 12, 20),
                           Grid(GridType::equiangular, 13, 15), Grid(GridType::lobatto, 11, 24)}) {
    VectorSht sht(backend(), grid, 9, 8, DType::f64);
    const std::int64_t batch = 2, channels = 2;
    Tensor a = field(sht, batch, channels), b = field(sht, batch, channels);
    Tensor s = coefficients(sht, batch, channels), t = coefficients(sht, batch, channels);
    Tensor a2 = field(sht, batch, channels), b2 = field(sht, batch, channels);
    Tensor s2 = coefficients(sht, batch, channels), t2 = coefficients(sht, batch, channels);
    a.assign(normal_numbers(a.size(), 1));
    b.assign(normal_numbers(b.size(), 2));
    s.assign(normal_numbers(s.size(), 3));
    t.assign(normal_numbers(t.size(), 4));
    const auto on_grid = [&] {
      return dot(a.to_doubles(), a2.to_doubles()) + dot(b.to_doubles(), b2.to_doubles());
    };
    const auto on_sphere = [&] {
      return dot(s.to_doubles(), s2.to_doubles()) + dot(t.to_doubles(), t2.to_doubles());
    };

    sht.analysis(s2, t2, a, b);
    double expected = on_sphere();
    sht.analysis_adjoint(a2, b2, s, t);
    EXPECT_NEAR(on_grid(), expected, 1e-12 * std::abs(expected)) << "analysis, " << grid.describe();

    sht.synthesis(a2, b2, s, t);
    expected = on_grid();
    sht.synthesis_adjoint(s2, t2, a, b);
    EXPECT_NEAR(on_sphere(), expected, 1e-12 * std::abs(expected))
        << "synthesis, " << grid.describe();
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, VectorShtOfBackend, testing::Values("kokkos", "reference"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace myriad
