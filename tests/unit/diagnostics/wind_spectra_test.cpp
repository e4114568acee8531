#include "diagnostics/wind_spectra.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "src/io/cf_output.hpp"
#include "src/spectral/sht.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

constexpr double k_radius = io::k_earth_radius;

struct Wind {
  std::vector<float> eastward, northward;
};

/// The wind (u, v)(latitude, longitude), radians.
template <class F>
Wind sample(const Grid& grid, const F& wind) {
  Wind out;
  for (double theta : grid.quadrature().theta) {
    for (std::int64_t j = 0; j < grid.nlon(); ++j) {
      const double longitude =
          2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(grid.nlon());
      const auto [u, v] = wind(std::numbers::pi / 2.0 - theta, longitude);
      out.eastward.push_back(static_cast<float>(u));
      out.northward.push_back(static_cast<float>(v));
    }
  }
  return out;
}

WindSpectra spectra_of(const Grid& grid, const Wind& wind) {
  WindAnalyser analyser(test::backend(), grid);
  EXPECT_EQ(analyser.lmax(), Sht::exact_lmax(grid));
  return analyser.analyse(wind.eastward, wind.northward);
}

/// All of \p values lie in \p degree, where there is \p wanted.
void expect_single(const std::vector<double>& values, std::size_t degree, double wanted) {
  for (std::size_t l = 0; l < values.size(); ++l)
    EXPECT_NEAR(values[l], l == degree ? wanted : 0.0, 1e-6 * std::max(wanted, 1e-3)) << l;
}

TEST(WindSpectra, SolidBodyRotationHasAllItsEnergyInDegreeOne) {
  // u = U cos(latitude): mean of u^2/2 is U^2/3. Vorticity 2 U sin(latitude)/a: half its mean
  // square is 2 U^2 / (3 a^2).
  for (const Grid& grid :
       {Grid(GridType::legendre_gauss, 16, 32), Grid(GridType::equiangular, 33, 64)}) {
    const auto energy = spectra_of(grid, sample(grid, [](double latitude, double) {
                                     return std::pair(40.0 * std::cos(latitude), 0.0);
                                   }));
    expect_single(energy.rotational, 1, 1600.0 / 3.0);
    expect_single(energy.divergent, 1, 0.0);
    EXPECT_NEAR(enstrophy(energy.rotational)[1] * k_radius * k_radius, 2.0 * 1600.0 / 3.0, 1e-3);
    EXPECT_EQ(enstrophy(energy.rotational)[0], 0.0);
  }
}

TEST(WindSpectra, OneHarmonicOfTheStreamFunctionIsRotationalEnergyOfItsDegree) {
  // Stream function psi = A a cos^4(latitude) cos(4 longitude), degree 4; its mean square is
  // A^2 a^2 / 2 times that of cos^4, 128/315. Energy l(l+1)/a^2 psi^2 / 2.
  const double amplitude = 7.0;
  const double wanted = 20.0 * 0.5 * amplitude * amplitude * 64.0 / 315.0;
  const auto along = [&](double latitude, double longitude) {  // (1/cos d/dlon, d/dlat)
    const double c = std::cos(latitude), s = std::sin(latitude);
    return std::pair(-4.0 * amplitude * c * c * c * std::sin(4.0 * longitude),
                     -4.0 * amplitude * c * c * c * s * std::cos(4.0 * longitude));
  };
  const Grid grid(GridType::legendre_gauss, 16, 32);
  const auto turning = spectra_of(grid, sample(grid, [&](double latitude, double longitude) {
                                    const auto [x, y] = along(latitude, longitude);
                                    return std::pair(-y, x);
                                  }));
  expect_single(turning.rotational, 4, wanted);
  expect_single(turning.divergent, 4, 0.0);
  EXPECT_NEAR(enstrophy(turning.rotational)[4] * k_radius * k_radius, 20.0 * wanted, 1e-3);
  const auto spreading = spectra_of(grid, sample(grid, along));  // the same as velocity potential
  expect_single(spreading.rotational, 4, 0.0);
  expect_single(spreading.divergent, 4, wanted);
}

TEST(WindSpectra, SumOverDegreesIsTheAreaMeanOfTheKineticEnergy) {
  // Winds of polynomials in the Cartesian coordinates x, y, z of potentials: r^l Y_l and products,
  // degree 5 and less.
  const Grid grid(GridType::legendre_gauss, 12, 24);
  const auto gradient = [](const std::function<double(double, double, double)>& f, double latitude,
                           double longitude) {
    const auto at = [&](double p, double q) {
      return f(std::cos(p) * std::cos(q), std::cos(p) * std::sin(q), std::sin(p));
    };
    const double h = 1e-4;
    return std::pair((at(latitude, longitude + h) - at(latitude, longitude - h)) /
                         (2.0 * h * std::cos(latitude)),
                     (at(latitude + h, longitude) - at(latitude - h, longitude)) / (2.0 * h));
  };
  const auto psi = [](double x, double y, double z) {
    return 20.0 * z * z * z + 9.0 * x * y * z - 14.0 * x * x * x * x * y + 5.0 * y;
  };
  const auto chi = [](double x, double y, double z) { return 6.0 * x * z + 3.0 * y * y * y * x * z; };
  const Wind wind = sample(grid, [&](double latitude, double longitude) {
    const auto [px, py] = gradient(psi, latitude, longitude);
    const auto [cx, cy] = gradient(chi, latitude, longitude);
    return std::pair(cx - py, cy + px);
  });
  const auto energy = spectra_of(grid, wind);
  const auto weights = grid.row_weights();
  double sum = 0.0, mean = 0.0;
  for (std::size_t l = 0; l < energy.rotational.size(); ++l)
    sum += energy.rotational[l] + energy.divergent[l];
  for (std::size_t p = 0; p < wind.eastward.size(); ++p) {
    const auto u = static_cast<double>(wind.eastward[p]), v = static_cast<double>(wind.northward[p]);
    mean += weights[p / 24] / 24.0 * 0.5 * (u * u + v * v);
  }
  EXPECT_GT(mean, 10.0);
  EXPECT_NEAR(sum / mean, 1.0, 1e-6);
  EXPECT_GT(energy.divergent[2], 0.0);
  for (std::size_t l = 6; l < energy.rotational.size(); ++l)
    EXPECT_LT(energy.rotational[l] + energy.divergent[l], 1e-9 * mean) << l;
}

TEST(WindPairs, AreComponentsAtOneLevelInOneUnit) {
  const auto channel = [](const char* name, const char* units) {
    return VerifiedChannel{name, "", units,
                           name[0] == 'u'   ? "eastward_wind"
                           : name[0] == 'v' ? "northward_wind"
                                            : "air_temperature"};
  };
  const std::vector<VerifiedChannel> channels{
      channel("v10m", "m s-1"),  channel("u850", "m s-1"), channel("t850", "K"),
      channel("v850", "m s-1"),  channel("u500", "m s-1"), channel("u10m", "m s-1"),
      channel("u250", "kt"),     channel("v250", "m s-1"), channel("v500", "km h-1"),
  };
  const auto pairs = wind_pairs(channels);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].name, "wind850");
  EXPECT_EQ(pairs[0].eastward, 1U);
  EXPECT_EQ(pairs[0].northward, 3U);
  EXPECT_EQ(pairs[1].name, "wind10m");
  EXPECT_EQ(pairs[1].eastward, 5U);
  EXPECT_EQ(pairs[1].northward, 0U);
}

}  // namespace
}  // namespace myriad::diag
